"""Many files as one zip, through the door."""

import io
import os
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientPayloadError

from tests.files.door import JSON, PNG, upload
from tests.files.test_folders import make, put
from www import keys
from www.files import archive
from www.files.zipping import Archive, Entry
from www.models import File, Folder, Visibility

MODIFIED = datetime(2026, 10, 20, 10, tzinfo=UTC)
BIG = os.urandom(3_000_000)
CONTENTS = [b"hello", b"", os.urandom(400_000), BIG, b"last"]


def unzipped(data):
    with zipfile.ZipFile(io.BytesIO(data)) as read:
        assert read.testzip() is None
        return {name: read.read(name) for name in read.namelist()}


def ids(*files):
    return [("id", str(file["id"])) for file in files]


@pytest.fixture
async def three(alice):
    return await upload(alice, ("图.png", PNG), ("a.txt", b"one"), ("a.txt", b"two"))


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_it_sends_the_chosen_files(alice, three, method):
    chosen = {"params" if method == "GET" else "data": ids(*three)}
    answer = await alice.request(method, "/files/archive", **chosen)
    data = await answer.read()
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="files.zip"'
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert int(answer.headers["Content-Length"]) == len(data)
    assert unzipped(data) == {"图.png": PNG, "a.txt": b"one", "a (2).txt": b"two"}


async def test_it_keeps_folders(alice, three, engine):
    outer = await engine.insert(Folder(owner_id=alice.user.id, name="年报", name_key="a"))
    inner = Folder(owner_id=alice.user.id, name="2026", name_key="b", parent_id=outer.id)
    inner = await engine.insert(inner)
    await engine.run(File.update(folder_id=inner.id).where(File.id == three[0]["id"]))
    answer = await alice.get("/files/archive", params=ids(*three[:2]))
    assert set(unzipped(await answer.read())) == {"年报/2026/图.png", "a.txt"}


async def test_a_folder_comes_with_all_in_it(alice, make_actor):
    carol = await make_actor("carol", "author")
    outer = await make(alice, "年报")
    inner = await make(alice, "2026", outer)
    await put(alice, outer, ("a.txt", b"1"))
    await put(alice, inner, ("b.txt", b"2"))
    await upload(alice, ("c.txt", b"3"))
    answer = await alice.post("/files/archive", data={"folders": outer, "id": 3, "back": "/files"})
    assert unzipped(await answer.read()) == {
        "年报/a.txt": b"1",
        "年报/2026/b.txt": b"2",
        "c.txt": b"3",
    }
    assert (await carol.post("/files/archive", data={"folders": outer})).status == 404


async def test_nothing_to_send_is_said(alice):
    answer = await alice.post("/files/archive", data={"folders": await make(alice, "empty")})
    assert answer.status == 422
    assert "There are no files in it." in await answer.text()


async def test_a_whole_page_of_ticked_files_comes(alice):
    """A form of a page has a box for every file on it."""
    sent = [("id", str(n)) for n in range(1, 61)] + [("back", "/files"), ("visibility", "private")]
    await upload(alice, *((f"{n}.txt", b"x") for n in range(60)))
    answer = await alice.post("/files/archive", data=sent)
    assert len(unzipped(await answer.read())) == 60


async def test_nobody_gets_what_they_could_not_find(alice, bob, admin, client, three, engine):
    assert (await bob.get("/files/archive", params=ids(three[0]))).status == 404
    assert (await admin.get("/files/archive", params=ids(three[0]))).status == 200
    anyone = await client.get("/files/archive", params=ids(three[0]), headers=JSON)
    assert anyone.status == 401
    public = File.update(visibility=Visibility.PUBLIC).where(File.id == three[0]["id"])
    await engine.run(public)
    assert (await bob.get("/files/archive", params=ids(three[0]))).status == 200
    assert (await bob.get("/files/archive", params=ids(*three))).status == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        *(("", 422), ("id=", 422), ("id=0", 422), ("id=x", 422), ("id=999", 404), ("id=٣", 422)),
        *(("folders=x", 422), ("folders=999", 404), ("id=999&folders=999", 404)),
    ],
)
async def test_it_refuses_what_is_no_choice(alice, three, query, status):
    answer = await alice.get(f"/files/archive?{query}", headers=JSON)
    assert answer.status == status


@pytest.fixture
async def zips(storage, bare_app, aiohttp_client):
    """Serve an archive of CONTENTS at /zip; return a client of it."""
    entries = []
    for number, content in enumerate(CONTENTS):
        incoming = await storage.begin()
        await incoming.write(content)
        stored = await incoming.commit()
        modified = MODIFIED + timedelta(days=number)
        entries.append(Entry(f"f/{number}", stored.sha256, stored.size_bytes, modified))

    async def respond(request):
        return await archive.respond(request, storage, "a.zip", Archive(entries))

    bare_app.router.add_route("*", "/a/zip", respond)
    client = await aiohttp_client(bare_app)
    client.entries = entries
    return client


async def whole(zips):
    return await (await zips.get("/a/zip")).read()


@pytest.mark.parametrize("known", [False, True], ids=["first time", "checksums known"])
async def test_it_goes_on_where_it_broke_off(zips, bare_app, known):
    data = await whole(zips)
    assert list(unzipped(data).values()) == CONTENTS
    for first in (0, 1, 30, 400_500, 1_000_000, 3_400_600, len(data) - 1):
        if not known:
            bare_app[keys.checksums].clear()
        answer = await zips.get("/a/zip", headers={"Range": f"bytes={first}-"})
        assert answer.status == 206
        assert await answer.read() == data[first:]
        answer = await zips.get("/a/zip", headers={"Range": f"bytes={first}-{first + 700}"})
        assert await answer.read() == data[first : first + 701]


async def test_it_reads_nothing_twice_for_its_end(zips, storage, monkeypatch):
    data = await whole(zips)

    async def refuse(sha256):
        raise AssertionError(sha256)

    monkeypatch.setattr(storage, "open", refuse)
    answer = await zips.get("/a/zip", headers={"Range": "bytes=-100"})
    assert await answer.read() == data[-100:]


async def test_it_never_joins_two_versions(zips):
    tag = (await zips.get("/a/zip")).headers["ETag"]
    ranged = {"Range": "bytes=10-19"}
    assert (await zips.get("/a/zip", headers=ranged | {"If-Range": tag})).status == 206
    zips.entries.pop(0)  # an older file: the newest date stays
    whole = await zips.get("/a/zip", headers=ranged | {"If-Range": tag})
    assert whole.status == 200
    assert "Last-Modified" not in whole.headers
    dated = {"If-Range": "Sat, 24 Oct 2026 10:00:00 GMT"}
    assert (await zips.get("/a/zip", headers=ranged | dated)).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Range": "bytes=0-1,500-501"}, 200),
        ({"Range": "bytes=99999999-"}, 416),
        ({"If-None-Match": "*"}, 304),
        ({"If-Match": '"x"'}, 412),
        ({"If-Modified-Since": "Sat, 24 Oct 2099 10:00:00 GMT"}, 200),
    ],
)
async def test_it_keeps_conditions(zips, headers, status):
    assert (await zips.get("/a/zip", headers=headers)).status == status


async def test_a_head_says_the_same(zips):
    got, head = await zips.get("/a/zip"), await zips.head("/a/zip")
    assert {**head.headers, "Date": ""} == {**got.headers, "Date": ""}
    assert await head.read() == b""


async def test_a_lost_file_breaks_the_connection(zips, storage):
    await storage.delete(zips.entries[3].sha256, older_than_s=-60)
    with pytest.raises(ClientPayloadError):
        await whole(zips)
