"""Large answers on real sockets: whole, in turn, at a pace, and given up."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.files.door import until
from www.files import sending
from www.settings import Settings

CONTENT = os.urandom(5_000_003)
QUERY = f"name=a.bin&type=application/octet-stream&size={len(CONTENT)}"


@pytest.fixture(params=["sendfile", "chunks"])
def way(request, monkeypatch):
    """Both ways out; the first one only where the kernel has it."""
    if request.param == "chunks":
        monkeypatch.setattr(sending, "_can_probe", lambda _fd: False)
    used, kernels = [], os.sendfile

    def counted(*args):
        used.append(args)
        return kernels(*args)

    monkeypatch.setattr(os, "sendfile", counted)
    yield request.param
    assert bool(used) == (request.param == "sendfile")


@pytest.fixture
async def path(storage):
    incoming = await storage.begin()
    await incoming.write(CONTENT)
    return f"/{(await incoming.commit()).sha256}?{QUERY}"


def asking(path, *headers):
    lines = [f"GET {path} HTTP/1.1", "Host: x", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


async def answer(reader):
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = int(head.lower().partition("content-length: ")[2].split()[0])
    return head, await reader.readexactly(length)


async def test_a_connection_takes_many_requests(way, bare, path, address):
    reader, writer = await asyncio.open_connection(*address[:2])
    for offset in (0, 1, 4_000_000):
        writer.write(asking(path, f"Range: bytes={offset}-"))
        assert (await answer(reader))[1] == CONTENT[offset:]
    writer.close()


async def test_answers_to_a_pipeline_come_in_turn(way, path, address):
    reader, writer = await asyncio.open_connection(*address[:2], limit=2**16)
    ranges = ["bytes=0-", "bytes=5-9", "bytes=1000000-", "bytes=-5", "bytes=7-"]
    writer.write(b"".join(asking(path, f"Range: {one}") for one in ranges))
    for start, end in ((0, None), (5, 10), (1_000_000, None), (-5, None), (7, None)):
        assert (await answer(reader))[1] == CONTENT[start:end]
    writer.close()


async def test_several_large_ranges_come_in_one_body(way, path, address):
    reader, writer = await asyncio.open_connection(*address[:2])
    writer.write(asking(path, "Range: bytes=3000000-,0-999999"))
    head, body = await answer(reader)
    assert "206 Partial Content" in head
    assert "content-range" not in head.lower()
    boundary = head.partition("multipart/byteranges; boundary=")[2].split()[0].encode()
    first, second, end = body.split(b"--" + boundary)[1:]
    size = len(CONTENT)
    assert b"Content-Range: bytes 3000000-%d/%d\r\n" % (size - 1, size) in first
    assert first.partition(b"\r\n\r\n")[2] == CONTENT[3_000_000:] + b"\r\n"
    assert b"Content-Range: bytes 0-999999/%d\r\n" % size in second
    assert second.partition(b"\r\n\r\n")[2] == CONTENT[:1_000_000] + b"\r\n"
    assert end == b"--\r\n"
    writer.close()


async def test_small_ranges_come_in_one_body(bare, path):
    got = await bare.get(path, headers={"Range": "bytes=0-1,1000-1001"})
    assert got.headers["Content-Type"].startswith("multipart/byteranges; boundary=")
    assert b"Content-Type: application/octet-stream\r\n" in await got.read()


async def test_a_slow_reader_gets_everything_and_holds_nobody_up(way, bare, path, address):
    reader, writer = await asyncio.open_connection(*address[:2], limit=2**16)
    writer.write(asking(path))
    await reader.read(1)  # and no more: the socket and the buffers fill up
    assert (await bare.get(path, headers={"Range": "bytes=0-9"})).status == 206
    rest = await reader.readuntil(b"\r\n\r\n")
    assert b"200 OK" in rest
    assert await reader.readexactly(len(CONTENT)) == CONTENT
    writer.close()


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_it_lets_go_when_the_client_leaves(way, path, address, how):
    before = descriptors()
    reader, writer = await asyncio.open_connection(*address[:2], limit=2**16)
    writer.write(asking(path) * 8)  # more than all buffers hold
    await reader.read(100)
    {"close": writer.close, "abort": writer.transport.abort}[how]()
    await until(lambda: descriptors() <= before)


@pytest.mark.parametrize("way", ["sendfile"], indirect=True)
async def test_it_looks_whether_the_transport_has_given_up(way, path, address, monkeypatch):
    """A client that has nothing more to say is gone for aiohttp; our descriptor must follow."""
    monkeypatch.setattr(sending, "_LOOK_S", 0.05)
    before = descriptors()
    reader, writer = await asyncio.open_connection(*address[:2], limit=2**16)
    writer.write(asking(path) * 8)
    await reader.read(100)
    writer.write_eof()
    await until(lambda: descriptors() <= before + 1)  # the client's own is still open
    writer.close()


async def test_a_stopping_server_lets_go(way, bare_app, path, aiohttp_server):
    server = await aiohttp_server(bare_app, shutdown_timeout=0.1)
    before = descriptors()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=2**16)
    writer.write(asking(path) * 8)
    await reader.read(100)
    await server.close()
    writer.close()
    await until(lambda: descriptors() <= before)


async def test_what_is_not_in_memory_is_read_beside_the_loop(way, bare, path, monkeypatch):
    monkeypatch.setattr(sending, "_is_cached", lambda *_: False)
    assert await (await bare.get(path)).read() == CONTENT


async def test_what_is_shorter_than_promised_breaks_the_connection(way, bare, path, address):
    reader, writer = await asyncio.open_connection(*address[:2])
    longer = path.replace(str(len(CONTENT)), str(len(CONTENT) + 1))
    writer.write(asking(longer))
    await reader.readuntil(b"\r\n\r\n")
    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        await reader.readexactly(len(CONTENT) + 1)
    writer.close()


class TestPace:
    """A connection that may send 2 MB in a second."""

    @pytest.fixture
    def bare_settings(self):
        return Settings.model_validate({"limits": {"download_bytes_per_s": 2_000_000}})

    @pytest.fixture
    def slept(self, monkeypatch):
        """Take the waits instead of waiting."""
        waits = []
        now = [0.0]
        sleep = asyncio.sleep

        async def take(seconds):
            waits.append(seconds)
            now[0] += seconds
            await sleep(0)

        monkeypatch.setattr(sending, "_now", lambda: now[0])
        monkeypatch.setattr(sending, "_pause", take)
        return waits

    async def test_it_sends_as_fast_as_it_may(self, way, bare, path, slept):
        assert await (await bare.get(path)).read() == CONTENT
        assert 2.3 < sum(slept) < 2.6
        assert max(slept) <= 0.051  # smoothly

    @pytest.mark.parametrize("size", [1000, 90_000, 250_000])
    async def test_requests_of_one_connection_share_it(self, bare, path, slept, size):
        for _ in range(8):
            got = await bare.get(path, headers={"Range": f"bytes=0-{size - 1}"})
            assert await got.read() == CONTENT[:size]
        assert sum(slept) == pytest.approx(8 * size / 2_000_000, abs=0.06)

    async def test_it_waits_in_real_time(self, bare, path):
        loop = asyncio.get_running_loop()
        started = loop.time()
        await (await bare.get(path, headers={"Range": "bytes=0-499999"})).read()
        assert loop.time() - started > 0.2  # a quarter of a second, but for the first step


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
async def test_curl_goes_on_where_it_broke_off(bare, path, tmp_path):
    out = tmp_path / "out"
    out.write_bytes(CONTENT[:3_333_333])
    url = str(bare.make_url("/")) + path.lstrip("/")
    command = ["curl", "-sf", "-C", "-", "-o", str(out), url]
    await asyncio.to_thread(subprocess.run, command, check=True)
    assert out.read_bytes() == CONTENT
