"""Lists of many folders and files: folders first, page by page; and the same lists for programs."""

import re

import pytest

from tests.files.door import JSON, file_of, send, upload
from tests.files.test_folders import make, put
from tests.sharing.door import share
from www.files import naming
from www.files.listing import PAGE_SIZE
from www.models import Folder, Visibility

MANY = 2 * PAGE_SIZE + 10


def folder_of(owner, name, **columns):
    return Folder(owner_id=owner.id, name=name, name_key=naming.key(name), **columns)


async def fill(engine, owner, folders, files, parent_id=None):
    """Add folders f0 to fN and files 0 to N, in a folder or at the top, all of them public."""
    public = Visibility.PUBLIC
    rows = [
        folder_of(owner, f"f{n}", parent_id=parent_id, visibility=public) for n in range(folders)
    ]
    await engine.insert_many(rows)
    own = {"folder_id": parent_id, "visibility": public}
    await engine.insert_many([file_of(owner, f"{n}", **own) for n in range(files)])


async def page_of(actor, path):
    """Return the names on a page, and where its links lead, by their texts."""
    answer = await actor.get(path)
    page = await answer.text()
    assert answer.status == 200, path
    names = re.findall(r"<h2>(?:<a [^>]+>)?([^<]+)<", page)
    pages = page.partition('<nav class="pages"')[2].partition("</nav>")[0]
    links = re.findall(r'href="([^"]+)">([^<]*)', re.sub(r"<span.*?</span> ?", "", pages))
    return names, {text.strip(): link.replace("&amp;", "&") for link, text in links}


async def walk(actor, path):
    """Return the names on each page from `path` on."""
    found = []
    while path:
        names, links = await page_of(actor, path)
        found.append(names)
        path = links.get("More folders") or links.get("More files")
    return found


@pytest.fixture
async def places(alice, engine):
    """Many folders and files at alice's top, and as many in one of her folders."""
    top = await engine.insert(folder_of(alice.user, "z", visibility=Visibility.PUBLIC))
    await fill(engine, alice.user, MANY, MANY, parent_id=top.id)
    shared = await share(alice, f"/folders/{top.id}")
    outer = await engine.insert(folder_of(alice.user, "outer"))
    top.parent_id = outer.id
    await engine.update(top)
    await fill(engine, alice.user, MANY, MANY)
    return {"folder": f"/folders/{top.id}", "top": "/files", "shared": shared}


@pytest.mark.parametrize("place", ["top", "folder", "shared"])
async def test_folders_come_first_page_by_page(alice, places, place):
    pages = await walk(alice, places[place])
    extra = ["outer"] if place == "top" else []
    folders = [f"f{n}" for n in range(MANY)] + extra
    files = [f"{n}" for n in reversed(range(MANY))]
    assert [name for page in pages for name in page] == folders + files
    # Where the folders end, the files begin on the same page.
    last = len(folders) - 2 * PAGE_SIZE
    assert [len(page) for page in pages] == [PAGE_SIZE, PAGE_SIZE, last + PAGE_SIZE, PAGE_SIZE, 10]


async def test_what_a_person_shows_goes_page_by_page(alice, client, engine):
    await fill(engine, alice.user, PAGE_SIZE + 1, 3)
    pages = await walk(client, "/users/alice/files")
    assert pages == [[f"f{n}" for n in range(PAGE_SIZE)], [f"f{PAGE_SIZE}", "2", "1", "0"]]


async def test_there_is_a_way_past_the_folders_and_back(alice, engine, places):
    _, links = await page_of(alice, "/files?sort=name")
    names, further = await page_of(alice, links["To the files"])
    assert names == [f"{n}" for n in range(PAGE_SIZE)]
    assert further["To the beginning"] == "/files?sort=name"
    _, links = await page_of(alice, "/files?show=all")
    assert set(links) == {"More files"}


async def test_there_is_no_way_to_files_that_are_not_there(alice, engine):
    await fill(engine, alice.user, MANY, 0)
    assert set((await page_of(alice, "/files"))[1]) == {"More folders"}


async def test_a_folder_in_a_shared_folder_goes_page_by_page(alice, client, engine):
    top = await make(alice, "top")
    inner = await make(alice, "inner", top)
    await fill(engine, alice.user, 0, PAGE_SIZE + 1, parent_id=inner)
    pages = await walk(client, f"{await share(alice, f'/folders/{top}')}?in={inner}")
    assert [len(names) for names in pages] == [PAGE_SIZE, 1]


@pytest.mark.parametrize("cursor", ["folders.", "folders.x", "folders.WzFd", "filess", "folders"])
@pytest.mark.parametrize("path", ["/files", "/files?show=all", "/users/alice/files"])
async def test_a_cursor_of_no_folder_is_refused(alice, cursor, path):
    joint = "&" if "?" in path else "?"
    assert (await alice.get(f"{path}{joint}before={cursor}")).status == 400


async def test_programs_get_the_list_as_json(alice):
    folder = await make(alice, "照片")
    [file] = await upload(alice, ("a.txt", b"one"))
    await put(alice, folder, ("b.txt", b"two"))
    answer = await alice.get("/files", headers=JSON)
    assert answer.content_type == "application/json"
    assert "Accept" in answer.headers["Vary"]
    body = await answer.json()
    assert body["files"] == [file]
    assert body["next"] is None
    [told] = body["folders"]
    expected = {"id": folder, "url": f"/folders/{folder}", "name": "照片", "folder": None}
    assert {**told, **expected, "visibility": "unlisted"} == told
    inside = await (await alice.get(told["url"], headers=JSON)).json()
    assert inside["folder"] == told
    assert [(one["name"], one["folder"]) for one in inside["files"]] == [("b.txt", folder)]


async def test_programs_search_too(alice):
    [file] = await upload(alice, ("holiday.txt", b"one"))
    for query in ("q=holiday", "q=holi", "q=holiday&show=all"):
        body = await (await alice.get(f"/files?{query}", headers=JSON)).json()
        assert body["files"] == [file], query


async def test_programs_learn_all_about_a_file(alice, client):
    [file] = await upload(alice, ("a.txt", b"one"))
    assert set(file) == {
        *("id", "url", "name", "size", "sha256", "content_type", "visibility", "folder"),
        "created_at",
    }
    assert (file["content_type"], file["size"]) == ("text/plain; charset=utf-8", 3)
    answer = await alice.get(f"/files/{file['id']}/edit", headers=JSON)
    assert await answer.json() == {"file": file}
    assert (await client.get("/files", headers=JSON)).status == 401


async def test_programs_go_on_with_the_cursor(alice, engine):
    await fill(engine, alice.user, MANY, MANY)
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        body = await (await alice.get("/files", params={"before": after}, headers=JSON)).json()
        seen += [one["name"] for one in (*body["folders"], *body["files"])]
        after = body["next"]
    assert len(seen) == len(set(seen)) == 2 * MANY


async def test_programs_get_what_a_person_shows(alice, client, engine):
    await send(alice, ("hidden.txt", b"1"))
    await fill(engine, alice.user, 1, 1)
    body = await (await client.get("/users/alice/files", headers=JSON)).json()
    assert [[one["name"] for one in body[key]] for key in ("folders", "files")] == [["f0"], ["0"]]
