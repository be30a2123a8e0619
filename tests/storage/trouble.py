"""A door in front of the S3 server that can be shut, slow, or answer with an error itself."""

import asyncio
import contextlib
from dataclasses import replace
from urllib.parse import urlsplit

FAILED = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Door:
    """Passes bytes on. `fail` answers so many requests with 503; `stalled` lets nothing through."""

    def __init__(self, place):
        self._target = urlsplit(place.endpoint)
        self._tasks = set()
        self._place = place
        self._open = asyncio.Event()
        self._open.set()
        self.fail = 0
        self.failed = 0
        self.seen = bytearray()
        self.lose = 0  # so many answers never arrive, though the server has done its work
        self.limit = None  # bytes from clients until the connection is cut, and all that follow
        self.passed = 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.place = replace(self._place, endpoint=f"http://127.0.0.1:{port}")
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def stall(self):
        self._open.clear()

    def flow(self):
        self._open.set()

    def impatient(self, **patience):
        """Return the place behind the door for somebody with other patience."""
        return replace(self.place, patience=replace(self.place.patience, **patience))

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            await self._pass(reader, writer)
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            pass  # one side went away, or the test is over
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _pass(self, reader, writer):
        if self._is_shut():
            return
        if self.fail > 0:
            self.fail -= 1
            self.failed += 1
            await reader.read(65536)
            writer.write(FAILED)
            await writer.drain()
            return
        there, back = await asyncio.open_connection(self._target.hostname, self._target.port)
        with contextlib.closing(back):
            async with asyncio.TaskGroup() as both:
                both.create_task(self._copy(reader, back, count=True))
                both.create_task(self._copy(there, writer, count=False))

    async def _copy(self, reader, writer, *, count):
        while piece := await reader.read(65536):
            await self._open.wait()
            if count:
                self.passed += len(piece)
                self.seen += piece[:4096]
                if self._is_shut():
                    raise ConnectionResetError
            elif self.lose > 0:
                self.lose -= 1
                raise ConnectionResetError
            writer.write(piece)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()

    def _is_shut(self):
        return self.limit is not None and self.passed > self.limit
