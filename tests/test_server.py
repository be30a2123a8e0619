"""The server itself: what is sent below HTTP, slow clients, signals, and the end."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap

import pytest
from aiohttp import web

from tests.chassis import make_app
from www.server import Listener, Pace, untaken_bytes

HEAD = b"Host: localhost\r\nConnection: close\r\n"


def paced(**limits):
    """Let the listener be less patient."""
    return pytest.mark.parametrize("exchange", [Pace(**limits)], indirect=True, ids=[""])


@pytest.fixture
async def exchange(request):
    """Start a listener; return a function that sends bytes and reads the answer to its end."""
    listener = Listener(make_app(), pace=getattr(request, "param", None))
    port = await listener.start("127.0.0.1", 0)

    async def send(data, *later):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(data)
        for chunk in later:
            await asyncio.sleep(0.03)
            writer.write(chunk)
        try:
            async with asyncio.timeout(20):
                return await reader.read()
        finally:
            writer.close()

    yield send
    await listener.stop()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /%ff HTTP/1.1\r\n" + HEAD + b"\r\n", 404),
        (b"GET /items/%ff HTTP/1.1\r\n" + HEAD + b"\r\n", 200),
        (b"GET /%00 HTTP/1.1\r\n" + HEAD + b"\r\n", 404),
        (b"GET //evil.com HTTP/1.1\r\n" + HEAD + b"\r\n", 404),
        (b"GET /\0 HTTP/1.1\r\n" + HEAD + b"\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\n" + HEAD + b"\r\n", 400),
        (b"GET /%zz HTTP/1.1\r\n" + HEAD + b"\r\n", 404),
        (b"GET /a b HTTP/1.1\r\n" + HEAD + b"\r\n", 400),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n", 400),
        (b"GET /hello HTTP/1.1\r\n" + HEAD + b"X: " + b"a" * 100_000 + b"\r\n\r\n", 400),
        (b"GET /hello HTTP/1.1\r\n" + HEAD + b"X: y\r\n" * 1000 + b"\r\n", 400),
        (b"GET /hello HTTP/1.1\r\n" + HEAD + b"X: \0\r\n\r\n", 400),
        (b"get /hello HTTP/1.1\r\n" + HEAD + b"\r\n", 400),
        (b"GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        (b"GET /hello HTTP/1.1\r\nHost: a\r\n" + HEAD + b"\r\n", 400),
        (b"GET http://[evil/ HTTP/1.1\r\n" + HEAD + b"\r\n", 400),
        (b"CONNECT evil.com:443 HTTP/1.1\r\n" + HEAD + b"\r\n", 404),
        (b"OPTIONS * HTTP/1.1\r\n" + HEAD + b"\r\n", 404),
        (b"GET /hello HTTP/9.9\r\n" + HEAD + b"\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"POST /form HTTP/1.1\r\n" + HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (b"POST /form HTTP/1.1\r\n" + HEAD + b"Content-Length: 1\r\n" * 2 + b"\r\n", 400),
        (b"POST /form HTTP/1.1\r\n" + HEAD + b"Expect: banana\r\n\r\n", 417),
        (
            b"POST /form HTTP/1.1\r\n" + HEAD + b"Content-Length: 1\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (
            b"POST /form HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\nzz\r\n",
            400,
        ),
    ],
)
async def test_nonsense_on_the_wire_is_answered(exchange, data, status):
    answer = await exchange(data)
    assert int(answer.split()[1]) == status
    assert b"Content-Security-Policy" in answer
    assert b"evil" not in answer


async def test_nonsense_on_the_wire_is_no_defect(exchange, caplog):
    await exchange(b"\x00\x01\x02\r\n\r\n")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@paced(header_timeout_s=0.05)
async def test_a_slow_header_ends_the_connection(exchange):
    assert await exchange(b"GET /hello HT") == b""


@paced(header_timeout_s=0.05)
async def test_a_request_that_is_being_answered_is_no_slow_header(exchange):
    data = b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
    assert (await exchange(data + b"GET /hello HTTP/1.1\r\n" + HEAD + b"\r\n")).count(
        b"200 OK"
    ) == 2


def slow_form(chunks):
    return (
        b"POST /form HTTP/1.1\r\n" + HEAD + b"Content-Length: %d\r\n" % sum(map(len, chunks))
        + b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )  # fmt: skip


@paced(header_timeout_s=0.02, body_window_s=0.02)
async def test_a_body_that_stops_ends_the_connection(exchange):
    answer = await exchange(slow_form([b"a" * 100]) + b"a" * 10)
    assert b"200 OK" not in answer


@paced(header_timeout_s=0.02, body_window_s=0.5, min_body_bytes=1)
async def test_a_body_that_keeps_coming_is_read(exchange):
    chunks = [b"a" * 1000] * 40
    answer = await exchange(slow_form(chunks), *chunks)
    assert b"200 OK" in answer


PROGRAM = """
    import sys
    from www.app import create_app
    from www.logs import setup_logging
    from www.server import serve
    from www.settings import Settings

    import jinja2

    settings = Settings.model_validate({"server": {"host": "127.0.0.1", "port": int(sys.argv[1])}})
    setup_logging(settings.log)
    app = create_app(settings, resources=[], loader=jinja2.DictLoader({}))

    async def announce(url):
        print(url, flush=True)

    sys.exit(serve(app, settings, announce))
"""


def start(port):
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(PROGRAM), str(port)]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, stdout=pipe, stderr=pipe, text=True, env={**os.environ, "PYTHONPATH": "."}
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(number):
    with start(0) as process:
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(number)
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (0, "", "")


def test_a_port_in_use_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken, start(taken.getsockname()[1]) as process:
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "cannot listen on 127.0.0.1" in errors
    assert "Traceback" not in errors


BIG = 64 * 1024**2
"""More than all buffers between hold."""


@pytest.fixture
async def taking(request):
    """A server's connection and its client's reader, who has read the start of a large answer."""
    found = []

    async def big(request):
        found.append(request.protocol)
        return web.Response(body=bytes(BIG))

    app = web.Application()
    app.router.add_get("/big", big)
    listener = Listener(app, pace=Pace(silence_s=request.param))
    port = await listener.start("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**16)
    writer.write(b"GET /big HTTP/1.1\r\n" + HEAD + b"\r\n")
    await reader.readuntil(b"\r\n\r\n")
    yield found[0], reader
    writer.close()
    await listener.stop()


@pytest.mark.parametrize("taking", [0.2], indirect=True)
async def test_a_client_that_takes_nothing_is_cut_off(taking):
    protocol, reader = taking
    async with asyncio.timeout(30):
        while protocol.transport is not None:  # noqa: ASYNC110  (the server gives it up)
            await asyncio.sleep(0.01)
    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        for _ in range(BIG // 1024):
            await reader.readexactly(1024)


@pytest.mark.parametrize("taking", [10_000.0], indirect=True)
async def test_a_client_that_takes_little_is_not_cut_off(taking):
    """Each time it took something since the last look, which was long ago."""
    protocol, reader = taking
    transport = protocol.transport
    for _ in range(8):
        protocol._untaken, protocol._untaken_since = untaken_bytes(transport), -20_000.0
        async with asyncio.timeout(30):
            while untaken_bytes(transport) == protocol._untaken:
                await reader.readexactly(1024)
                await asyncio.sleep(0)
        protocol._check_taking()
        assert not transport.is_closing()
    protocol._untaken_since = -20_000.0
    while untaken_bytes(transport) != protocol._untaken:  # the kernel is still at it
        protocol._untaken = untaken_bytes(transport)
        await asyncio.sleep(0.1)
    protocol._check_taking()
    assert transport.is_closing()
