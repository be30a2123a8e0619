"""What is done with many files at once, where files are used, search, order, quota and usage."""

import re

import pytest

from tests import posts
from tests.files.door import JSON, send, upload
from tests.files.test_folders import make, put
from tests.files.test_list import names
from www.models import BlogFile, File, Folder


async def many(actor, action, *ids, **fields):
    data = [("action", action), *(("id", str(id_)) for id_ in ids), *fields.items()]
    return await actor.post("/files/many", data=data, allow_redirects=False)


async def test_it_asks_before_it_deletes_many(alice, engine):
    await upload(alice, *((f"{n}.txt", b"x") for n in range(4)))
    page = await (await many(alice, "delete", 1, 2, 3)).text()
    assert "Delete 3 files?" in page
    assert await engine.count(File.select()) == 4
    answer = await many(alice, "delete", 1, 2, 3, sure="1", back="/files?view=grid")
    assert answer.headers["Location"] == "/files?view=grid&notice=files_deleted"
    assert await engine.scalars(File.select(File.id)) == [4]


async def test_others_files_are_left_alone(alice, make_actor, admin, engine):
    carol = await make_actor("carol", "author")
    await upload(alice, ("a", b"1"))
    await upload(carol, ("b", b"2"))
    assert (await many(carol, "delete", 1, 2, sure="1")).status == 303
    assert await engine.scalars(File.select(File.id)) == [1]
    assert (await many(carol, "show", 1, visibility="private")).status == 404
    assert (await many(admin, "show", 1, visibility="private")).status == 303
    assert (await engine.get(File, 1)).visibility == "private"


async def test_it_says_what_is_in_folders_before_they_go(alice, engine):
    top = await make(alice, "top")
    await make(alice, "low", top)
    await put(alice, top, ("a.txt", b"1"))
    await upload(alice, ("b.txt", b"2"))
    page = await (await many(alice, "delete", 2, folders=str(top))).text()
    assert "Delete 2 things?" in page
    assert "1 file, 1 folder" in page
    assert await engine.count(File.select()) == 2
    assert 'name="content" value="delete"' in page


@pytest.mark.parametrize("content", ["keep", "delete"])
async def test_folders_go_with_or_without_what_is_in_them(alice, engine, content):
    top, other = await make(alice, "top"), await make(alice, "other")
    low = await make(alice, "low", top)
    await put(alice, low, ("a.txt", b"1"))
    # One that lies in another of them, as no list shows it, is no stumbling block.
    data = [("action", "delete"), ("sure", "1"), ("content", content)]
    data += [("folders", str(id_)) for id_ in (other, top, low)]
    answer = await alice.post("/files/many", data=data, allow_redirects=False)
    assert answer.headers["Location"] == "/files?notice=ticked_deleted"
    assert await engine.count(Folder.select()) == 0
    assert await engine.scalars(File.select(File.folder_id)) == (
        [None] if content == "keep" else []
    )


async def test_folders_are_moved_with_files(alice, engine):
    await upload(alice, ("a.txt", b"1"))
    top, other = await make(alice, "top"), await make(alice, "other")
    await many(alice, "move", 1, folders=str(other), folder=str(top))
    assert (await engine.get(Folder, other)).parent_id == top
    assert (await engine.get(File, 1)).folder_id == top


async def test_a_folder_is_not_moved_into_itself(alice, engine):
    await upload(alice, ("a.txt", b"1"))
    top = await make(alice, "top")
    low = await make(alice, "low", top)
    back = f"/folders/{top}"
    answer = await many(alice, "move", 1, folders=str(top), folder=str(low), back=back)
    page = await answer.text()
    assert answer.status == 422
    assert "The folder “top” cannot lie in itself." in page
    assert f'href="{back}">Back to the list' in page
    assert (await engine.get(File, 1)).folder_id is None  # all or nothing


async def test_folders_of_others_are_left_alone(alice, make_actor, engine):
    carol, top = await make_actor("carol", "author"), await make(alice, "top")
    for action in ("delete", "move", "show"):
        answer = await many(carol, action, folders=str(top), sure="1", visibility="public")
        assert answer.status == 404
    assert (await engine.get(Folder, top)).visibility == "unlisted"


async def test_a_ticked_folder_is_opened_alone(alice, engine):
    top = await make(alice, "top")
    await put(alice, top, ("a.txt", b"1"))
    await many(alice, "show", folders=str(top), visibility="public")
    assert (await engine.get(Folder, top)).visibility == "public"
    assert (await engine.get(File, 1)).visibility == "unlisted"


@pytest.mark.parametrize(
    "back", ["//evil.example/", "https://evil.example", "/login", "/files/../x"]
)
async def test_it_goes_back_to_lists_alone(alice, back):
    await upload(alice, ("a", b"1"))
    answer = await many(alice, "show", 1, visibility="public", back=back)
    assert answer.headers["Location"] == "/files?notice=saved"


@pytest.mark.parametrize("ids", [[], ["x"], ["1"] * 201, ["0"]])
async def test_it_refuses_strange_choices(alice, ids):
    assert (await many(alice, "delete", *ids)).status == 422


async def test_files_know_the_posts_that_show_them(alice, engine):
    files = await upload(alice, ("a.png", b"1"), ("b c.txt", b"2"), ("other.txt", b"3"))
    far = "https://elsewhere.example/files/3/not-ours.txt"
    body = f"![x]({files[0]['url']}) [n](http://our.example{files[1]['url']}) [f]({far})"
    await posts.write(alice, title="Garden", body=body)
    assert await engine.tuples(BlogFile.select(BlogFile.blog_id, BlogFile.file_id)) == [
        (1, 1),
        (1, 2),
    ]
    assert "in 1 post" in await (await alice.get("/files")).text()
    assert "Garden" in await (await alice.get("/files/1/edit")).text()
    assert "Garden" in await (await alice.get("/files/1/delete")).text()
    assert "Garden" not in await (await alice.get("/files/3/delete")).text()
    await alice.post("/files/1/delete")
    assert await engine.scalars(BlogFile.select(BlogFile.file_id)) == [2]


async def test_drafts_of_others_are_counted_and_not_named(alice, make_actor):
    carol = await make_actor("carol", "author")
    [file] = await upload(alice, ("a.png", b"1"))
    await posts.write(carol, title="My secret", body=f"![x]({file['url']})", action="draft")
    page = await (await alice.get("/files/1/delete")).text()
    assert "1 post refers to this" in page
    assert "My secret" not in page


async def test_it_finds_parts_of_names(alice, make_actor):
    carol = await make_actor("carol", "author")
    await upload(alice, ("report.pdf", b"1"), ("passport.png", b"2"), ("家庭照片.zip", b"3"))
    await upload(carol, ("portrait.png", b"4"))
    assert (await names(alice, "/files?q=port"))[0] == ["passport.png", "report.pdf"]
    assert (await names(alice, "/files?q=%E7%85%A7"))[0] == [
        "%E5%AE%B6%E5%BA%AD%E7%85%A7%E7%89%87.zip"
    ]
    assert (await names(carol, "/files?q=port"))[0] == ["portrait.png"]
    # Words of which nothing is left do not open the lists of others.
    assert (await names(carol, "/files?q=%CC%81"))[0] == ["portrait.png"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("-date", ["b10", "b9", "A"]),
        ("date", ["A", "b9", "b10"]),
        ("name", ["A", "b9", "b10"]),
        ("-name", ["b10", "b9", "A"]),
        ("size", ["b9", "A", "b10"]),
        ("-size", ["b10", "A", "b9"]),
        ("nonsense", ["b10", "b9", "A"]),
    ],
)
async def test_it_sorts(alice, sort, expected):
    await upload(alice, ("A", b"22"), ("b9", b"1"), ("b10", b"333"))
    for show in ("folders", "all"):
        assert (await names(alice, f"/files?sort={sort}&show={show}"))[0] == expected


@pytest.mark.parametrize("settings", [{"limits": {"quota_bytes": 1000}}], indirect=True)
async def test_a_person_may_have_a_quota_of_their_own(alice, admin):
    async def status():
        return (await send(alice, ("a", b"x" * 900), **JSON)).status

    assert [await status(), await status()] == [201, 413]
    answer = await admin.post(f"/admin/users/{alice.user.id}/quota", data={"quota": "2 kB"})
    assert answer.status == 200
    assert [await status(), await status()] == [201, 413]
    assert re.search(r"1.8.kB of 2.kB", await (await alice.get("/files")).text())
    await admin.post(f"/admin/users/{alice.user.id}/quota", data={"quota": ""})
    assert await status() == 413
    assert "gave alice the usual space" in await (await admin.get("/admin/audit")).text()
    for wrong in ("-1", "many", "99999999 TB"):
        answer = await admin.post(f"/admin/users/{alice.user.id}/quota", data={"quota": wrong})
        assert answer.status == 422


async def test_usage_is_told_by_kind(alice, bob, admin):
    await upload(alice, ("a.txt", b"x" * 3000), ("b.png", b"\x89PNG\r\n\x1a\n" + b"x" * 1992))
    page = await (await alice.get("/files/usage")).text()
    assert re.search(r"Documents</th><td class=\"number\">1</td><td class=\"number\">3.kB", page)
    assert re.search(r"Pictures</th><td class=\"number\">1</td><td class=\"number\">2.kB", page)
    assert (await bob.get("/files/usage?of=alice")).status == 404
    assert "Documents" in await (await admin.get("/files/usage?of=alice")).text()
