"""Large bodies: read from the socket by a thread, or step by step; what came is never lost."""

import asyncio
import contextlib
import hashlib
import threading
import time

import pytest
from aiohttp import ClientConnectionError

from tests.files.door import kept, send, sha256, until
from tests.uploads.door import CONTENT, checksum, noise, staged
from www import keys
from www.uploads.staged import Staged

MIB = 1024 * 1024
LENT = {"lent", "small"}  # threads to which sockets are lent


@pytest.fixture(params=["lent", "portable"])
def way(request, app, server):
    """Bodies come by the socket itself, or (as with TLS) by aiohttp's stream."""
    if request.param == "portable":
        app[keys.bodies].large_bytes = 2**60
    return request.param


@pytest.fixture
def threads(monkeypatch):
    """The kinds of threads in which bytes were written."""
    seen = set()

    def feed(staged_file, chunk, unchanged=Staged.feed):
        seen.add(threading.current_thread().name.partition("_")[0])
        unchanged(staged_file, chunk)

    monkeypatch.setattr(Staged, "feed", feed)
    return seen


class Sending:
    """One connection that brings a part of a body when it is told to."""

    def __init__(self, actor, method, path, length, **headers):
        [cookie] = [c for c in actor.session.cookie_jar if c.key == "session"]
        lines = {
            "Host": f"127.0.0.1:{actor.port}",
            "Cookie": f"session={cookie.value}",
            "Tus-Resumable": "1.0.0",
            "Content-Type": CONTENT,
            "Content-Length": length,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
        self.head, self.port = f"{method} {path} HTTP/1.1\r\n{text}\r\n".encode(), actor.port

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(self.head)
        return self

    async def __aexit__(self, *_):
        self.writer.transport.abort()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def ended(self):
        """Wait for the end of the connection, which is no answer."""
        with contextlib.suppress(ConnectionError):
            assert await self.reader.read() == b""

    async def cut(self):
        """Wait for the end of the connection; a server that is quick says why."""
        with contextlib.suppress(ConnectionError):
            assert (await self.reader.read())[:13] in {b"", b"HTTP/1.1 400 "}

    async def trickle(self, data, rate=2 * MIB):
        """Send steadily, until the connection ends."""
        for at in range(0, len(data), rate // 50):
            await self.send(data[at : at + rate // 50])
            await asyncio.sleep(1 / 50)


def patching(actor, address, offset, length, **headers):
    path = f"/uploads/{address[-32:]}"
    return Sending(actor, "PATCH", path, length, Upload_Offset=offset, **headers)


@pytest.mark.parametrize("size", [2 * MIB - 1, 5 * MIB + 17])
async def test_it_gives_back_every_byte(tus, alice, way, threads, size):
    content = noise(size)
    address = await tus.begin(size, content[:1000])
    answer = await tus.append(address, 1000, content[1000:])
    assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(size))
    assert kept(alice) == {sha256(content): content}
    assert bool(threads & LENT) == (way == "lent")
    assert threads <= {*LENT, "body"}


async def test_creation_brings_much_too(tus, draft, alice, way, threads):
    first, second = noise(2 * MIB), noise(3 * MIB)
    assert (await tus.create(len(first), first)).status == 201
    assert (await draft.create(second, ends=True)).status == 201
    assert kept(alice) == {sha256(first): first, sha256(second): second}
    assert bool(threads & LENT) == (way == "lent")


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("sent", [100_000, 3 * MIB + 5])
async def test_a_cut_connection_keeps_what_arrived(tus, alice, sent):
    """To the last byte, where the client has ended the connection as it should."""
    content = noise(5 * MIB)
    address = await tus.begin(len(content))
    async with patching(alice, address, 0, len(content)) as sending:
        await sending.send(content[:sent])
        sending.writer.write_eof()
        await sending.cut()
    await until(lambda: not tus.is_held(address))
    assert await tus.offset(address) == sent
    assert "File-Location" in (await tus.append(address, sent, content[sent:])).headers
    assert kept(alice) == {sha256(content): content}


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("silent", [True, False])
async def test_it_is_taken_over_in_the_middle(tus, alice, app, silent):
    """From a client that has died, and from one that sends as quickly as it can."""
    content = noise(4 * MIB) if silent else noise(64 * MIB)
    address = await tus.begin(len(content))
    async with patching(alice, address, 0, len(content)) as sending:
        task = asyncio.create_task(sending.send(content[: 2 * MIB] if silent else content))
        await until(lambda: sum(map(len, staged(alice).values())) > MIB // 2)
        offset = await tus.offset(address)
        assert MIB // 2 < offset < len(content)
        with contextlib.suppress(OSError):
            await task
        await sending.ended()
    assert "File-Location" in (await tus.append(address, offset, content[offset:])).headers
    assert set(kept(alice)) == {sha256(content)}
    assert app[keys.bodies].lent == 0


async def test_it_is_taken_over_from_a_client_that_is_quicker_than_the_disk(
    tus, alice, app, monkeypatch
):
    """Always more has arrived than is written: not all of that is waited for."""

    def feed(staged_file, chunk, unchanged=Staged.feed):
        time.sleep(0.1)
        unchanged(staged_file, chunk)

    content = bytes(48 * MIB)
    address = await tus.begin(len(content))
    monkeypatch.setattr(Staged, "feed", feed)
    async with patching(alice, address, 0, len(content)) as sending:
        task = asyncio.create_task(sending.send(content))
        await until(lambda: sum(map(len, staged(alice).values())) > MIB)
        assert await tus.offset(address) < len(content)
        await sending.ended()
        with contextlib.suppress(OSError):
            await task
    assert app[keys.bodies].lent == 0


async def test_what_came_counts_also_where_it_is_interrupted_first(tus, alice, app):
    """So clients that take an upload from each other all the time come to its end."""
    small, content = app[keys.bodies].small, noise(MIB)
    address = await tus.begin(len(content))
    for _ in range(small.count):
        await small.take()
    async with patching(alice, address, 0, len(content)) as sending:
        await sending.send(content[: MIB // 2])
        await until(lambda: small._turns._waiters)
        offset = await tus.offset(address)
        await sending.ended()
    for _ in range(small.count):
        small.give_back()
    assert 0 < offset <= MIB // 2
    assert "File-Location" in (await tus.append(address, offset, content[offset:])).headers
    assert kept(alice) == {sha256(content): content}


async def test_it_is_taken_over_while_the_socket_is_lent(tus, alice, app):
    content = noise(40 * MIB)
    address = await tus.begin(len(content))
    async with patching(alice, address, 0, len(content)) as sending:
        trickling = asyncio.create_task(sending.trickle(content))
        await until(lambda: app[keys.bodies].lent == 1)
        answers = await asyncio.gather(*(tus.head(address) for _ in range(5)))
        assert {answer.status for answer in answers} == {200}
        await sending.ended()
        assert app[keys.bodies].lent == 0
        with contextlib.suppress(OSError):
            await trickling
    offset = await tus.offset(address)
    assert "File-Location" in (await tus.append(address, offset, content[offset:])).headers
    assert set(kept(alice)) == {sha256(content)}


@pytest.mark.usefixtures("way")
async def test_checksums_count_all_or_nothing(tus, alice):
    content = noise(3 * MIB)
    address = await tus.begin(len(content))
    wrong = checksum("sha1", b"other")
    assert (await tus.append(address, 0, content, Upload_Checksum=wrong)).status == 460
    assert await tus.offset(address) == 0
    async with patching(alice, address, 0, 3 * MIB, Upload_Checksum=wrong) as sending:
        await sending.send(content[: 2 * MIB])
        await until(lambda: max(map(len, staged(alice).values())) > MIB)
    assert await tus.offset(address) == 0
    right = checksum("sha256", content)
    assert (await tus.append(address, 0, content, Upload_Checksum=right)).status == 204
    assert set(kept(alice)) == {hashlib.sha256(content).hexdigest()}


@pytest.mark.usefixtures("way")
async def test_a_stalled_disk_stalls_nobody_else(tus, alice, uploads, monkeypatch):
    gate, content = threading.Event(), noise(3 * MIB)
    address = await tus.begin(len(content))

    def feed(staged_file, chunk, unchanged=Staged.feed):
        gate.wait(20)
        unchanged(staged_file, chunk)

    monkeypatch.setattr(Staged, "feed", feed)
    request = asyncio.create_task(tus.append(address, 0, content))
    try:
        await until(lambda: uploads.locks.is_held(address[-32:]))
        for _ in range(20):
            async with alice.get("/healthz") as answer:
                assert answer.status == 200
        assert not request.done()
    finally:
        gate.set()
    assert "File-Location" in (await request).headers


async def test_a_client_that_stalls_keeps_no_thread(tus, alice, app):
    content = noise(4 * MIB)
    address = await tus.begin(len(content))
    async with patching(alice, address, 0, len(content)) as sending:
        for part in (content[:MIB], content[MIB : 2 * MIB]):
            await sending.send(part)
            await until(lambda: app[keys.bodies].lent == 1)
            await until(lambda: app[keys.bodies].lent == 0)
        await sending.send(content[2 * MIB :])
        assert b" 204 " in await sending.reader.readline()
    assert set(kept(alice)) == {sha256(content)}


async def test_slow_uploads_leave_room_for_others(tus, alice, app):
    """More of them than there are threads of any kind, all in the middle of their bodies."""
    async with contextlib.AsyncExitStack() as stack:
        slow = []
        for _ in range(200):
            address = await tus.begin(10 * MIB)
            slow.append(await stack.enter_async_context(patching(alice, address, 0, 10 * MIB)))
        trickling = [asyncio.create_task(one.trickle(bytes(MIB), 50_000)) for one in slow]
        await until(lambda: sum(len(data) > 3000 for data in staged(alice).values()) == 200)
        async with asyncio.timeout(10):
            content = noise(5 * MIB)
            assert "File-Location" in (await tus.create(len(content), content)).headers
            form = await send(alice, ("a.bin", noise(5 * MIB)))
            assert form.status == 303
        await until(lambda: app[keys.bodies].lent == 0)
        assert not any(task.done() for task in trickling)
        for task in trickling:
            task.cancel()
        await asyncio.wait(trickling)


async def test_asking_twice_interrupts_once(tus, alice, monkeypatch):
    """Whoever is interrupted may take its time: for a step that the disk has not finished."""
    gate, began, content = threading.Event(), threading.Event(), noise(2 * MIB)

    def feed(staged_file, chunk, unchanged=Staged.feed):
        began.set()
        gate.wait(20)
        unchanged(staged_file, chunk)

    address = await tus.begin(len(content))
    with monkeypatch.context() as patched:
        patched.setattr(Staged, "feed", feed)
        request = asyncio.create_task(tus.append(address, 0, content))
        await until(began.is_set)
        asking = []
        for _ in range(3):
            asking.append(asyncio.create_task(tus.head(address)))
            await asyncio.sleep(0.02)  # each comes by itself
        gate.set()
        assert {(await task).status for task in asking} == {200}
    with pytest.raises(ClientConnectionError):
        await request
    assert await tus.offset(address) > 0
