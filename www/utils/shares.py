"""A bounded amount of something, such as memory, that many tasks take from and give back."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Shares:
    """`total` units. Who wants more than are free waits, and whoever comes later waits behind."""

    def __init__(self, total: int) -> None:
        """Begin with all of them free."""
        self._total = total
        self._free = asyncio.Semaphore(total)
        self._turn = asyncio.Lock()  # one gathers at a time: two halves would wait for each other

    @asynccontextmanager
    async def take(self, count: int) -> AsyncIterator[None]:
        """Hold `count` units inside of the block; more than there are count as all."""
        wanted, held = max(1, min(count, self._total)), 0
        try:
            async with self._turn:
                while held < wanted:
                    await self._free.acquire()
                    held += 1
            yield
        finally:
            for _ in range(held):
                self._free.release()
