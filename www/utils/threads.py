"""What works in threads of its own, because it waits for a disk."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Threaded:
    """Has at most `count` threads, called `name` in a debugger, inside `async with`."""

    def __init__(self, count: int, name: str) -> None:
        """Remember how many; nothing is started yet."""
        self._count, self._name = count, name
        self._threads: ThreadPoolExecutor | None = None

    async def __aenter__(self) -> Self:
        self._threads = ThreadPoolExecutor(self._count, thread_name_prefix=self._name)
        await self.run(self._prepare)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=True)
            self._threads = None

    def _prepare(self) -> None:
        """Do first, in a thread, what all else relies on."""

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Start `work` in one of the threads; a RuntimeError when there are none any more."""
        if self._threads is None:
            raise RuntimeError(f"the {self._name} is closed: use it inside `async with`")
        return self._threads.submit(work)

    async def run(self, work: Callable[[], T]) -> T:
        """Do `work` in one of the threads."""
        return await asyncio.wrap_future(self.submit(work))

    async def opened(self, work: Callable[[], T], let_go: Callable[[Future[T]], object]) -> T:
        """Return what `work` opens.

        When cancelled it is too late to stop the thread, and what it opens has nobody left to
        close it: `let_go` does, with the finished future.
        """
        opening = self.submit(work)
        try:
            return await asyncio.wrap_future(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(let_go)
            raise
