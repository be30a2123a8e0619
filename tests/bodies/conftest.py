"""A server in a thread of its own, on either loop, and clients that are plain sockets."""

import asyncio
import contextlib
import hashlib
import json
import socket
import threading

import pytest
import uvloop
from aiohttp import web

from www.bodies import Bodies, Lender, TooLong, expect_later

MIB = 1024 * 1024
MAX_BYTES = 64 * MIB


class Refused(Exception):
    """The one who is fed wants no more."""


class Taker:
    """Hashes what comes, and stops where it is told to."""

    def __init__(self, gate, refuse_at):
        self.gate, self.refuse_at = gate, refuse_at
        self.hash, self.size, self.threads = hashlib.sha256(), 0, set()
        self.sizes_at_end = []

    def feed(self, buffer, size):
        assert 0 <= size <= len(buffer)
        self.gate.wait(30)
        self.hash.update(memoryview(buffer)[:size])
        self.size += size
        self.threads.add(threading.current_thread().name.partition("_")[0])
        if self.refuse_at is not None and self.size >= self.refuse_at:
            raise Refused

    def last(self):
        self.sizes_at_end.append(self.size)
        self.threads.add(threading.current_thread().name.partition("_")[0])


class Served(threading.Thread):
    """The server; `stop` drains it."""

    def __init__(self, factory, leases):
        super().__init__()
        self.factory, self.leases = factory, leases
        self.last = lambda taker: None
        self.ready, self.stopping = threading.Event(), asyncio.Event()
        self.gate, self.ended = threading.Event(), []
        self.gate.set()

    @property
    def fast(self):
        return self.leases > 0

    def run(self):
        with asyncio.Runner(loop_factory=self.factory) as runner:
            runner.run(self._serve())

    async def _serve(self):
        self.loop = asyncio.get_running_loop()
        app = web.Application()
        app.router.add_post("/", self.handler, expect_handler=expect_later)
        async with Bodies(leases=self.leases, large_bytes=100_000) as bodies:
            self.bodies = bodies
            runner = web.AppRunner(app, shutdown_timeout=1)
            await runner.setup()
            assert runner.server is not None
            manager = runner.server
            server = await self.loop.create_server(
                lambda: Lender(manager, loop=self.loop), "127.0.0.1", 0
            )
            self.port = server.sockets[0].getsockname()[1]
            self.ready.set()
            await self.stopping.wait()
            server.close()
            await runner.cleanup()

    async def handler(self, request):
        query = request.query
        taker = Taker(self.gate, int(query["refuse_at"]) if "refuse_at" in query else None)
        if "deny" in query:
            return web.json_response({"denied": True}, status=403)
        status, idle_s = 200, float(query.get("idle_s", "30"))
        try:
            await self.bodies.pour(
                request, taker.feed, max_bytes=MAX_BYTES, idle_s=idle_s, last=taker.last
            )
        except (Refused, TooLong) as err:
            status = 413
            self.ended.append(type(err).__name__)
        except (
            TimeoutError,
            ConnectionError,
            web.RequestPayloadError,
            asyncio.CancelledError,
        ) as err:
            self.ended.append(type(err).__name__)
            self.last(taker)
            raise
        told = {
            "size": taker.size,
            "sha256": taker.hash.hexdigest(),
            "sizes_at_end": taker.sizes_at_end,
            "threads": sorted(taker.threads),
        }
        return web.json_response(told, status=status)

    def stop(self):
        if self.is_alive():
            self.loop.call_soon_threadsafe(self.stopping.set)
            self.join(30)
        assert not self.is_alive()

    def connect(self):
        return Client(self.port)


class Client:
    """One connection, byte by byte."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.file = self.socket.makefile("rb")

    def begin(self, length, query="", *lines):
        framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        head = "\r\n".join([f"POST /?{query} HTTP/1.1", "Host: x", framing, *lines])
        self.socket.sendall(f"{head}\r\n\r\n".encode())

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        """Return the status and what the server says."""
        status = int(self.file.readline().split()[1])
        headers = {}
        while line := self.file.readline().strip():
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        body = self.file.read(int(headers.get("content-length", "0")))
        return status, json.loads(body) if body.startswith(b"{") else body

    def post(self, body, query=""):
        self.begin(len(body), query)
        self.send(body)
        return self.answer()

    def close(self):
        self.file.close()
        self.socket.close()


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def loop_factory(request):
    return request.param


@pytest.fixture(params=[16, 0], ids=["lent", "portable"])
def served(request, loop_factory):
    server = Served(loop_factory, request.param)
    server.start()
    assert server.ready.wait(10)
    yield server
    server.gate.set()
    server.stop()


@pytest.fixture
def client(served):
    with contextlib.closing(served.connect()) as connected:
        yield connected
