"""Threads that take bodies: most let the loop go first, and whoever asks first is served first."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import get_native_id
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

NICENESS: Final = 5  # pages beside 8 uploads: p99 as without them


class Threads:
    """At most `count` threads; what is to be done beyond that waits, or asks `is_free` first."""

    def __init__(self, count: int, name: str, *, niceness: int = NICENESS) -> None:
        """Start none before there is something to do; Linux knows a niceness per thread."""
        self.count = count
        self.busy = 0
        self._waiting = 0
        self._turns = asyncio.Semaphore(count)
        self._pool = ThreadPoolExecutor(
            max(1, count), name, initializer=partial(_be_nice, niceness)
        )

    def is_free(self) -> bool:
        """Tell whether a thread is free."""
        return self.busy < self.count

    def is_wanted(self) -> bool:
        """Tell whether somebody waits for a thread; called in any thread."""
        return self._waiting > 0

    async def take(self) -> None:
        """Wait for a thread, which is the caller's until `give_back`."""
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        self.busy += 1

    def give_back(self) -> None:
        """Let the next one have it."""
        self.busy -= 1
        self._turns.release()

    async def run(
        self, work: Callable[[], None], interrupt: Callable[[], None] | None = None
    ) -> None:
        """Do `work` in a thread; when cancelled, interrupt it and wait for its end all the same."""
        await _finish(self._pool.submit(work), interrupt)

    def close(self) -> None:
        """Wait for what is running."""
        self._pool.shutdown(wait=True)


def _be_nice(niceness: int) -> None:
    """Let the loop go first where both want a core, however nice the server is itself."""
    if niceness and sys.platform == "linux":
        started = os.getpriority(os.PRIO_PROCESS, get_native_id())
        os.setpriority(os.PRIO_PROCESS, get_native_id(), min(started + niceness, 19))


async def _finish(work: Future[None], interrupt: Callable[[], None] | None) -> None:
    """Wait for a thread, also when cancelled: what it works on is used until it has ended."""
    waiting = asyncio.wrap_future(work)
    try:
        await asyncio.shield(waiting)
    except asyncio.CancelledError:
        if interrupt is not None:
            interrupt()
        while not waiting.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([waiting])
        if not waiting.cancelled():
            waiting.exception()  # looked at, so that nobody complains
        raise
