"""Folders: nesting, moving, what is in them, and who may open them."""

import re

import pytest

from tests.files.door import body_of, send, upload
from www.files.folder_queries import MAX_DEPTH
from www.models import File, Folder, Visibility

PRIVATE, UNLISTED, PUBLIC = Visibility


async def make(actor, name, parent=""):
    answer = await actor.post(
        "/folders", data={"name": name, "parent": parent}, allow_redirects=False
    )
    assert answer.status == 303, await answer.text()
    return int(answer.headers["Location"].rpartition("/")[2])


async def change(actor, id_, **fields):
    sent = {"name": f"f{id_}", "parent": "", "visibility": "unlisted", **fields}
    return await actor.post(f"/folders/{id_}/edit", data=sent, allow_redirects=False)


async def put(actor, folder, *files):
    """Upload into a folder, as the form does."""
    field = (
        b'------WebKitFormBoundaryA1b2C3\r\nContent-Disposition: form-data; name="folder"'
        b"\r\n\r\n%d\r\n" % folder
    )
    answer = await send(actor, body=field + body_of(*files))
    assert answer.headers["Location"] == f"/folders/{folder}?notice=uploaded"


async def openness(engine, table):
    return dict(await engine.tuples(table.select(table.id, table.visibility)))


async def test_files_are_uploaded_into_a_folder(alice, engine):
    folder = await make(alice, "照片 & more")
    await put(alice, folder, ("a.txt", b"1"))
    page = await (await alice.get(f"/folders/{folder}")).text()
    assert "a.txt" in page
    assert "照片 &amp; more" in page
    assert "a.txt" not in await (await alice.get("/files")).text()
    assert "a.txt" in await (await alice.get("/files?show=all")).text()


async def test_nobody_puts_files_into_folders_of_others(alice, make_actor, engine):
    carol = await make_actor("carol", "author")
    await make(alice, "mine")
    field = b'------WebKitFormBoundaryA1b2C3\r\nContent-Disposition: form-data; name="folder"'
    answer = await send(carol, body=field + b"\r\n\r\n1\r\n" + body_of(("a.txt", b"1")))
    assert answer.status == 404
    assert await engine.count(File.select()) == 0
    assert (await carol.post("/folders", data={"name": "x", "parent": "1"})).status == 404


async def test_crumbs_lead_up(alice):
    top = await make(alice, "top")
    middle = await make(alice, "middle", top)
    page = await (await alice.get(f"/folders/{await make(alice, 'low', middle)}")).text()
    crumbs = page[page.index('class="crumbs"') : page.index("</nav>", page.index('class="crumbs"'))]
    assert re.findall(r'href="([^"]+)"', crumbs) == ["/files", "/folders/1", "/folders/2"]


async def test_a_folder_does_not_go_into_itself(alice, engine):
    top = await make(alice, "top")
    low = await make(alice, "low", await make(alice, "middle", top))
    for parent in (top, low):
        assert (await change(alice, top, parent=parent)).status == 422
    assert (await change(alice, low, parent="")).status == 303
    assert (await engine.get(Folder, low)).parent_id is None


async def test_it_is_not_nested_too_deep(alice):
    parent = ""
    for number in range(MAX_DEPTH):
        parent = await make(alice, f"{number}", parent)
    answer = await alice.post("/folders", data={"name": "more", "parent": parent})
    assert answer.status == 422
    other = await make(alice, "other")
    assert (await change(alice, 1, parent=other)).status == 422


async def test_closing_closes_all_in_it_and_opening_opens_nothing(alice, engine):
    top = await make(alice, "top")
    low = await make(alice, "low", top)
    await put(alice, low, ("a.txt", b"1"))
    await change(alice, top, visibility="private")
    assert await openness(engine, Folder) == {top: PRIVATE, low: PRIVATE}
    assert await openness(engine, File) == {1: PRIVATE}
    await change(alice, top, visibility="public")
    assert await openness(engine, Folder) == {top: PUBLIC, low: PRIVATE}
    await change(alice, top, visibility="public", everything="1")
    assert await openness(engine, Folder) == {top: PUBLIC, low: PUBLIC}
    assert await openness(engine, File) == {1: PUBLIC}


async def test_nothing_is_more_open_than_its_folder(alice, engine):
    top = await make(alice, "top")
    await change(alice, top, visibility="private")
    low = await make(alice, "low", top)
    await put(alice, low, ("a.txt", b"1"))
    assert await openness(engine, File) == {1: PRIVATE}
    assert (await change(alice, low, parent=top, visibility="public")).status == 422
    wanted = {"name": "a.txt", "folder": low, "visibility": "public"}
    answer = await alice.post("/files/1/edit", data=wanted)
    assert answer.status == 422
    assert "is less open" in await answer.text()


async def test_moving_closes_and_never_opens(alice, engine):
    await upload(alice, ("a.txt", b"1"))
    closed, opened = await make(alice, "closed"), await make(alice, "opened")
    await change(alice, closed, visibility="private")
    await change(alice, opened, visibility="public")
    for folder, expected in ((opened, UNLISTED), (closed, PRIVATE), (opened, PRIVATE)):
        data = {"id": "1", "action": "move", "folder": folder}
        await alice.post("/files/many", data=data)
        assert await openness(engine, File) == {1: expected}
    await change(alice, opened, parent=closed, visibility="public")
    assert (await openness(engine, Folder))[opened] == PRIVATE


async def test_only_a_public_folder_opens_for_others(alice, bob, admin, client):
    folder = await make(alice, "f")
    await put(alice, folder, ("a.txt", b"1"))
    for visibility, expected in (("private", 404), ("unlisted", 404), ("public", 200)):
        await change(alice, folder, visibility=visibility)
        assert (await client.get(f"/folders/{folder}")).status == expected
        assert (await bob.get(f"/folders/{folder}")).status == expected
        assert (await admin.get(f"/folders/{folder}")).status == 200
    page = await (await client.get(f"/folders/{folder}")).text()
    assert "a.txt" not in page  # the folder was opened, and nothing in it
    await change(alice, folder, visibility="public", everything="1")
    assert "a.txt" in await (await client.get(f"/folders/{folder}")).text()


@pytest.mark.parametrize("content", ["keep", "delete"])
async def test_a_folder_goes_with_or_without_what_is_in_it(alice, engine, content):
    top = await make(alice, "top")
    low = await make(alice, "low", top)
    await make(alice, "lowest", low)
    await put(alice, low, ("a.txt", b"1"))
    assert "1 file, 1 folder" in await (await alice.get(f"/folders/{low}/delete")).text()
    await alice.post(f"/folders/{low}/delete", data={"content": content})
    folders = dict(await engine.tuples(Folder.select(Folder.name, Folder.parent_id)))
    files = await engine.scalars(File.select(File.folder_id))
    if content == "keep":
        assert (folders, files) == ({"top": None, "lowest": top}, [top])
    else:
        assert (folders, files) == ({"top": None}, [])


async def test_others_change_nothing(alice, make_actor):
    carol, folder = await make_actor("carol", "author"), await make(alice, "f")
    await change(alice, folder, visibility="public")
    for path in ("edit", "delete", "share"):
        assert (await carol.get(f"/folders/{folder}/{path}")).status == 403
        assert (await carol.post(f"/folders/{folder}/{path}")).status == 403
    await change(alice, folder, visibility="private")
    assert (await carol.get(f"/folders/{folder}/edit")).status == 404


async def test_a_new_folder_is_as_open_as_one_says(alice, engine):
    for asked, expected in (("", "unlisted"), ("private", "private"), ("public", "public")):
        data = {"name": f"x{asked}", "parent": "", "visibility": asked}
        answer = await alice.post("/folders", data=data, allow_redirects=False)
        assert answer.status == 303
        folder = await engine.one(Folder.select().where(Folder.name == f"x{asked}"))
        assert folder.visibility == expected
    parent = await engine.one(Folder.select().where(Folder.name == "xprivate"))
    for asked, status in (("public", 422), ("nonsense", 422), ("private", 303)):
        data = {"name": f"in {asked}", "parent": str(parent.id), "visibility": asked}
        answer = await alice.post("/folders", data=data, allow_redirects=False)
        assert answer.status == status, asked
