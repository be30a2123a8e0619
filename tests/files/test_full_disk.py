"""A disk that is really full: a clear answer, nothing by half, the rest lives on, and then it goes on."""

import io
import os
import zipfile

import pytest

from tests.files.crowded import MIB, Crowded, may_mount
from tests.files.door import BOUNDARY, JSON, body_of, sha256
from tests.pictures import samples
from tests.uploads.door import CONTENT, checksum

pytestmark = pytest.mark.skipif(not may_mount(), reason="asks for a process with mounts of its own")

KIND = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **JSON}
NO_SPACE = "The server has no space left for this."
TUS = {"Tus-Resumable": "1.0.0"}
DATA = os.urandom(6 * MIB)


@pytest.fixture
async def site(tmp_path):
    site = Crowded(tmp_path, 48 * MIB)
    await site.start(storage__min_free_bytes=1)
    yield site
    said = await site.stop()
    assert "Traceback" not in said, said


async def send(site, *files, status=201):
    """Upload a form; return what is said about it."""
    body = io.BytesIO(body_of(*files))
    answer, _ = await site.ask("POST", "/upload", status, data=body, headers=KIND)
    return await answer.json(content_type=None)


async def assert_it_lives(site, *kept):
    """Pages are shown and files are read, to people with and without a session."""
    for path in ("/", "/files", "/upload", "/login", "/search?q=a", "/healthz", "/readyz"):
        await site.ask("GET", path, 200 if path != "/login" else None)
    for file, content in kept:
        assert (await site.ask("GET", file["url"], 200))[1] == content
    query = "&".join(f"id={file['id']}" for file, _ in kept)
    if kept:
        _, archive = await site.ask("GET", f"/files/archive?{query}", 200)
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            assert [opened.read(name) for name in opened.namelist()] == [c for _, c in kept]


@pytest.mark.parametrize(("size", "left"), [(6 * MIB, 3 * MIB), (300_000, 64 * 1024), (1000, 0)])
async def test_a_form_is_refused_and_leaves_nothing(site, size, left):
    [before] = (await send(site, ("a.bin", b"before")))["files"]
    kept = site.contents()
    site.fill(but=left)
    problem = await send(site, ("b.bin", DATA[:size]), ("c.bin", b"x"), status=507)
    assert (problem["status"], problem["detail"]) == (507, NO_SPACE)
    assert site.contents() == kept
    await assert_it_lives(site, (before, b"before"))
    site.empty()
    [after] = (await send(site, ("b.bin", DATA[:size])))["files"]
    assert after["sha256"] == sha256(DATA[:size])
    await assert_it_lives(site, (before, b"before"), (after, DATA[:size]))


async def test_people_are_shown_the_form_again(site):
    site.fill(but=MIB)
    body, kind = io.BytesIO(body_of(("b.bin", DATA))), {"Content-Type": KIND["Content-Type"]}
    _, page = await site.ask("POST", "/upload", 507, data=body, headers=kind)
    assert NO_SPACE in page.decode()
    assert b'type="file"' in page


async def append(site, address, offset, data, **headers):
    headers = {**TUS, "Upload-Offset": str(offset), "Content-Type": CONTENT, **headers}
    return await site.ask("PATCH", address, data=io.BytesIO(data), headers=headers)


async def offset_of(site, address):
    answer, _ = await site.ask("HEAD", address, 200, headers=TUS)
    return int(answer.headers["Upload-Offset"])


async def begun(site, status=201):
    headers = {**TUS, "Upload-Length": str(len(DATA))}
    answer, _ = await site.ask("POST", "/uploads", status, headers=headers)
    return answer.headers.get("Location", "")


@pytest.mark.parametrize("checked", [False, True])
async def test_a_resumable_upload_stops_and_goes_on(site, checked):
    address = await begun(site)
    assert (await append(site, address, 0, DATA[:1000]))[0].status == 204
    site.fill(but=2 * MIB)
    extra = {"Upload-Checksum": checksum("sha1", DATA[1000:])} if checked else {}
    answer, body = await append(site, address, 1000, DATA[1000:], **extra)
    assert (answer.status, NO_SPACE in body.decode()) == (507, True)
    offset = await offset_of(site, address)
    assert offset == 1000 if checked else 1000 <= offset < 4 * MIB
    await assert_it_lives(site)
    site.empty()
    assert (await append(site, address, offset, DATA[offset:]))[0].status == 204
    _, about = await site.ask("GET", address, 200, headers=TUS)
    assert sha256(DATA).encode() in about
    assert site.contents() == {sha256(DATA): len(DATA)}


async def test_where_nothing_fits_nothing_is_begun(site):
    address = await begun(site)
    site.fill()
    await begun(site, 507)
    answer, _ = await append(
        site, address, 0, DATA[:5000], **{"Upload-Checksum": checksum("md5", b"")}
    )
    assert answer.status == 400  # an unknown way to check is told first
    checked = {"Upload-Checksum": checksum("sha1", DATA)}
    assert (await append(site, address, 0, DATA, **checked))[0].status == 507
    assert await offset_of(site, address) == 0
    await assert_it_lives(site)
    site.empty()
    assert (await append(site, address, 0, DATA, **checked))[0].status == 204


async def test_pictures_are_made_and_not_kept(site):
    photo = samples.jpeg(1, samples.noisy(1600, 1200))
    [file] = (await send(site, ("a.jpg", photo)))["files"]
    site.fill()
    address = f"/files/{file['id']}/w320.webp"
    _, small = await site.ask("GET", address, 200)
    assert small[8:12] == b"WEBP"
    assert not [p for p in (site.disk / "pictures").rglob("*") if p.is_file()]
    await assert_it_lives(site)
    site.empty()
    _, again = await site.ask("GET", address.replace("320", "640"), 200)
    assert again[8:12] == b"WEBP"
    assert len([p for p in (site.disk / "pictures").rglob("*") if p.is_file()]) == 1


async def test_what_the_database_cannot_keep_is_said(site):
    """Sign-in, posts and shares need the same disk."""
    [file] = (await send(site, ("a.txt", b"hello")))["files"]
    site.fill()
    for path, fields in [
        ("/write", {"title": "t" * 200, "body": "x" * 200_000, "action": "publish"}),
        ("/folders", {"name": "pictures"}),
        (f"/files/{file['id']}/edit", {"name": "b.txt", "visibility": "public"}),
    ]:
        answer, page = await site.ask("POST", path, data=fields)
        assert answer.status in {303, 507}, (path, answer.status, page[-300:])
        assert answer.status == 303 or NO_SPACE in page.decode()
    await assert_it_lives(site, (file, b"hello"))


async def test_space_is_left_to_the_database(tmp_path):
    """The setting stops uploads early, so that people can still sign in, write and delete."""
    site = Crowded(tmp_path, 48 * MIB)
    await site.start(storage__min_free_bytes=16 * MIB)
    [file] = (await send(site, ("a.bin", DATA[:1000])))["files"]
    site.fill(but=10 * MIB)
    assert (await send(site, ("b.bin", DATA[:2000]), status=507))["detail"] == NO_SPACE
    await begun(site, 507)
    await site.ask("POST", "/folders", 303, data={"name": "pictures"})
    await site.ask("POST", f"/files/{file['id']}/delete", 303)
    await site.ask("GET", file["url"], 404)
    assert "Traceback" not in await site.stop()


async def test_a_disk_may_have_bytes_left_and_no_names(site):
    photo = samples.jpeg(1, samples.noisy(600, 400))
    [file] = (await send(site, ("a.jpg", photo)))["files"]
    address, kept = await begun(site), site.contents()
    site.fill_with_names()
    assert (await send(site, ("b.bin", DATA), status=507))["detail"] == NO_SPACE
    await begun(site, 507)
    checked = {"Upload-Checksum": checksum("sha1", DATA)}
    answer, body = await append(site, address, 0, DATA, **checked)
    assert (answer.status, NO_SPACE in body.decode()) == (507, True)
    await site.ask("GET", f"/files/{file['id']}/w320.webp", 200)
    assert site.contents() == kept
    site.empty()
    assert (await append(site, address, 0, DATA, **checked))[0].status == 204
    assert (await send(site, ("b.bin", DATA)))["files"][0]["sha256"] == sha256(DATA)


async def test_an_upload_that_is_there_waits_for_its_name(site):
    """All bytes came, and the folder for its hash cannot be made: later it can."""
    address = await begun(site)
    assert (await append(site, address, 0, DATA[:-1]))[0].status == 204
    site.fill_with_names()
    answer, body = await append(site, address, len(DATA) - 1, DATA[-1:])
    assert (answer.status, NO_SPACE in body.decode()) == (507, True)
    site.empty()
    assert await offset_of(site, address) == len(DATA)
    assert (await append(site, address, len(DATA), b""))[0].status == 204
    assert site.contents() == {sha256(DATA): len(DATA)}
