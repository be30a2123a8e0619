"""From the socket into a function, in a thread: quickly where the body is large, else portably.

The quick way lends the socket to the thread (`www.bodies.lending`): one buffer, no copy that the
kernel does not make, nothing on the loop. Bodies of one or two MiB wait for their turn and are then
taken in one piece, so that many at once do not disturb each other. The portable way reads aiohttp's
stream (TLS, chunked, tiny bodies, all threads lent) and takes a thread per step. A body may change
from the one to the other and back: a client that is silent keeps no thread.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from threading import Semaphore, local
from typing import Final, Self, TypeAlias

from aiohttp import web

from www.bodies.expecting import send_continue
from www.bodies.lending import Lender, Lent, read_in_spite
from www.bodies.threads import Threads

Feed: TypeAlias = Callable[[bytes | bytearray, int], None]
"""Called with a buffer and how many of its bytes are new; afterwards the buffer is used again."""
Room: TypeAlias = Callable[[int], Awaitable[None]]
"""Awaited with how many bytes a body of unknown length has by now, before they are fed."""

LARGE_BYTES: Final = 512 * 1024
"""What must be missing for a socket to be lent; below it a thread brings nothing."""
BUFFER_BYTES: Final = 256 * 1024
"""Per lent socket. What is hashed and written should still lie in the processor's cache."""
SMALL_BYTES: Final = 2 * 1024 * 1024
"""Up to here a body is taken at once, by threads of its own kind, which nobody keeps for long."""
_SMALL_BUFFER_BYTES: Final = 1024 * 1024 + 64 * 1024  # a picture and its form in one step
_LEASES: Final = 16
_SMALL_LEASES: Final = 4
_STEPS: Final = 4
_PATIENCE_S: Final = 0.5  # for one buffer: slower clients cost the loop little
_HURRY_S: Final = 0.05  # where others wait for the thread
_QUICK_BYTES: Final = 64 * 1024  # read at once, they tell a client that is quick again
_LINGER_S: Final = 10.0  # as aiohttp


class TooLong(ValueError):
    """The body is longer than the caller takes; noticed before reading where its length is told."""


class Bodies:
    """The threads that take bodies; one per process, entered with `async with`."""

    def __init__(self, *, leases: int = _LEASES, large_bytes: int = LARGE_BYTES) -> None:
        """Lend at most so many sockets at once, for bodies of which `large_bytes` are missing."""
        self.large_bytes = large_bytes
        # A core stays free for the loop: without this, pages beside 8 uploads took 5 times as long.
        self.turn = Semaphore(max(1, (os.cpu_count() or 1) - 1))
        self._steps = Threads(_STEPS, "body")
        self.large = Threads(leases, "lent")
        # What takes a millisecond is not to wait for other programs, with others waiting for it.
        self.small = Threads(min(leases, _SMALL_LEASES), "small", niceness=0)
        self._buffers = local()
        self._lingering: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in list(self._lingering):
            task.cancel()
        await asyncio.gather(*self._lingering, return_exceptions=True)
        for threads in (self._steps, self.large, self.small):
            threads.close()

    @property
    def lent(self) -> int:
        """How many sockets are lent."""
        return self.large.busy + self.small.busy

    async def pour(
        self,
        request: web.Request,
        feed: Feed,
        *,
        max_bytes: int,
        idle_s: float,
        last: Callable[[], None] | None = None,
        room: Room | None = None,
    ) -> None:
        """Call `feed` with all bytes of the body, in order, in threads, one call at a time.

        Behind the last byte `last` is called, in the same thread. Whatever they or `room` raise
        ends it, and is raised. Raises TooLong, TimeoutError when nothing comes for `idle_s`
        seconds, ConnectionError and RequestPayloadError when it is cut off: then everything has
        been fed that was read. No call is running when this returns, also where it was cancelled.
        """
        if (request.content_length or 0) > max_bytes:
            raise TooLong
        await send_continue(request)
        pouring = _Pouring(self, request, feed, max_bytes, idle_s)
        pouring.last = last
        if request.content_length is None:
            pouring.room = room
        try:
            await pouring.run()
        finally:
            pouring.end()

    async def step(self, work: Callable[[], None]) -> None:
        """Do `work` in a thread."""
        await self._steps.run(work)

    def buffer(self, size_bytes: int) -> bytearray:
        """Return a buffer of this thread for a body of that length; it is used again and again."""
        if size_bytes > SMALL_BYTES:
            return bytearray(BUFFER_BYTES)
        # New ones cost the kernel a page fault for each of their pages: a tenth of an upload.
        found: bytearray | None = getattr(self._buffers, "small", None)
        if found is None:
            found = self._buffers.small = bytearray(_SMALL_BUFFER_BYTES)
        return found

    def linger(self, pouring: _Pouring) -> None:
        """Throw away what still comes of a body that nobody wants, while the answer is sent."""
        task = asyncio.create_task(pouring.discard())
        self._lingering.add(task)
        task.add_done_callback(self._lingering.discard)


class _Pouring:
    """One body on its way."""

    def __init__(
        self, bodies: Bodies, request: web.Request, feed: Feed, max_bytes: int, idle_s: float
    ) -> None:
        self._bodies = bodies
        self._request = request
        self._feed = feed
        self._max_bytes = max_bytes
        self._idle_s = idle_s
        self._content = request.content  # the rest of the body, wherever it comes from now
        self._poured_bytes = 0
        self._arrived_bytes = 0  # before `_content` began
        self._slow = False  # it let a thread wait
        self.last: Callable[[], None] | None = None
        self.room: Room | None = None
        protocol = request.protocol
        self._lender = protocol if isinstance(protocol, Lender) else None

    async def run(self) -> None:
        """Pour everything."""
        while not await self._in_steps():
            small = self._left_bytes <= SMALL_BYTES
            await self._lent(self._pour_lent, self._bodies.small if small else self._bodies.large)

    def end(self) -> None:
        """Leave to aiohttp what it expects: a body that is read, or will be."""
        if self._content is self._request.content or self._request.content.is_eof():
            return
        if self._left_bytes and self._lender is not None and self._lender.connected:
            self._bodies.linger(self)
        else:
            self._request.content.feed_eof()

    async def discard(self) -> None:
        """Read and forget, so that a client that sends everything first can read the answer."""
        try:
            async with asyncio.timeout(_LINGER_S):
                lender = self._lender
                if lender is not None and lender.can_lend() and self._bodies.large.is_free():
                    await self._lent(_discard_lent, self._bodies.large)
                while await self._content.readany():
                    pass
        except (OSError, TimeoutError, web.RequestPayloadError):
            pass  # aiohttp closes what has not ended
        finally:
            if not self._request.content.is_eof():
                self._request.content.feed_eof()

    @property
    def _left_bytes(self) -> int:
        """Bytes that were not poured yet; 0 where the length is not told."""
        return max(0, (self._request.content_length or 0) - self._poured_bytes)

    def _lendable(self) -> bool:
        told_bytes = self._request.content_length or 0
        missing_bytes = told_bytes - self._arrived_bytes - self._content.total_bytes
        if missing_bytes < self._bodies.large_bytes or not self._has_thread():
            return False
        return self._lender is not None and self._lender.can_lend()

    def _has_thread(self) -> bool:
        """Tell whether there is one soon: nobody keeps those for small bodies for long."""
        if self._left_bytes <= SMALL_BYTES:
            return self._bodies.small.count > 0
        return self._bodies.large.is_free()

    async def _in_steps(self) -> bool:
        """Pour aiohttp's stream until it ends (then True) or the socket can be lent."""
        while self._slow or not self._lendable():
            async with asyncio.timeout(self._idle_s):
                chunk = await self._arrived()
            if not chunk:
                if self.last is not None:
                    await self._bodies.step(self._end)
                return True
            self._count(len(chunk))
            self._slow = self._slow and len(chunk) < _QUICK_BYTES
            if self._lender is not None:
                self._lender.hold()  # one chunk per body in memory, however many bodies
            try:
                if self.room is not None:
                    await self.room(self._poured_bytes)
                await self._bodies.step(lambda got=chunk: self._feed_step(got))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            finally:
                if self._lender is not None:
                    self._lender.go_on()
        return False

    async def _arrived(self) -> bytes:
        """Return what aiohttp has read; what came before the end of the connection counts, too."""
        try:
            return await self._content.readany()
        except (ConnectionError, web.RequestPayloadError):
            if chunk := read_in_spite(self._content):
                return chunk
            raise

    def _feed_step(self, chunk: bytes) -> None:
        self._feed(chunk, len(chunk))
        if self._poured_bytes == self._request.content_length:
            self._end()

    def _end(self) -> None:
        """Call `last`, once."""
        last, self.last = self.last, None
        if last is not None:
            last()

    async def _lent(self, work: Callable[[Lent, bytes], None], threads: Threads) -> None:
        """Lend the socket for `work`; what it leaves goes on arriving in `_content`."""
        lender = self._lender
        assert lender is not None
        lender.hold()
        try:
            await threads.take()
        except BaseException:
            lender.go_on()
            raise
        try:
            await self._lent_to(threads, lender, work)
        finally:
            threads.give_back()

    async def _lent_to(
        self, threads: Threads, lender: Lender, work: Callable[[Lent, bytes], None]
    ) -> None:
        if not lender.can_lend():  # it was lost while it waited
            lender.go_on()
            return
        try:
            read = self._content.read_nowait(-1)
            lent = lender.lend(self._left_bytes - len(read))
        except BaseException:
            lender.go_on()
            raise
        try:
            await threads.run(lambda: work(lent, read), lent.interrupt)
        finally:
            self._poured_bytes = (self._request.content_length or 0) - lent.left_bytes
            self._arrived_bytes = self._poured_bytes
            rest = lender.take_back(lent)
            if rest is not None:
                self._content = rest
        if rest is None and lent.left_bytes:
            raise ConnectionResetError("the connection was lost inside a body")

    def _pour_lent(self, lent: Lent, read: bytes) -> None:
        """Pour what was read before, then the socket, until it is slow; in a thread."""
        buffer = self._bodies.buffer(lent.left_bytes)
        view = memoryview(buffer)
        filled = len(read)
        if filled > len(view):
            self._feed_in_turn(read, filled)
            filled = 0
        view[:filled] = read[:filled]  # a step less
        while (lent.left_bytes or filled) and not self._slow:
            filled = self._fill(lent, view, filled)
            if filled:
                self._feed_in_turn(buffer, filled)
                filled = 0
            if lent.interrupted and lent.left_bytes:
                raise ConnectionResetError("interrupted inside a body")
        if not lent.left_bytes:
            self._end()

    def _feed_in_turn(self, buffer: bytes | bytearray, size_bytes: int) -> None:
        with self._bodies.turn:
            self._feed(buffer, size_bytes)

    def _fill(self, lent: Lent, view: memoryview, filled: int) -> int:
        """Read until `view` is full, or the body or our patience ends; return how much it holds."""
        hurry = lent.left_bytes <= SMALL_BYTES and self._bodies.small.is_wanted()
        end = time.monotonic() + (_HURRY_S if hurry else _PATIENCE_S)
        while filled < len(view) and lent.left_bytes:
            patience_s = end - time.monotonic()
            try:
                size_bytes = lent.read_into(view[filled:], patience_s) if patience_s > 0 else 0
            except ConnectionError:
                if not filled:
                    raise
                break  # what came before the end counts; the next read finds the end again
            if not size_bytes:
                self._slow = True
                break
            filled += size_bytes
        return filled

    def _count(self, size_bytes: int) -> None:
        self._poured_bytes += size_bytes
        if self._poured_bytes > self._max_bytes:
            raise TooLong


def _discard_lent(lent: Lent, _: bytes) -> None:
    """Forget what comes within the time that aiohttp would take for it; in a thread."""
    end = time.monotonic() + _LINGER_S
    view = memoryview(bytearray(1024 * 1024))  # never touched on Linux
    while lent.left_bytes and time.monotonic() < end:
        if not lent.drop_into(view, _PATIENCE_S):
            return
