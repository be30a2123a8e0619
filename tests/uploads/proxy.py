"""A small TCP proxy that cuts connections where it is told to."""

import asyncio
import contextlib
from collections import deque
from typing import Any


class Proxy:
    """Passes bytes on to a server, and cuts where `gaps` say.

    A gap is how many bytes of the clients' pass before the connection that brings the last of them
    ends, both ways and at once. A negative one leaves the server's side open and silent, as a dead
    network does. After the last gap everything passes.
    """

    def __init__(self, port, gaps=()):
        self.port, self.cuts = port, 0
        self._gaps = deque(gaps)
        self._left = self._next()
        self._tasks, self._writers = set(), []
        self._server: Any = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _accept(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        there_reader, there = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers += [writer, there]
        back = asyncio.create_task(self._back(there_reader, writer))
        self._tasks.add(back)
        with contextlib.suppress(OSError):
            silent = await self._forth(reader, there)
            writer.transport.abort()
            back.cancel()
            if not silent:
                there.transport.abort()

    async def _forth(self, reader, writer):
        """Pass on what the client sends; return whether the server shall hear of the end."""
        while data := await reader.read(65536):
            cut = self._left is not None and abs(self._left) <= len(data)
            if cut:
                data, silent, self._left = data[: abs(self._left)], self._left < 0, self._next()
                self.cuts += 1
                writer.write(data)
                await writer.drain()
                return silent
            if self._left is not None:
                self._left -= len(data) if self._left > 0 else -len(data)
            writer.write(data)
            await writer.drain()
        return False

    async def _back(self, reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.close()

    def _next(self):
        return self._gaps.popleft() if self._gaps else None
