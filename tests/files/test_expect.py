"""What a client hears that asks before it sends, as curl does with everything large."""

import asyncio

import pytest

from tests.files.door import BOUNDARY, body_of


@pytest.fixture
async def ask(client):
    """Send nothing but the header of an upload; return the status, and where to go on."""
    opened = []

    async def asking(path, length, cookie="", kind=f"multipart/form-data; boundary={BOUNDARY}"):
        reader, writer = await asyncio.open_connection(client.host, client.port)
        opened.append(writer)
        lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {kind}"]
        lines += [f"Content-Length: {length}", "Expect: 100-continue", "Accept: application/json"]
        lines += [f"Cookie: {cookie}"] if cookie else []
        writer.write("\r\n".join([*lines, "", ""]).encode())
        return await status(reader), reader, writer

    yield asking
    for writer in opened:
        writer.close()


async def status(reader):
    async with asyncio.timeout(10):
        line = await reader.readline()
        while (await reader.readline()).strip() and b" 100 " in line:
            pass
    return int(line.split()[1])


def cookie_of(actor):
    cookies = actor.session.cookie_jar.filter_cookies(actor.make_url("/"))
    return "; ".join(f"{one.key}={one.value}" for one in cookies.values())


async def test_it_is_asked_for_a_body_that_is_wanted(alice, ask):
    body = body_of(("a.txt", b"hello"))
    heard, reader, writer = await ask("/upload", len(body), cookie_of(alice))
    assert heard == 100
    writer.write(body)
    assert await status(reader) == 201


async def test_it_refuses_strangers_before_the_body(ask):
    assert (await ask("/upload", 10**9))[0] == 401


async def test_it_refuses_readers_before_the_body(bob, ask):
    assert (await ask("/upload", 10**9, cookie_of(bob)))[0] == 403


async def test_it_refuses_what_is_too_long_before_the_body(alice, ask):
    assert (await ask("/upload", 10**13, cookie_of(alice)))[0] == 413


async def test_it_refuses_other_types_before_the_body(alice, ask):
    assert (await ask("/upload", 10**6, cookie_of(alice), "text/plain"))[0] == 415


async def test_small_forms_are_asked_for_too(ask):
    kind = "application/x-www-form-urlencoded"
    heard, reader, writer = await ask("/login", 20, kind=kind)
    assert heard == 100
    writer.write(b"name=nobody&password")
    assert await status(reader) == 422
