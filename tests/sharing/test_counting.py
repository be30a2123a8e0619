"""What counts as a download of a share link, and what may go on with one that was counted."""

import asyncio
import io
import os
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientError

from tests.files.door import upload
from tests.files.test_folders import make, put
from tests.sharing.door import content, share
from www import keys
from www.models import File, ShareDownload, ShareLink
from www.sharing import actions

LARGE = os.urandom(1_000_000) * 48  # far more than the buffers of a connection hold (10 MB)


@pytest.fixture
def downloads(engine):
    """Return a function that says how often a link was used and how often it may be."""

    async def asked(id_=1):
        row = await engine.get(ShareLink, id_)
        return row.downloads, row.downloads_left

    return asked


@pytest.fixture
async def large(alice):
    await upload(alice, ("large.bin", LARGE))


def path_of(link):
    return content(link, 1, "large.bin")


async def fetch(browser, path, status=200, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    async with browser.get(path, headers=headers) as answer:
        assert answer.status == status, (answer.status, headers)
        return await answer.read()


async def broken(browser, path, engine, at_least=300_000, **headers):
    """Fetch the beginning of a large file, break off, and wait until that was noticed."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await browser.get(path, headers=headers)
    start = await answer.content.readexactly(at_least)
    answer.close()
    async with asyncio.timeout(20):
        while (await engine.first(ShareDownload.select())).bytes_left <= len(LARGE):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return start


@pytest.mark.parametrize("limit", [1, 7])
async def test_the_limit_is_reached_exactly(alice, visitor, file, downloads, limit):
    link = await share(alice, limit=f"{limit}")
    visitors = [await visitor() for _ in range(20)]
    answers = await asyncio.gather(*(one.get(content(link)) for one in visitors))
    assert sorted(answer.status for answer in answers) == [200] * limit + [410] * (20 - limit)
    assert await downloads() == (limit, 0)
    assert "used up" in await (await (await visitor()).get(link)).text()


async def test_what_sends_nothing_is_not_counted(alice, visitor, file, downloads):
    link, browser = await share(alice, limit="1"), await visitor()
    etag = (await browser.head(content(link))).headers["ETag"]
    await fetch(browser, content(link), 304, If_None_Match=etag)
    await fetch(browser, content(link), 412, If_Match='"other"')
    await fetch(browser, content(link), 412, If_Unmodified_Since="Mon, 01 Jan 2001 00:00:00 GMT")
    await fetch(browser, content(link), 416, Range="bytes=5-")
    assert await downloads() == (0, 1)
    assert await fetch(await visitor(), content(link), 206, Range="bytes=0-") == b"hello"
    assert await downloads() == (1, 0)


@pytest.mark.parametrize("bad", ["bytes=900-", "bytes=-0"])
async def test_a_zip_that_is_not_sent_is_not_counted(alice, visitor, downloads, bad):
    folder = await make(alice, "top")
    await put(alice, folder, ("a.txt", b"1"))
    link, browser = await share(alice, f"/folders/{folder}", limit="1"), await visitor()
    etag = (await browser.head(f"{link}/archive")).headers["ETag"]
    await fetch(browser, f"{link}/archive", 304, If_None_Match=etag)
    await fetch(browser, f"{link}/archive", 412, If_Match='"other"')
    await fetch(browser, f"{link}/archive", 416, Range=bad)
    assert await downloads() == (0, 1)


@pytest.mark.parametrize("data", [b"hello", LARGE])
async def test_what_cannot_be_opened_is_not_counted(alice, visitor, engine, downloads, data):
    folder = await make(alice, "top")
    await put(alice, folder, ("large.bin", data))
    link, browser = await share(alice, f"/folders/{folder}", limit="1"), await visitor()
    [file] = await engine.all(File.select())
    alice.app[keys.storage].path(file.sha256).unlink()
    for path in (path_of(link), f"{link}/archive"):
        await fetch(browser, path, 404)
    assert await downloads() == (0, 1)


PROXIED = {
    "server": {"trusted_proxies": ["127.0.0.1/32"]},
    "storage": {"sendfile_header": "X-Accel-Redirect"},
}


@pytest.mark.parametrize("settings", [PROXIED], indirect=True)
async def test_what_the_proxy_sends_is_counted(alice, visitor, large, downloads):
    link, browser = await share(alice, limit="1"), await visitor()
    await fetch(browser, path_of(link), 416, Range="bytes=48000000-")
    answer = await browser.get(path_of(link))
    assert answer.headers["X-Accel-Redirect"].startswith("/_files/")
    assert "share_download" in answer.cookies
    assert await downloads() == (1, 0)
    await fetch(browser, path_of(link), Range="bytes=5-")  # nginx makes the part of it
    await fetch(browser, path_of(link), 410)


async def test_what_is_opened_and_cannot_be_read_is_given_back(
    alice, visitor, large, engine, downloads
):
    link, browser = await share(alice, limit="1"), await visitor()
    [file] = await engine.all(File.select())
    path = alice.app[keys.storage].path(file.sha256)
    path.chmod(0o600)
    os.truncate(path, 0)
    with pytest.raises(ClientError):
        await fetch(browser, path_of(link))
    assert await downloads() == (0, 1)
    assert await engine.count(ShareDownload.select()) == 0


async def test_the_whole_again_counts_again(alice, visitor, file, downloads):
    link, browser = await share(alice, limit="2"), await visitor()
    for _ in range(2):
        assert await fetch(browser, content(link)) == b"hello"
    assert await downloads() == (2, 0)
    await fetch(browser, content(link), 410)
    await fetch(browser, content(link), 410, Range="bytes=0-")
    assert await downloads() == (2, 0)


async def test_the_whole_again_and_again_at_once_counts_each(alice, visitor, file, downloads):
    link, browser = await share(alice, limit="4"), await visitor()
    await fetch(browser, content(link))
    answers = await asyncio.gather(*(browser.get(content(link)) for _ in range(20)))
    assert sorted(answer.status for answer in answers) == [200] * 3 + [410] * 17
    assert await downloads() == (4, 0)


async def test_a_broken_download_goes_on(alice, visitor, large, engine, downloads):
    link, browser = await share(alice, limit="1"), await visitor()
    etag = (await browser.head(path_of(link))).headers["ETag"]
    start = await broken(browser, path_of(link), engine)
    going_on = {"Range": f"bytes={len(start)}-", "If_Range": etag}
    assert start + await fetch(browser, path_of(link), 206, **going_on) == LARGE
    assert await downloads() == (1, 0)
    await fetch(await visitor(), path_of(link), 410, **going_on)


async def test_a_broken_download_may_start_anew(alice, visitor, large, engine, downloads):
    link, browser = await share(alice, limit="1"), await visitor()
    await broken(browser, path_of(link), engine)
    assert await fetch(browser, path_of(link)) == LARGE
    await fetch(browser, path_of(link), 410)
    assert await downloads() == (1, 0)


async def test_segments_of_a_download_manager_are_one_download(alice, visitor, large, downloads):
    link, browser = await share(alice, limit="1"), await visitor()
    step = 12_000_000
    ranges = [f"bytes={at}-{at + step - 1}" for at in range(0, len(LARGE), step)]
    first = await fetch(browser, path_of(link), 206, Range=ranges[0])
    rest = await asyncio.gather(
        *(fetch(browser, path_of(link), 206, Range=one) for one in ranges[1:])
    )
    assert b"".join((first, *rest)) == LARGE
    assert await downloads() == (1, 0)


@pytest.mark.parametrize("ranges", [("bytes=0-0", "bytes=1-"), ("bytes=-6", "bytes=0-4")])
async def test_pieces_add_up_to_no_more_than_twice_the_file(alice, visitor, ranges, downloads):
    await upload(alice, ("a.bin", b"hello world"))
    link, browser = await share(alice, limit="1"), await visitor()
    sent = 0
    for n in range(20):
        answer = await browser.get(content(link, 1, "a.bin"), headers={"Range": ranges[n % 2]})
        sent += len(await answer.read()) if answer.status == 206 else 0
    assert len(b"hello world") <= sent <= 2 * len(b"hello world")
    assert await downloads() == (1, 0)


async def test_a_player_looks_and_jumps(alice, visitor, downloads):
    sound = b"ID3\x04" + bytes(996)
    [made] = await upload(alice, ("song.mp3", sound))
    link, browser = await share(alice, limit="1"), await visitor()
    for asked in ("bytes=0-1", "bytes=0-", "bytes=900-", "bytes=500-"):
        await fetch(browser, content(link, 1, made["name"]), 206, Range=asked)
    assert await downloads() == (1, 0)
    await fetch(browser, content(link, 1, made["name"]), 410)


async def test_curl_goes_on_where_it_stopped(alice, large, tmp_path, downloads):
    link = await share(alice, limit="1")
    url = str(alice.make_url(path_of(link)))

    async def curl(*options):
        command = ["curl", "-sf", "-b", "jar", "-c", "jar", "-o", "large.bin", *options, url]
        process = await asyncio.create_subprocess_exec(*command, cwd=tmp_path)
        return await process.wait()

    assert await curl("--range", "0-1999999") == 0  # all of it that came before the line broke
    assert await curl("--continue-at", "-") == 0
    assert (tmp_path / "large.bin").read_bytes() == LARGE
    assert await curl() == 22  # refused: that would be another one
    assert await downloads() == (1, 0)


async def test_a_cookie_is_good_for_one_file_of_one_link(alice, visitor, downloads):
    folder = await make(alice, "top")
    await put(alice, folder, ("large.bin", b"hello"), ("b.txt", b"words"))
    link, other = [await share(alice, f"/folders/{folder}", limit="1") for _ in range(2)]
    browser = await visitor()
    answer = await browser.get(path_of(link), headers={"Range": "bytes=0-1"})
    cookie = answer.cookies["share_download"]
    assert cookie["path"] == f"{link}/1"
    assert cookie["httponly"]
    headers = {"Cookie": f"share_download={cookie.value}", "Range": "bytes=2-"}
    stranger = await visitor()
    assert await fetch(stranger, path_of(link), 206, **headers) == b"llo"
    await fetch(stranger, content(link, 2, "b.txt"), 410, **headers)
    assert await fetch(await visitor(), path_of(other), 206, **headers) == b"llo"  # counted
    assert await downloads(2) == (1, 0)


@pytest.mark.parametrize(
    "forged", ["", "1", "1.99999999999.", "1.99999999999." + "0" * 64, "\xff.\xff.\xff", "." * 300]
)
async def test_a_forged_cookie_opens_nothing(alice, visitor, file, forged):
    link = await share(alice, limit="1")
    await fetch(await visitor(), content(link))
    headers = {"Cookie": f"share_download={forged}", "Range": "bytes=2-"}
    await fetch(await visitor(), content(link), 410, **headers)


async def test_a_counted_download_ends_with_its_time(alice, visitor, file, engine, downloads):
    link, browser = await share(alice, limit="1"), await visitor()
    await fetch(browser, content(link), 206, Range="bytes=0-1")
    past = datetime.now(UTC) - timedelta(seconds=1)
    await engine.run(ShareDownload.update(expires_at=past).all_rows())
    await fetch(browser, content(link), 410, Range="bytes=2-")
    assert await actions.sweep(engine, now=datetime.now(UTC)) == 1


async def test_a_folder_comes_as_one_zip_and_counts_once(alice, visitor, downloads):
    top = await make(alice, "top")
    await put(alice, await make(alice, "low", top), ("b.txt", b"2"))
    await put(alice, top, ("a.txt", b"1"))
    link, browser = await share(alice, f"/folders/{top}", limit="1"), await visitor()
    first = await fetch(browser, f"{link}/archive", 206, Range="bytes=0-99")
    whole = first + await fetch(browser, f"{link}/archive", 206, Range="bytes=100-")
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert sorted(archive.namelist()) == ["top/a.txt", "top/low/b.txt"]
    await fetch(browser, f"{link}/archive", 410)
    await fetch(await visitor(), f"{link}/archive", 410, Range="bytes=100-")
    assert await downloads() == (1, 0)


async def test_without_a_limit_downloads_are_counted_the_same(alice, visitor, file, downloads):
    link, browser = await share(alice), await visitor()
    for headers in ({}, {"Range": "bytes=2-"}, {}):
        await fetch(browser, content(link), 206 if headers else 200, **headers)
    assert await downloads() == (2, None)
