import re

import pytest

from tests.files.door import upload
from www import keys
from www.db.testing import statements
from www.models import File


async def names(actor, path="/files"):
    """Return the names in the list, and the address of its next part."""
    answer = await actor.get(path)
    page = await answer.text()
    assert answer.status == 200
    following = re.search(r'href="(/files\?before=[^"]+)"', page)
    return re.findall(r'<h2><a href="/files/\d+/([^"]+)"', page), following and following[1]


async def fill(actor, count):
    rows = [
        File(
            owner_id=actor.user.id, name=f"{n}", content_type="text/plain", size=1, sha256="0" * 64
        )
        for n in range(count)
    ]
    await actor.app[keys.engine].insert_many(rows)


async def test_it_requires_login(client):
    answer = await client.get("/files", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/login?next=/files")


async def test_it_is_empty_at_first(alice, bob):
    assert "No files yet" in await (await alice.get("/files")).text()
    assert 'href="/upload"' in await (await alice.get("/files")).text()
    assert "No files yet" in await (await bob.get("/files")).text()


async def test_it_lists_ones_own_the_newest_first(alice, make_actor):
    carol = await make_actor("carol", "author")
    await upload(alice, ("a", b"1"), ("b", b"2"))
    await upload(carol, ("c", b"3"))
    assert (await names(alice))[0] == ["b", "a"]
    assert (await names(carol))[0] == ["c"]


async def test_an_admin_sees_all_and_whose_they_are(alice, admin):
    await upload(alice, ("a", b"1"))
    await upload(admin, ("b", b"2"))
    assert (await names(admin, "/files?show=everybody"))[0] == ["b", "a"]
    assert (await names(admin))[0] == ["b"]
    assert (await names(alice, "/files?show=everybody"))[0] == ["a"]
    assert "<span>alice</span>" in await (await admin.get("/files?show=everybody")).text()


async def test_people_are_called_as_on_other_pages(make_actor, admin):
    carol = await make_actor("carol", "author", display_name="Carol Ng")
    await upload(carol, ("a", b"1"))
    assert "<span>Carol Ng</span>" in await (await admin.get("/files?show=everybody")).text()
    assert "<span>Carol Ng</span>" not in await (await carol.get("/files")).text()


@pytest.mark.parametrize("settings", [{"limits": {"quota_bytes": 10_000}}], indirect=True)
async def test_it_says_how_much_is_used(alice):
    await upload(alice, ("a", b"1" * 1000), ("b", b"1" * 500))
    page = await (await alice.get("/files")).text()
    assert re.search(r"You use 1.5.kB of 10.kB\.", page)


async def test_it_goes_page_by_page(alice):
    await fill(alice, 120)
    seen, path = [], "/files"
    while path:
        part, path = await names(alice, path)
        seen.append(part)
    assert [len(part) for part in seen] == [50, 50, 20]
    assert [name for part in seen for name in part] == [f"{n}" for n in reversed(range(120))]


@pytest.mark.parametrize("cursor", ["x", "W10", "a" * 2000, "%00", "%FF", "WyJhIl0", "WzEsMl0"])
async def test_a_cursor_of_nobody_is_refused(alice, cursor):
    await fill(alice, 60)
    assert (await alice.get(f"/files?before={cursor}")).status == 400


async def test_it_asks_the_same_few_questions_for_many(alice):
    asked = []
    for _ in range(2):
        await fill(alice, 60)
        with statements(alice.app[keys.engine], everywhere=True) as seen:
            await alice.get("/files")
        asked.append(len(seen.sql))
        # The page, how many there are, which is the newest, and what the used space is.
        assert sum('FROM "files"' in sql for sql in seen.sql) == 4
    assert asked[0] == asked[1]
