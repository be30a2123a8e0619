"""The body of an answer on its way: sendfile where the connection allows it, else chunks.

uvloop has no sendfile, and asyncio's takes the transport over; here the kernel is asked directly,
on a duplicate of the socket that the loop watches apart from the transport. It takes 0.10 s of CPU
per GiB where chunks take 0.18 and nginx 0.09 (bench/files/outlet.py). TLS, and what lies in no
local file, goes out in chunks.
"""

from __future__ import annotations

import asyncio
import errno
import os
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from www.pictures.pieces import Pieced

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.http_writer import StreamWriter

    from www.storage import Content

STEP_BYTES: Final = 256 * 1024
"""Up to this is sent in one write, and what is longer in such steps."""
# Handed to the kernel in 0.1 ms, so that other requests need not wait long for their turn; four
# times as much saves nothing, an eighth costs half as much again.
_SENDFILE_BYTES: Final = 1024**2
# Who reads nothing holds one of them in memory.
_CHUNK_BYTES: Final = 64 * 1024
# A throttled connection gets so many steps in a second: a film plays on between two of them.
_STEPS_PER_S: Final = 20
_MIN_STEP_BYTES: Final = 1024
# A connection that the transport has given up wakes nobody up: it is looked at so often.
_LOOK_S: Final = 5.0
_NOWAIT: Final[int | None] = getattr(os, "RWF_NOWAIT", None)


class Pace:
    """How fast one connection may send, over all of its requests; time not used is not saved."""

    _of_connection: Final[WeakKeyDictionary[asyncio.Transport, Pace]] = WeakKeyDictionary()

    def __init__(self, bytes_per_s: int) -> None:
        self.step_bytes = max(_MIN_STEP_BYTES, min(STEP_BYTES, bytes_per_s // _STEPS_PER_S))
        self._bytes_per_s = bytes_per_s
        self._free_at = 0.0

    @classmethod
    def of(cls, request: web.Request, bytes_per_s: int) -> Pace | None:
        """Return the pace of the connection of `request`; None where there is no limit."""
        if not bytes_per_s or request.transport is None:
            return None
        pace = cls._of_connection.get(request.transport)
        if pace is None:
            pace = cls._of_connection[request.transport] = cls(bytes_per_s)
        return pace

    async def take(self, size_bytes: int) -> None:
        """Wait until `size_bytes` may be sent."""
        now = _now()
        starts_at = max(now, self._free_at)
        self._free_at = starts_at + size_bytes / self._bytes_per_s
        if starts_at > now:
            await _pause(starts_at - now)


class Sending:
    """Sends bytes and pieces of contents as the body of `response`, which is prepared here."""

    def __init__(
        self, request: web.Request, response: web.StreamResponse, pace: Pace | None
    ) -> None:
        self._request = request
        self._response = response
        self._pace = pace
        self._writer: StreamWriter | None = None
        self.sent_bytes = 0
        """How much of the body may have gone out."""

    async def start(self) -> None:
        """Send the header."""
        self._writer = await self._response.prepare(self._request)  # type: ignore[assignment]  # of a server it is this class

    async def write(self, data: bytes) -> None:
        """Send `data`."""
        step = self._pace.step_bytes if self._pace else len(data)
        for at in range(0, len(data), step or 1):
            chunk = data[at : at + step]
            if self._pace is not None:
                await self._pace.take(len(chunk))
            self.sent_bytes += len(chunk)
            await self._response.write(chunk)

    async def send(self, content: Content, offset: int, size_bytes: int) -> None:
        """Send a piece of `content`. Raises ConnectionError; also where the content is shorter."""
        if isinstance(content, Pieced):
            for part, at, part_bytes in content.runs(offset, size_bytes, STEP_BYTES):
                await self._send(part, at, part_bytes)
        else:
            await self._send(content, offset, size_bytes)

    async def end(self) -> None:
        """Say that this was all."""
        await self._response.write_eof()

    async def _send(self, content: Content, offset: int, size_bytes: int) -> None:
        fd = content.fileno()
        if size_bytes > STEP_BYTES and fd is not None and self._is_plain() and _can_probe(fd):
            await self._sendfile(content, fd, offset, offset + size_bytes)
        else:
            await self._chunks(content, offset, offset + size_bytes)

    def _is_plain(self) -> bool:
        transport = self._request.transport
        return (
            transport is not None
            and transport.get_extra_info("sslcontext") is None
            and transport.get_extra_info("socket") is not None
        )

    async def _chunks(self, content: Content, at: int, end: int) -> None:
        step = min(self._pace.step_bytes, _CHUNK_BYTES) if self._pace else _CHUNK_BYTES
        while at < end:
            chunk = await content.pread(at, min(step, end - at))
            if not chunk:
                raise _shorter()
            await self.write(chunk)
            at += len(chunk)

    async def _sendfile(self, content: Content, fd: int, at: int, end: int) -> None:
        transport = await self._flushed()
        step = self._pace.step_bytes if self._pace else _SENDFILE_BYTES
        # The transport may close its own while we wait: the number must not become another's.
        socket = os.dup(transport.get_extra_info("socket").fileno())
        try:
            while at < end:
                wanted = min(step, end - at)
                if self._pace is not None:
                    await self._pace.take(wanted)
                await self._sendfile_step(socket, content, fd, at, wanted)
                at += wanted
        finally:
            os.close(socket)

    async def _sendfile_step(
        self, socket: int, content: Content, fd: int, at: int, wanted: int
    ) -> None:
        """Send exactly `wanted` bytes, and let others have their turn at least once."""
        assert self._writer is not None
        if not _is_cached(fd, at, wanted):
            await content.pread(at, wanted)  # a thread waits for the disk, not the loop
        while wanted:
            self._check_connected()
            try:
                sent = os.sendfile(socket, fd, at, wanted)
            except BlockingIOError:
                await _writable(socket)
                continue
            if not sent:
                raise _shorter()
            self._writer.output_size += sent
            self.sent_bytes += sent
            at, wanted = at + sent, wanted - sent
            if wanted:
                await _writable(socket)
        await asyncio.sleep(0)

    async def _flushed(self) -> asyncio.Transport:
        """Return the transport once it holds nothing back that must go out before."""
        transport = self._check_connected()
        assert self._writer is not None
        transport.set_write_buffer_limits(0)
        try:
            await self._writer.drain()
        finally:
            transport.set_write_buffer_limits()
        return self._check_connected()

    def _check_connected(self) -> asyncio.Transport:
        transport = self._request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client has left")
        return transport


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _pause(seconds: float) -> None:
    await asyncio.sleep(seconds)


def _shorter() -> ConnectionError:
    """The length is promised: only a closed connection tells the client that this is less."""
    return ConnectionResetError("the stored content is shorter than its row says")


async def _writable(socket: int) -> None:
    """Wait until the socket takes more, or for a while."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    timer = loop.call_later(_LOOK_S, _wake, ready)
    loop.add_writer(socket, _wake, ready)
    try:
        await ready
    finally:
        loop.remove_writer(socket)
        timer.cancel()


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _can_probe(fd: int) -> bool:
    """Tell whether the file system can say what the page cache holds."""
    return _probe(fd, 0) is not None


def _is_cached(fd: int, at: int, size_bytes: int) -> bool:
    """Tell whether the first and the last byte are in memory; the rest was read ahead with them."""
    return bool(_probe(fd, at) and _probe(fd, at + size_bytes - 1))


def _probe(fd: int, at: int) -> bool | None:
    if _NOWAIT is None or not hasattr(os, "sendfile"):
        return None
    try:
        os.preadv(fd, [bytearray(1)], at, _NOWAIT)
    except BlockingIOError:
        return False
    except OSError as err:
        if err.errno in {errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS}:
            return None
        raise
    return True
