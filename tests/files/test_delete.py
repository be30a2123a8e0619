import asyncio
import os

import pytest

from tests.files.door import kept, sha256, upload
from www import keys
from www.files import actions
from www.models import File


async def delete(actor, file):
    url = f"/files/{file['id']}/delete"
    return await actor.post(url, allow_redirects=False)


def age(actor):
    """Make all contents older than the hour for which the young ones are spared."""
    for path in (actor.app[keys.settings].data / "files").rglob("*"):
        os.utime(path, (0, 0))


async def test_it_asks_first(alice):
    [file] = await upload(alice, ("图.txt", b"hello"))
    page = await (await alice.get(f"/files/{file['id']}/delete")).text()
    assert "图.txt" in page
    assert 'action="/files/1/delete"' in page
    assert (await alice.get(file["url"])).status == 200


async def test_it_deletes_row_and_content(alice):
    [file] = await upload(alice, ("a.txt", b"hello"))
    age(alice)
    answer = await delete(alice, file)
    assert (answer.status, answer.headers["Location"]) == (303, "/files?notice=file_deleted")
    assert (await alice.get(file["url"])).status == 404
    assert kept(alice) == {}
    assert (await delete(alice, file)).status == 404


async def test_it_keeps_a_shared_content(alice, admin):
    [mine], [theirs] = await upload(alice, ("a", b"hello")), await upload(admin, ("b", b"hello"))
    age(alice)
    await delete(alice, mine)
    assert await (await admin.get(theirs["url"])).read() == b"hello"
    await delete(admin, theirs)
    assert kept(alice) == {}


async def test_it_gives_space_back_at_once(alice, monkeypatch):
    """Also where the disk is so full that nothing can be uploaded."""
    [file] = await upload(alice, ("a.txt", b"hello"))
    monkeypatch.setattr(alice.app[keys.storage], "_min_free_bytes", 2**60)
    await delete(alice, file)
    assert kept(alice) == {}


async def test_it_spares_what_somebody_is_storing(alice):
    """The same content has come again, and its row is not written yet."""
    engine, storage = alice.app[keys.engine], alice.app[keys.storage]
    [file] = await upload(alice, ("a.txt", b"hello"))
    incoming = await storage.begin()
    await incoming.write(b"hello")
    await incoming.commit()
    await delete(alice, file)
    await actions.release_rest(engine, storage)
    assert kept(alice) == {sha256(b"hello"): b"hello"}
    incoming.settle()
    await actions.release_rest(engine, storage)
    assert kept(alice) == {}


async def test_uploading_and_deleting_at_once_lose_nothing(alice):
    """Every answer that names a file is true, whoever deletes an equal one meanwhile."""

    async def one(number):
        for _ in range(10):
            [file] = await upload(alice, (f"{number}.txt", b"hello"))
            assert await (await alice.get(file["url"])).read() == b"hello"
            await delete(alice, file)

    await asyncio.gather(*map(one, range(4)))
    await actions.release_rest(alice.app[keys.engine], alice.app[keys.storage])
    assert kept(alice) == {}


async def test_only_owner_and_admin_may(alice, admin, make_actor, client):
    [file] = await upload(alice, ("a.txt", b"hello"))
    eve = await make_actor("eve", "editor")
    assert (await eve.get("/files/1/delete")).status == 403
    assert (await delete(eve, file)).status == 403
    assert (await delete(client, file)).headers["Location"] == "/login"
    assert await alice.app[keys.engine].count(File.select()) == 1
    assert (await delete(admin, file)).status == 303


@pytest.mark.parametrize("path", ["/files/1/delete", "/files/999999999999999999/delete"])
async def test_what_is_not_there_is_not_found(alice, path):
    assert (await alice.get(path)).status == 404
    assert (await alice.post(path)).status == 404
