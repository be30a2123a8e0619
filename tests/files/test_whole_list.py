"""What is done with all that a list holds, and not only with the page of it that is looked at."""

import re

import pytest

from tests.files.door import JSON, file_of, upload
from tests.files.test_archive import unzipped
from tests.files.test_folders import make
from tests.files.test_long_list import folder_of
from tests.files.test_many import many
from www.files import archive, bulk, choosing, naming
from www.files.folder_queries import MOST_CHOICES
from www.files.forms import MOST_AT_ONCE
from www.files.listing import PAGE_SIZE
from www.models import AuditEntry, File, Folder, Visibility

MANY = bulk.STEP * 2 + 10


async def fill(engine, owner, *names, **columns):
    """Add files that are found by their names."""
    files = [file_of(owner, name, **columns) for name in names]
    async with engine.transaction() as conn:
        await conn.insert_many(files, fill=True)
        await naming.add(conn, files)


def hidden(page):
    """Return the fields of the first form of a page that nobody sees."""
    return re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)


async def press(actor, path, action, *wholes, **fields):
    """Do something with all that a list holds, as its form does."""
    page = await (await actor.get(path)).text()
    form = page[page.index("data-ticking") :]
    data = [*hidden(form), *(("all", name) for name in wholes), ("action", action)]
    return await actor.post("/files/many", data=[*data, *fields.items()], allow_redirects=False)


@pytest.fixture
async def filled(alice, engine):
    """More files of alice's than one step takes, at the top."""
    await fill(engine, alice.user, *(f"{n}.txt" for n in range(MANY)))


async def count(engine, *conditions):
    return await engine.count(File.select(File.id).where(*conditions))


async def test_it_offers_all_only_where_the_page_shows_less(alice, engine):
    await fill(engine, alice.user, *(f"a{n}" for n in range(PAGE_SIZE)))
    assert 'name="all"' not in await (await alice.get("/files")).text()
    await fill(engine, alice.user, "b")
    page = await (await alice.get("/files")).text()
    assert f"All {PAGE_SIZE + 1} files of this list" in page
    assert 'name="all"' not in await (await alice.get("/files?q=b")).text()


async def test_it_moves_and_shows_all(alice, filled, engine):
    folder = await make(alice, "all")
    answer = await press(alice, "/files", "move", "files", folder=str(folder))
    assert answer.headers["Location"] == "/files?notice=saved"
    assert await count(engine, File.folder_id == folder) == MANY
    await press(alice, f"/folders/{folder}", "show", "files", visibility="private")
    assert await count(engine, File.visibility == Visibility.PRIVATE) == MANY


async def test_it_says_how_many_go_before_all_are_deleted(alice, filled, engine):
    page = await (await press(alice, "/files", "delete", "files")).text()
    assert f"Delete {MANY} files?" in page
    assert f"and {MANY - 10} more" in page
    assert await count(engine) == MANY
    answer = await alice.post("/files/many", data=hidden(page), allow_redirects=False)
    assert answer.headers["Location"] == "/files?notice=files_deleted"
    assert await count(engine) == 0


async def test_what_came_after_the_question_stays(alice, filled, engine):
    page = await (await press(alice, "/files", "delete", "files")).text()
    await fill(engine, alice.user, "new.txt")
    await alice.post("/files/many", data=hidden(page))
    assert await engine.scalars(File.select(File.name)) == ["new.txt"]


async def test_it_asks_again_where_more_would_go(alice, filled, engine):
    """An older file that was moved into the list is not what was asked about."""
    folder = await engine.insert(folder_of(alice.user, "aside"))
    await engine.run(File.update(folder_id=folder.id).where(File.id == 1))
    page = await (await press(alice, "/files", "delete", "files")).text()
    await engine.run(File.update(folder_id=None).where(File.id == 1))
    answer = await alice.post("/files/many", data=hidden(page), allow_redirects=False)
    assert f"Delete {MANY} files?" in await answer.text()
    assert await count(engine) == MANY


async def test_a_search_bounds_what_is_done(alice, filled, engine, make_actor):
    carol = await make_actor("carol", "author")
    await fill(engine, carol.user, *(f"found {n}" for n in range(60)))
    await fill(engine, alice.user, *(f"found {n}" for n in range(60)))
    await press(alice, "/files?q=found", "show", "files", visibility="private")
    private = File.visibility == Visibility.PRIVATE
    assert await count(engine, private) == 60
    assert await count(engine, private, File.owner_id == alice.user.id) == 60


async def test_all_folders_go_with_what_is_in_them(alice, engine):
    rows = [folder_of(alice.user, f"f{n}") for n in range(PAGE_SIZE + 5)]
    await engine.insert_many(rows, fill=True)
    await fill(engine, alice.user, *(f"{n}" for n in range(MANY)), folder_id=rows[0].id)
    await fill(engine, alice.user, "kept")
    page = await (await press(alice, "/files", "delete", "folders")).text()
    assert f"Delete {PAGE_SIZE + 5} folders?" in page
    assert f"{MANY} files, 0 folders" in page
    await alice.post("/files/many", data=[*hidden(page), ("content", "delete")])
    assert await engine.count(Folder.select()) == 0
    assert await engine.scalars(File.select(File.name)) == ["kept"]


async def test_all_folders_are_moved_but_the_one_they_go_into(alice, engine):
    rows = [folder_of(alice.user, f"f{n}") for n in range(PAGE_SIZE + 5)]
    await engine.insert_many(rows, fill=True)
    answer = await press(alice, "/files", "move", "folders", folder=str(rows[3].id))
    assert answer.status == 303
    outside = await engine.scalars(Folder.select(Folder.id).where(Folder.parent_id.is_(None)))
    assert outside == [rows[3].id]


async def test_nobody_reaches_files_of_others(alice, make_actor, admin, filled, engine):
    carol = await make_actor("carol", "author")
    folder = await engine.insert(folder_of(alice.user, "a", visibility=Visibility.PRIVATE))
    for where in ({"show": "everybody"}, {"in": str(folder.id)}, {"show": "all"}):
        answer = await many(carol, "delete", sure="1", all="files", confirmed="1000", **where)
        assert answer.status == 404, where
    assert await count(engine) == MANY
    await press(admin, "/files?show=everybody", "show", "files", visibility="private")
    assert await count(engine, File.visibility == Visibility.PRIVATE) == MANY
    assert await engine.count(AuditEntry.select(AuditEntry.id)) == MANY


async def test_it_refuses_before_it_opens_what_a_folder_closes(alice, filled, engine):
    folder = await engine.insert(folder_of(alice.user, "a", visibility=Visibility.PRIVATE))
    own = {"folder_id": folder.id, "visibility": Visibility.PRIVATE}
    await engine.run(File.update(**own).where(File.id == 1))
    answer = await press(alice, "/files?show=all", "show", "files", visibility="public")
    assert answer.status == 422
    assert "Nothing was changed" in await answer.text()
    assert await count(engine, File.visibility == Visibility.PUBLIC) == 0


async def test_it_says_how_far_it_came(alice, engine):
    """Folders are moved in steps; the third of these nests too deep."""
    rows = [folder_of(alice.user, f"f{n:03}") for n in range(MOST_AT_ONCE + 5)]
    await engine.insert_many(rows, fill=True)
    parent = rows[-1].id
    for n in range(11):
        inner = await engine.insert(folder_of(alice.user, f"i{n}", parent_id=parent))
        parent = inner.id
    other = await engine.insert(folder_of(alice.user, "other"))
    answer = await press(alice, "/files", "move", "folders", folder=str(other.id))
    assert answer.status == 422
    assert f"{MOST_AT_ONCE} things were changed, then" in await answer.text()
    inside = await engine.count(Folder.select(Folder.id).where(Folder.parent_id == other.id))
    assert inside == MOST_AT_ONCE


async def test_more_than_can_be_chosen_is_said_with_numbers(alice, filled, engine, monkeypatch):
    monkeypatch.setattr(choosing, "MOST_OF_A_LIST", 100)
    page = await (await alice.get("/files")).text()
    assert "This list holds more than 100 files" in page
    assert 'value="files"' not in page
    answer = await many(alice, "show", all="files", visibility="private")
    assert answer.status == 422
    assert f"holds {MANY} files; at most 100 can" in await answer.text()
    monkeypatch.setattr(archive, "MAX_ENTRIES", 100)
    answer = await alice.get("/files/archive?all=files")
    assert answer.status == 413
    assert f"These are {MANY} files; one archive holds at most 100." in await answer.text()


@pytest.mark.parametrize("kind", ["file", "folder"])
async def test_an_archive_says_what_is_gone(alice, filled, kind):
    asked = {"file": "id=1&id=987654", "folder": "id=1&folders=987654"}[kind]
    answer = await alice.get(f"/files/archive?{asked}")
    assert answer.status == 404
    assert f"The {kind} with the number 987654 is not there any more." in await answer.text()


async def test_too_many_boxes_are_counted(alice):
    for path in ("/files/many", "/files/archive"):
        data = [("id", str(n)) for n in range(1, 302)] + [("action", "show")]
        answer = await alice.post(path, data=data, headers=JSON)
        assert answer.status == 422
        text = (await answer.json())["errors"]["id"][0]
        assert text == f"You chose 301; at most {MOST_AT_ONCE} can be chosen one by one."


async def test_what_is_ticked_comes_from_an_address_that_can_be_resumed(alice):
    files = await upload(alice, ("a.txt", b"one"), ("b.txt", b"two"))
    data = [("id", str(file["id"])) for file in files] + [("back", "/files")]
    answer = await alice.post("/files/archive", data=data, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/files/archive?id=1&id=2")
    whole = await alice.get(answer.headers["Location"])
    body, etag = await whole.read(), whole.headers["ETag"]
    for version, status, expected in ((etag, 206, body[50:]), ('"other"', 200, body)):
        ranged = {"Range": "bytes=50-", "If-Range": version}
        part = await alice.get(answer.headers["Location"], headers=ranged)
        assert (part.status, await part.read()) == (status, expected)


async def test_all_of_a_list_comes_as_one_zip(alice, engine):
    names = [f"{n}.txt" for n in range(PAGE_SIZE + 10)]
    await upload(alice, *((name, name.encode()) for name in names))
    page = await (await alice.get("/files")).text()
    data = [*hidden(page[page.index("data-ticking") :]), ("all", "files")]
    answer = await alice.post("/files/archive", data=data)
    assert answer.url.query["all"] == "files"
    assert unzipped(await answer.read()) == {name: name.encode() for name in names}


@pytest.mark.parametrize(
    "fields", [{"all": "x"}, {"all": "files", "in": "x"}, {"all": "files", "upto": "1"}]
)
async def test_it_refuses_what_is_no_list(alice, fields):
    assert (await many(alice, "show", **fields)).status == 422


async def test_very_many_folders_are_looked_for_by_name(alice, engine):
    rows = [folder_of(alice.user, f"folder {n}") for n in range(MOST_CHOICES + 1)]
    await engine.insert_many(rows, fill=True)
    inner = await engine.insert(folder_of(alice.user, "照片 2026", parent_id=rows[3].id))
    await fill(engine, alice.user, "a.txt")
    page = await (await alice.get("/files?show=all")).text()
    assert '<option value="1">' not in page
    assert 'name="action" value="choose"' in page
    page = await (await many(alice, "choose", 1)).text()
    assert f"the first 50 of {MOST_CHOICES + 2} folders" in page
    page = await (await many(alice, "choose", 1, words="照片")).text()
    assert "folder 3 / 照片 2026" in page
    assert page.count('type="radio"') == 2
    sent = [*hidden(page), ("action", "move"), ("folder", str(inner.id))]
    answer = await alice.post("/files/many", data=sent, allow_redirects=False)
    assert answer.status == 303
    assert (await engine.get(File, 1)).folder_id == inner.id
    assert (
        "No folder is called like that."
        in await (await many(alice, "choose", 1, words="zzz")).text()
    )


async def test_few_folders_stand_in_a_menu(alice, engine):
    await engine.insert(folder_of(alice.user, "only"))
    await fill(engine, alice.user, "a.txt")
    page = await (await alice.get("/files")).text()
    assert '<option value="1">' in page
    assert 'value="choose"' not in page
