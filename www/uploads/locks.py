"""Who has an upload: one request at a time, and a newer one takes it from an older one.

A client that resumes has given its last request up, while the server may not know for minutes that
the connection is dead. So whoever comes later interrupts: the earlier request keeps what has
arrived, ends, and hands over.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from www.uploads.errors import Locked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


class Hold:
    """One request's hold of an upload."""

    def __init__(self) -> None:
        self.wanted = False
        self.released = asyncio.Event()
        self._interrupt: Callable[[], None] | None = None

    def ask(self) -> None:
        """Ask the holder to let go; asking again changes nothing, it may take its time."""
        asked, self.wanted = self.wanted, True
        if not asked and self._interrupt is not None:
            self._interrupt()

    @contextmanager
    def interruptible(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Call `interrupt` when somebody else wants the upload within this block."""
        self._interrupt = interrupt
        if self.wanted:
            interrupt()
        try:
            yield
        finally:
            self._interrupt = None


class Locks:
    """The uploads that requests of this process are busy with."""

    def __init__(self, *, patience_s: float = 15.0) -> None:
        """Whoever waits longer than `patience_s` is told to come again."""
        self._patience_s = patience_s
        self._holds: dict[str, Hold] = {}

    @asynccontextmanager
    async def hold(self, token: str) -> AsyncIterator[Hold]:
        """Take the upload from whoever has it. Raises Locked."""
        try:
            async with asyncio.timeout(self._patience_s):
                while (other := self._holds.get(token)) is not None:
                    other.ask()
                    await other.released.wait()
        except TimeoutError as err:
            raise Locked from err
        self._holds[token] = mine = Hold()
        try:
            yield mine
        finally:
            del self._holds[token]
            mine.released.set()

    def is_held(self, token: str) -> bool:
        """Tell whether a request has the upload."""
        return token in self._holds
