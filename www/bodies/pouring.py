"""From the socket into a function, in a thread: quickly where the body is large, else portably.

The quick way lends the socket to the thread (`www.bodies.lending`): one buffer, no copy that the
kernel does not make, nothing on the loop. The portable way reads aiohttp's stream (TLS, chunked,
small bodies, all threads lent) and takes a thread per step. A body may change from the one to the
other and back: a client that is silent keeps no thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Semaphore, get_native_id
from typing import Final, Self, TypeAlias

from aiohttp import web

from www.bodies.expecting import send_continue
from www.bodies.lending import Lender, Lent

Feed: TypeAlias = Callable[[bytes | bytearray, int], None]
"""Called with a buffer and how many of its bytes are new; afterwards the buffer is used again."""

LARGE_BYTES: Final = 512 * 1024
"""What must be missing for a socket to be lent; below it a thread brings nothing."""
BUFFER_BYTES: Final = 256 * 1024
"""Per lent socket. What is hashed and written should still lie in the processor's cache."""
_LEASES: Final = 16
_STEPS: Final = 4
_PATIENCE_S: Final = 0.5  # for one buffer: slower clients cost the loop little
_QUICK_BYTES: Final = 64 * 1024  # read at once, they tell a client that is quick again
_NICENESS: Final = 5  # pages beside 8 uploads: p99 as without them
_LINGER_S: Final = 10.0  # as aiohttp


class TooLong(ValueError):
    """The body is longer than the caller takes; noticed before reading where its length is told."""


class Bodies:
    """The threads that take bodies; one per process, entered with `async with`."""

    def __init__(self, *, leases: int = _LEASES, large_bytes: int = LARGE_BYTES) -> None:
        """Lend at most so many sockets at once, for bodies of which `large_bytes` are missing."""
        self.large_bytes = large_bytes
        self.lent = 0
        # A core stays free for the loop: without this, pages beside 8 uploads took 5 times as long.
        self.turn = Semaphore(max(1, (os.cpu_count() or 1) - 1))
        self._leases = leases
        self._steps: ThreadPoolExecutor | None = None
        self._lenders: ThreadPoolExecutor | None = None
        self._lingering: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._steps = _threads(_STEPS, "body")
        self._lenders = _threads(max(1, self._leases), "lent")
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in list(self._lingering):
            task.cancel()
        await asyncio.gather(*self._lingering, return_exceptions=True)
        for threads in (self._steps, self._lenders):
            if threads is not None:
                threads.shutdown(wait=True)

    async def pour(
        self, request: web.Request, feed: Feed, *, max_bytes: int, idle_s: float
    ) -> None:
        """Call `feed` with all bytes of the body, in order, in threads, one call at a time.

        Whatever `feed` raises ends it, and is raised. Raises TooLong, TimeoutError when nothing
        comes for `idle_s` seconds, ConnectionError and RequestPayloadError when it is cut off.
        """
        if (request.content_length or 0) > max_bytes:
            raise TooLong
        await send_continue(request)
        pouring = _Pouring(self, request, feed, max_bytes, idle_s)
        try:
            await pouring.run()
        finally:
            pouring.end()

    def may_lend(self) -> bool:
        """Tell whether a thread is free."""
        return self.lent < self._leases

    async def step(self, work: Callable[[], None]) -> None:
        """Do `work` in a thread."""
        assert self._steps is not None
        await _finish(self._steps.submit(work), lambda: None)

    async def with_lent(self, lent: Lent, work: Callable[[], None]) -> None:
        """Do `work` with the lent socket in a thread of its own."""
        assert self._lenders is not None
        self.lent += 1
        try:
            await _finish(self._lenders.submit(work), lent.interrupt)
        finally:
            self.lent -= 1

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
        protocol = request.protocol
        self._lender = protocol if isinstance(protocol, Lender) else None

    async def run(self) -> None:
        """Pour everything."""
        while not await self._in_steps():
            await self._lent(self._pour_lent)

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
                if self._bodies.may_lend():
                    await self._lent(_discard_lent)
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
        if missing_bytes < self._bodies.large_bytes or not self._bodies.may_lend():
            return False
        return self._lender is not None and self._lender.can_lend()

    async def _in_steps(self) -> bool:
        """Pour aiohttp's stream until it ends (then True) or the socket can be lent."""
        while self._slow or not self._lendable():
            async with asyncio.timeout(self._idle_s):
                chunk = await self._content.readany()
            if not chunk:
                return True
            self._count(len(chunk))
            self._slow = self._slow and len(chunk) < _QUICK_BYTES
            if self._lender is not None:
                self._lender.hold()  # one chunk per body in memory, however many bodies
            try:
                await self._bodies.step(lambda got=chunk: self._feed(got, len(got)))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            finally:
                if self._lender is not None:
                    self._lender.go_on()
        return False

    async def _lent(self, work: Callable[[Lent, bytes], None]) -> None:
        """Lend the socket for `work`; what it leaves goes on arriving in `_content`."""
        lender = self._lender
        assert lender is not None
        lender.hold()
        try:
            read = self._content.read_nowait(-1)
            lent = lender.lend(self._left_bytes - len(read))
        except BaseException:
            lender.go_on()
            raise
        try:
            await self._bodies.with_lent(lent, lambda: work(lent, read))
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
        if read:
            self._feed_in_turn(read, len(read))
        buffer = bytearray(BUFFER_BYTES)
        view = memoryview(buffer)
        while lent.left_bytes and not self._slow:
            filled = self._fill(lent, view)
            if filled:
                self._feed_in_turn(buffer, filled)

    def _feed_in_turn(self, buffer: bytes | bytearray, size_bytes: int) -> None:
        with self._bodies.turn:
            self._feed(buffer, size_bytes)

    def _fill(self, lent: Lent, view: memoryview) -> int:
        """Read until `view` is full, or the body or our patience ends; return how much."""
        end, filled = time.monotonic() + _PATIENCE_S, 0
        while filled < len(view) and lent.left_bytes:
            patience_s = end - time.monotonic()
            size_bytes = lent.read_into(view[filled:], patience_s) if patience_s > 0 else 0
            if not size_bytes:
                self._slow = True
                break
            filled += size_bytes
        return filled

    def _count(self, size_bytes: int) -> None:
        self._poured_bytes += size_bytes
        if self._poured_bytes > self._max_bytes:
            raise TooLong


def _threads(count: int, name: str) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, name, initializer=_after_the_loop)


def _after_the_loop() -> None:
    """Let the loop go first where both want a core; Linux knows a niceness per thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, get_native_id(), _NICENESS)


def _discard_lent(lent: Lent, _: bytes) -> None:
    """Forget what comes within the time that aiohttp would take for it; in a thread."""
    end = time.monotonic() + _LINGER_S
    view = memoryview(bytearray(1024 * 1024))  # never touched on Linux
    while lent.left_bytes and time.monotonic() < end:
        if not lent.drop_into(view, _PATIENCE_S):
            return


async def _finish(work: Future[None], interrupt: Callable[[], None]) -> None:
    """Wait for a thread, also when cancelled: what it works on is used until it has ended."""
    waiting = asyncio.wrap_future(work)
    try:
        await asyncio.shield(waiting)
    except asyncio.CancelledError:
        interrupt()
        while not waiting.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([waiting])
        if not waiting.cancelled():
            waiting.exception()  # looked at, so that nobody complains
        raise
