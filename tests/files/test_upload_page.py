import asyncio
import re
from datetime import UTC, datetime
from html import unescape

import pytest

from tests.files.door import BOUNDARY, JSON, body_of, kept, send, sha256, until, upload
from www import keys
from www.errors import QuotaExceeded, Unavailable
from www.files import actions
from www.files.upload import Received
from www.models import File

SMALL = {"limits": {"upload_bytes": 1000, "quota_bytes": 1500}}
small = pytest.mark.parametrize("settings", [SMALL], indirect=True)


async def nothing_stored(actor):
    return kept(actor) == {} and await actor.app[keys.engine].count(File.select()) == 0


async def test_it_shows_a_form(alice):
    page = await (await alice.get("/upload")).text()
    assert re.search(r'<form action="/upload" method="post" enctype="multipart/form-data"', page)


async def test_it_leads_a_browser_to_the_list(alice):
    answer = await send(alice, ("a.txt", b"hello"))
    assert (answer.status, answer.headers["Location"]) == (303, "/files?notice=uploaded")
    page = await (await alice.get("/files?notice=uploaded")).text()
    assert "Uploaded." in page
    assert 'href="/files/1/a.txt"' in page


async def test_it_describes_files_to_a_program(alice):
    first, second = await upload(alice, ("a.txt", b"hello"), ("图 1.png", b"x" * 70_000))
    expected = {"id": 1, "url": "/files/1/a.txt", "name": "a.txt", "size": 5}
    assert {**first, **expected, "sha256": sha256(b"hello"), "folder": None} == first
    assert second["url"] == "/files/2/%E5%9B%BE%201.png"
    assert await (await alice.get(second["url"])).read() == b"x" * 70_000


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("报告（终稿）.pdf", "报告（终稿）.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a b.txt", "a b.txt"),
        ("q\"uote;'.txt", "q\"uote;'.txt"),
        ("100% {sure} #1?&+=~@:[x].txt", "100% {sure} #1?&+=~@:[x].txt"),
        ("%2e%2e%2fa%00.txt", "%2e%2e%2fa%00.txt"),
        ("<script>alert(1)</script>.png", "script>.png"),
        ("e\u0301.txt", "\u00e9.txt"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("delete", "delete_"),
    ],
)
async def test_a_name_survives_harmlessly(alice, given, name):
    [file] = await upload(alice, (given, b"hello"))
    assert file["name"] == name
    answer = await alice.get(file["url"], allow_redirects=False)
    assert (answer.status, await answer.read()) == (200, b"hello")
    assert name in unescape(await (await alice.get("/files")).text())


async def test_a_file_without_a_name_gets_one_that_nobody_guesses(alice):
    files = await upload(alice, ("..", b"hello"), ("/", b"hello"))
    names = [file["name"] for file in files]
    assert all(re.fullmatch(r"file-[0-9a-hjkmnp-tv-z]{8}", name) for name in names)
    assert names[0] != names[1]


async def test_equal_contents_are_kept_once(alice):
    await upload(alice, ("a.txt", b"hello"), ("b.txt", b"hello"))
    assert kept(alice) == {sha256(b"hello"): b"hello"}


async def test_it_requires_login_before_the_body(server):
    """The answer comes although nearly all of the body never does."""
    url = server.make_url("/")
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(
        b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n"
        b"Content-Type: multipart/form-data; boundary=%b\r\n\r\n--" % BOUNDARY.encode()
    )
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    assert head.startswith(b"HTTP/1.1 303 ")
    assert b"\r\nLocation: /login\r\n" in head
    writer.close()


async def test_it_requires_login_of_programs(client):
    assert (await send(client, ("a.txt", b"x"), **JSON)).status == 401
    assert await nothing_stored(client)


async def test_it_is_for_authors(bob):
    assert (await bob.get("/upload")).status == 403
    assert (await send(bob, ("a.txt", b"x"))).status == 403
    assert await nothing_stored(bob)


async def test_it_refuses_other_sites(alice):
    answer = await send(alice, ("a.txt", b"x"), **{"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 403
    assert await nothing_stored(alice)


@small
async def test_it_refuses_a_large_file(alice):
    answer = await send(alice, ("small.txt", b"x"), ("图.txt", b"x" * 1001))
    assert answer.status == 413
    page = await answer.text()
    assert "The file “图.txt” is larger than 1 kB" in page
    assert 'type="file"' in page
    assert await nothing_stored(alice)


@small
async def test_it_keeps_the_quota(alice):
    await upload(alice, ("a.txt", b"a" * 1000))
    answer = await send(alice, ("b.txt", b"b" * 501), **JSON)
    assert answer.status == 413
    assert answer.content_type == "application/problem+json"
    detail = (await answer.json())["detail"]
    figures = r"only 500.B are left, as 1.kB of 1\.5.kB are taken\."
    assert re.fullmatch(r"[67]\d\d.B will not fit: " + figures, detail)  # with what wraps the file
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}

    async def chunked():  # so that nobody knows how much it will be
        yield body_of(("b.txt", b"b" * 501))

    answer = await alice.post("/upload", data=chunked(), headers={**JSON, **kind})
    assert re.fullmatch(f"This will not fit: {figures}", (await answer.json())["detail"])
    await upload(alice, ("b.txt", b"b" * 500))
    assert len(kept(alice)) == 2


@small
@pytest.mark.parametrize("size", [1001, 5_000_000])
async def test_it_names_the_limit_of_a_file_before_the_quota(alice, size):
    await upload(alice, ("a.txt", b"a" * 1000))
    page = await (await send(alice, ("b.txt", b"b" * size))).text()
    both = r"A file may have at most 1.kB, and you have 500.B left\."
    assert re.search(rf"is larger than 1.kB\.|{both}" if size < 2000 else both, page)
    assert len(kept(alice)) == 1


@small
async def test_parallel_uploads_keep_the_quota(alice):
    """All of them begin before the first one is complete, and two have space on the disk."""
    begun = []

    async def slowly(number, body):
        begun.append(number)
        await until(lambda: len(begun) == 4)
        yield body[:-1]
        await until(lambda: len(kept(alice)) == 2)
        yield body[-1:]

    bodies = [body_of((f"{n}", b"%d" % n * 700)) for n in range(4)]
    sent = (send(alice, body=slowly(n, body)) for n, body in enumerate(bodies))
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status for answer in answers) == [303, 303, 413, 413]
    assert len(kept(alice)) == 2
    assert await alice.app[keys.engine].count(File.select()) == 2


@small
async def test_a_refused_upload_gives_its_space_back(alice):
    broken = body_of(("a", b"a" * 900))[:-5]
    assert (await send(alice, body=broken)).status == 400
    await upload(alice, ("a", b"a" * 900), ("b", b"b" * 600))


@small
async def test_what_another_server_was_quicker_with_leaves_nothing(alice, engine):
    """The quota is taken elsewhere, after this upload was let in and before its rows."""

    async def slowly(body):
        yield body[:-1]
        await until(lambda: kept(alice))
        await engine.insert(
            File(owner_id=alice.user.id, name="x", content_type="x", size=1500, sha256="0" * 64)
        )
        yield body[-1:]

    files = body_of(("a", b"a" * 700), ("b", b"b" * 700))
    assert (await send(alice, body=slowly(files), **JSON)).status == 413
    assert kept(alice) == {}


@small
async def test_it_withdraws_nothing_that_another_row_needs(alice, admin, engine):
    await upload(admin, ("theirs", b"a" * 700))

    async def slowly(body):
        yield body[:-1]
        await until(lambda: len(kept(alice)) > 1)
        await engine.insert(
            File(owner_id=alice.user.id, name="x", content_type="x", size=1500, sha256="0" * 64)
        )
        yield body[-1:]

    assert (await send(alice, body=slowly(body_of(("a", b"a" * 700))), **JSON)).status == 413
    assert kept(alice) == {sha256(b"a" * 700): b"a" * 700}


async def test_two_servers_keep_the_quota(alice, engine):
    """They share a database and know nothing of each other's uploads."""
    owner_id = alice.user.id

    async def add(number):
        received = Received(f"{number}", "text/plain", f"{number}" * 64, 700)
        async with engine.transaction() as conn:
            await actions.add(
                conn, [received], owner_id=owner_id, quota_bytes=1500, now=datetime.now(UTC)
            )

    done = await asyncio.gather(*(add(n) for n in range(4)), return_exceptions=True)
    assert [type(error) for error in done if error] == [QuotaExceeded] * 2


@pytest.mark.parametrize("settings", [{"storage": {"min_free_bytes": 2**53}}], indirect=True)
async def test_it_leaves_space_to_the_database(alice):
    assert (await send(alice, ("a.txt", b"hello"), **JSON)).status == 507
    assert await nothing_stored(alice)


async def test_it_says_when_to_try_again(alice, app):
    def start():
        raise Unavailable

    app[keys.storage].start = start
    answer = await send(alice, ("a.txt", b"hello"))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"file=x", 415),
        ({"Content-Type": "application/json"}, b"{}", 415),
        ({"Content-Encoding": "gzip"}, b"\x1f\x8b", 415),
        ({}, b"nonsense", 400),
        ({}, body_of(("a.txt", b"hello"))[:-20], 400),
        ({}, body_of(), 422),
        ({}, body_of(("", b"")), 422),
        ({}, body_of(("a.txt", b"x")).replace(b'"file"', b'"other"'), 400),
    ],
)
async def test_it_refuses_other_bodies(alice, headers, body, status):
    answer = await send(alice, body=body, **headers)
    assert answer.status == status
    assert (await send(alice, body=body, **headers, **JSON)).status == status
    assert await nothing_stored(alice)


async def test_it_says_that_a_file_is_missing(alice):
    page = await (await send(alice, body=body_of(("", b"")))).text()
    assert "Please choose a file." in page
    assert 'aria-invalid="true"' in page


async def test_a_broken_upload_leaves_nothing(alice, server):
    token = next(iter(alice.session.cookie_jar)).value
    body = body_of(("a.bin", b"x" * 3_000_000))
    head = (
        f"POST /upload HTTP/1.1\r\nHost: a\r\nCookie: session={token}\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
    url = server.make_url("/")
    _, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(head.encode() + body[:2_000_000])
    await until(lambda: kept(alice))
    writer.close()
    await until(lambda: not kept(alice))
    assert await nothing_stored(alice)


async def test_it_says_which_text_is_not_utf8(alice):
    broken = b'--%b\r\nContent-Disposition: form-data; name="title"\r\n\r\n\xff\r\n'
    answer = await send(alice, body=broken % BOUNDARY.encode() + body_of(("a", b"1")))
    assert answer.status == 400
    assert "“title”" in await answer.text()
