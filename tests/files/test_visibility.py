"""Who may read a file and open a folder, and what names lead there."""

import pytest

from tests.files.door import upload
from www import keys
from www.errors import NotFound
from www.files import queries
from www.models import AuditEntry, File, Visibility


async def change(actor, file, **fields):
    sent = {"name": file["name"], "folder": "", "visibility": "unlisted", **fields}
    return await actor.post(f"/files/{file['id']}/edit", data=sent, allow_redirects=False)


async def statuses(file, *actors):
    return [(await actor.get(file["url"])).status for actor in actors]


async def test_private_is_for_owner_and_admins(alice, bob, admin, client):
    [file] = await upload(alice, ("a.txt", b"hello"))
    assert await statuses(file, alice, bob, admin, client) == [200, 200, 200, 200]
    assert (await change(alice, file, visibility="private")).status == 303
    assert await statuses(file, alice, bob, admin, client) == [200, 404, 200, 404]
    assert (await bob.get("/files/1/edit")).status == 404
    assert (await bob.post("/files/1/delete")).status == 404
    await change(alice, file, visibility="public")
    assert await statuses(file, alice, bob, admin, client) == [200, 200, 200, 200]


async def test_a_private_file_says_no_more_than_one_that_is_not_there(alice, client):
    [file] = await upload(alice, ("a.txt", b"hello"))
    await change(alice, file, visibility="private")
    there, missing = await client.get(file["url"]), await client.get("/files/9/a.txt")
    assert (there.status, missing.status) == (404, 404)
    left_out = {"X-Request-ID", "Date"}
    assert {k: v for k, v in there.headers.items() if k not in left_out} == {
        k: v for k, v in missing.headers.items() if k not in left_out
    }


async def test_an_unlisted_file_is_not_found_by_counting(alice, bob, engine):
    [file] = await upload(alice, ("secret plan.txt", b"hello"))
    row = await engine.get(File, file["id"])
    for name in ("a.txt", "secret plan.tx", ""):
        with pytest.raises(NotFound):
            await queries.readable_file(engine, bob.user, row.id, name=name)
    with pytest.raises(NotFound):
        await queries.readable_file(engine, None, row.id)
    assert await queries.readable_file(engine, None, row.id, knows=True) == row
    assert await queries.readable_file(engine, None, row.id, name=row.name) == row


async def test_only_what_is_public_is_on_the_page_of_a_person(alice, client):
    files = await upload(alice, ("a.txt", b"1"), ("b.txt", b"2"), ("c.txt", b"3"))
    await change(alice, files[0], visibility="public")
    await change(alice, files[1], visibility="private")
    page = await (await client.get("/users/alice/files")).text()
    assert [name in page for name in ("a.txt", "b.txt", "c.txt")] == [True, False, False]
    found = await (await client.get("/users/alice/files?q=txt")).text()
    assert [name in found for name in ("a.txt", "b.txt", "c.txt")] == [True, False, False]
    assert 'href="/users/alice/files"' in await (await client.get("/users/alice")).text()


async def test_old_names_lead_to_the_new_one(alice, client):
    [file] = await upload(alice, ("old.txt", b"hello"))
    for name in ("newer.txt", "图 & new.txt"):
        await change(alice, file, name=name)
    for old in ("old.txt", "newer.txt"):
        answer = await client.get(f"/files/1/{old}", allow_redirects=False)
        assert answer.status == 301
        assert await (await client.get(answer.headers["Location"])).read() == b"hello"
    assert (await client.get("/files/1/never.txt")).status == 404
    assert (await alice.get("/files/1/never.txt")).status == 404


async def test_a_private_file_has_no_old_names_for_others(alice, client):
    [file] = await upload(alice, ("old.txt", b"hello"))
    await change(alice, file, name="new.txt", visibility="private")
    assert (await client.get("/files/1/old.txt")).status == 404


async def test_a_name_that_comes_back_is_right_again(alice, client):
    [file] = await upload(alice, ("a.txt", b"hello"))
    await change(alice, file, name="b.txt")
    await change(alice, file, name="a.txt")
    assert (await client.get("/files/1/a.txt", allow_redirects=False)).status == 200
    assert (await client.get("/files/1/b.txt", allow_redirects=False)).status == 301


@pytest.mark.parametrize("name", ["delete", "edit", "share"])
async def test_a_name_never_hides_a_page_about_the_file(alice, name):
    [file] = await upload(alice, ("a.txt", b"hello"))
    await change(alice, file, name=name)
    assert (await alice.get(f"/files/1/{name}_")).status == 200


async def test_administrators_leave_a_trace(alice, admin):
    [file] = await upload(alice, ("a.txt", b"hello"))
    await change(alice, file, visibility="private")
    await change(admin, file, name="b.txt")
    await admin.post("/files/1/delete")
    engine = alice.app[keys.engine]
    rows = await engine.tuples(AuditEntry.select(AuditEntry.action, AuditEntry.target))
    assert sorted(rows) == [("delete-file", "alice: b.txt"), ("edit-file", "alice: a.txt")]
    log = await (await admin.get("/admin/audit")).text()
    assert "changed the file “a.txt” of alice" in log


def test_openness_has_an_order():
    private, unlisted, public = Visibility
    assert public.includes(unlisted)
    assert unlisted.includes(private)
    assert not private.includes(unlisted)
