"""Small files that are asked for again: the same bytes, and nothing that has changed meanwhile."""

import asyncio
import logging
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.files.door import upload
from tests.files.test_visibility import change
from tests.pictures import samples
from www import keys
from www.app import create_app
from www.db import StoredRow
from www.files.again import Sent, SentFiles
from www.models import File, Session
from www.ready import Kept
from www.server import Listener
from www.storage import LocalStorage

VARYING = re.compile(rb"(Date|X-Request-ID): ([^\r]+)")


def length(header):
    return int(header.partition(b"Content-Length: ")[2].split(b"\r")[0])


async def raw(client, target, *lines, version="1.1"):
    """Return the header and the body of an answer as they came over the wire."""
    server = client.server
    reader, writer = await asyncio.open_connection(server.host, server.port)
    head = (f"GET {target} HTTP/{version}", f"Host: {server.host}:{server.port}")
    writer.write("\r\n".join([*head, *lines, "", ""]).encode())
    header = await reader.readuntil(b"\r\n\r\n")
    body = await reader.read() if version == "1.0" else await reader.readexactly(length(header))
    writer.close()
    return header, body


def normal(answer):
    return VARYING.sub(rb"\1: *", answer[0]), answer[1]


def is_kept(client, file):
    """Tell whether the next answer goes out with the header of the last one."""
    sent = client.app[keys.sent]._sent.get(file["id"])
    return sent is not None and bool(sent.kept.headers)


@pytest.mark.parametrize(
    "settings", [{"server": {"trusted_proxies": ["127.0.0.1/32"]}}], indirect=True
)
@pytest.mark.parametrize("name", ["a.txt", "图 片.md", 'it\'s 100%s "{}".bin', "мир.html", "a.png"])
async def test_the_next_answer_is_the_first_byte_for_byte(alice, client, name):
    content = samples.png() if name == "a.png" else os.urandom(10_240)
    [file] = await upload(alice, (name, content))
    for proto in ("http", "https", "http"):
        line = f"X-Forwarded-Proto: {proto}"
        first, *again = [await raw(client, file["url"], line) for _ in range(4)]
        assert {normal(answer) for answer in again} == {normal(first)}
        assert (b"Strict-Transport-Security" in first[0]) == (proto == "https")
    assert is_kept(client, file)
    first = await raw(client, file["url"])
    given = await raw(client, file["url"], "X-Request-ID: from-the-proxy")
    assert normal(given) == normal(first)
    assert b"X-Request-ID: from-the-proxy\r\n" in given[0]


async def test_the_next_answer_has_a_date_and_an_id_of_its_own(alice, client):
    file = await hot(client, actor=alice)
    lines = [dict(VARYING.findall((await raw(client, file["url"]))[0])) for _ in range(3)]
    assert len({line[b"X-Request-ID"] for line in lines}) == 3
    for line in lines:
        date = parsedate_to_datetime(line[b"Date"].decode())
        assert abs((datetime.now(UTC) - date).total_seconds()) < 5


async def hot(client, content=b"hello", name="a.txt", actor=None):
    """Store a file whose next answer goes out with a kept header."""
    [file] = await upload(actor, (name, content))
    for _ in range(2):
        assert await (await client.get(file["url"])).read() == content
    assert is_kept(client, file)
    return file


async def test_a_closing_connection_is_told(alice, client):
    file = await hot(client, actor=alice)
    for lines, version in ((("Connection: close",), "1.1"), ((), "1.0")):
        header, body = await raw(client, file["url"], *lines, version=version)
        assert body == b"hello"
        assert (b"Connection: close" in header) == (version == "1.1")
    assert b"Connection" not in (await raw(client, file["url"]))[0]


@pytest.mark.parametrize(
    ("method", "headers", "status", "body"),
    [
        ("GET", {}, 200, b"hello"),
        ("HEAD", {}, 200, b""),
        ("GET", {"Range": "bytes=1-2"}, 206, b"el"),
        ("GET", {"Range": "bytes=9-"}, 416, b""),
        ("GET", {"If-None-Match": "*"}, 304, b""),
        ("GET", {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304, b""),
        ("GET", {"If-Match": '"x"'}, 412, None),
        ("GET", {"If-Unmodified-Since": "Fri, 01 Jan 2010 00:00:00 GMT"}, 412, None),
        ("GET", {"Content-Encoding": "gzip"}, 415, None),
        ("GET", {"If-Range": '"x"'}, 200, b"hello"),
    ],
)
async def test_conditions_and_ranges_are_met(alice, client, method, headers, status, body):
    file = await hot(client, actor=alice)
    answer = await client.request(method, file["url"], headers=headers)
    assert answer.status == status
    assert body is None or await answer.read() == body


async def test_what_is_closed_or_deleted_is_gone_with_the_change(alice, bob, client):
    file = await hot(client, actor=alice)
    await change(alice, file, visibility="private")
    assert [(await a.get(file["url"])).status for a in (alice, bob, client)] == [200, 404, 404]
    await change(alice, file, visibility="public")
    assert [(await a.get(file["url"])).status for a in (alice, bob, client)] == [200, 200, 200]
    await alice.post(f"/files/{file['id']}/delete")
    assert [(await a.get(file["url"])).status for a in (alice, bob, client)] == [404, 404, 404]


async def test_a_private_file_is_never_kept(alice, admin, client):
    [file] = await upload(alice, ("a.txt", b"hello"))
    await change(alice, file, visibility="private")
    for actor in (alice, admin):
        assert (await actor.get(file["url"])).status == 200
    assert not is_kept(client, file)
    assert (await client.get(file["url"])).status == 404


async def test_a_former_name_leads_to_the_present_one(alice, client):
    file = await hot(client, actor=alice)
    await change(alice, file, name="新.txt")
    answer = await client.get(file["url"], allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (301, "/files/1/%E6%96%B0.txt")
    found = await client.get("/files/1/新.txt")
    assert "%E6%96%B0.txt" in found.headers["Content-Disposition"]
    assert (await client.get("/files/1/other.txt")).status == 404


async def test_another_content_under_the_same_number_is_sent(alice, client, engine):
    file = await hot(client, actor=alice)
    [other] = await upload(alice, ("b.txt", b"other"))
    change = File.update(sha256=other["sha256"]).where(File.id == file["id"])
    await engine.run(change)
    answer = await client.get(file["url"])
    assert await answer.read() == b"other"
    assert answer.headers["ETag"] == f'"{other["sha256"]}"'


@pytest.mark.parametrize("owner_first", [True, False])
async def test_nobody_gets_the_metadata_of_the_owners_picture(alice, bob, client, owner_first):
    [file] = await upload(alice, ("a.jpg", samples.jpeg()))
    order = [alice, bob, client] if owner_first else [client, bob, alice]
    for _ in range(2):
        for actor in order:
            content = await (await actor.get(file["url"])).read()
            assert (samples.SECRET in content) == (actor is alice)


@pytest.mark.parametrize("settings", [{"limits": {"download_bytes_per_s": 10_000}}], indirect=True)
async def test_a_limit_of_speed_holds_for_what_is_asked_again(alice, client):
    [file] = await upload(alice, ("a.txt", os.urandom(3_000)))
    started = asyncio.get_running_loop().time()
    for _ in range(3):
        await (await client.get(file["url"])).read()
    assert not is_kept(client, file)
    assert asyncio.get_running_loop().time() - started > 0.5


async def test_a_session_is_prolonged_with_a_kept_answer(alice, client, engine):
    file = await hot(client, actor=alice)
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    await engine.run(Session.update(seen_at=long_ago).all_rows())
    answer = await alice.get(file["url"])
    assert "session=" in answer.headers["Set-Cookie"]
    assert await answer.read() == b"hello"
    assert "Set-Cookie" not in (await client.get(file["url"])).headers


async def test_every_answer_is_counted_and_logged(alice, settings, caplog):
    [file] = await upload(alice, ("a.txt", b"hello"))
    caplog.set_level(logging.INFO, "www.access")
    [token] = [cookie.value for cookie in alice.session.cookie_jar]
    listener = Listener(app := create_app(settings))
    url = f"http://127.0.0.1:{await listener.start('127.0.0.1', 0)}{file['url']}"
    async with ClientSession(cookies={"session": token}) as session:
        for _ in range(5):
            assert await (await session.get(url)).read() == b"hello"
    text = app[keys.metrics].text().decode()
    await listener.stop()
    lines = [one.fields for one in caplog.records if one.name == "www.access"]
    same = {(f["path"], f["status"], f["bytes"], f["user"], f["address"]) for f in lines}
    [(path, status, size_bytes, user, address)] = same
    assert (path, status, user, address) == (file["url"], 200, alice.user.id, "127.0.0.1")
    assert size_bytes > 5
    assert len({fields["request_id"] for fields in lines}) == 5
    counted = r'_count\{method="GET",route="files.download",status="200"\} 5.0'
    assert re.search(counted, text)


@pytest.fixture
async def other_process(settings, database, client):
    """Return the address of one more server process on the same database and data folder."""
    environ = {f"WWW_DB__{name.upper()}": str(value) for name, value in database.items()}
    environ |= {"WWW_DATA": str(settings.data), "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-m", "www", "serve", "--host", "127.0.0.1", "--port", "0"]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=settings.data, env={**os.environ, **environ}, stdout=-1, stderr=-3
    )
    assert process.stdout is not None
    async with asyncio.timeout(20):
        while not (found := re.search(rb"Serving on (\S+)", await process.stdout.readline())):
            assert not process.stdout.at_eof(), "the other process has ended"
    yield found[1].decode()
    process.terminate()
    await process.wait()


async def test_a_change_by_another_process_counts_at_once(alice, client, other_process):
    file = await hot(client, actor=alice)
    async with ClientSession() as session:

        async def status():
            async with session.get(other_process + file["url"], allow_redirects=False) as answer:
                await answer.read()
                return answer.status

        for _ in range(20):
            await change(alice, file, visibility="public")
            assert [await status() for _ in range(3)] == [200] * 3
            await change(alice, file, visibility="private")
            assert await status() == 404
        await change(alice, file, name="b.txt", visibility="public")
        assert await status() == 301
        await alice.post(f"/files/{file['id']}/delete")
        assert await status() == 404


def test_the_answers_that_are_kept_are_bounded(tmp_path):
    sent, storage = SentFiles(most=2), LocalStorage(tmp_path)
    rows: dict[int, StoredRow[File]] = {id: StoredRow((id,)) for id in (1, 2, 3)}
    made = {id: Sent(rows[id], "a", None, Kept({}), storage, "", 1) for id in rows}
    for id in (1, 2):
        sent.keep(id, made[id])
    assert sent.find(1, rows[1]) is made[1]
    sent.keep(3, made[3])
    assert [sent.find(id, rows[id]) for id in rows] == [made[1], None, made[3]]
    assert sent.find(1, rows[2]) is None
