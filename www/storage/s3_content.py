"""An open content in a bucket: ranges, and what comes next is asked for before it is needed.

Only for who takes what was read: a reader that pauses holds neither memory nor a connection.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from www.storage.ahead import BLOCK_BYTES

if TYPE_CHECKING:
    from www.storage.base import Bytes
    from www.storage.bucket import Bucket

# Who comes back later than that is not given anything ahead, and what was read ahead is dropped.
PAUSE_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Block:
    """A range that is on its way, or here. `counted`: it was read ahead."""

    start: int
    end: int
    reading: asyncio.Task[Bytes]
    counted: bool


class S3Content:
    """Reads one object; it may be deleted meanwhile, and then reading on raises NotFound."""

    def __init__(self, bucket: Bucket, key: str, size_bytes: int) -> None:
        """Ask for nothing yet."""
        self.size_bytes = size_bytes
        self._bucket = bucket
        self._key = key
        self._blocks: deque[_Block] = deque()
        self._at = -1  # where who reads on goes on
        self._came_at = 0.0
        self._pause: asyncio.TimerHandle | None = None

    def fileno(self) -> None:
        """Return None: it is not on this machine."""

    async def pread(self, offset: int, size_bytes: int) -> bytes:
        """Return `size_bytes` from `offset`, less only at the end. Raises Unavailable, NotFound."""
        end = min(self.size_bytes, offset + size_bytes)
        pieces = []
        loop = asyncio.get_running_loop()
        self._forget_pause()
        try:
            while offset < end:
                piece = await self._piece(offset, end, loop.time())
                pieces.append(piece)
                offset += len(piece)
        finally:
            self._came_at = loop.time()
            if self._blocks:
                self._pause = loop.call_later(PAUSE_S, self._drop)
        return b"".join(pieces)

    def close(self) -> None:
        """Give up what is on its way; a second call does nothing."""
        self._forget_pause()
        self._drop()

    async def _piece(self, at: int, end: int, now: float) -> memoryview:
        """Return some bytes from `at`, at least one, and at most up to `end`."""
        if self._blocks and not self._blocks[0].start <= at < self._blocks[0].end:
            self._drop()
        if not self._blocks:
            self._ask(at, end, counted=False)
        if at == self._at and now - self._came_at < PAUSE_S:
            self._read_ahead()
        block = self._blocks[0]
        try:
            content = memoryview(await asyncio.shield(block.reading))
        except BaseException:
            self._drop()
            raise
        piece = content[at - block.start : end - block.start]
        self._at = at + len(piece)
        if self._at >= block.end:
            self._let_go()
        return piece

    def _read_ahead(self) -> None:
        ahead = self._bucket.ahead
        while len(self._blocks) <= ahead.share() and self._blocks[-1].end < self.size_bytes:
            start = self._blocks[-1].end
            self._ask(start, min(start + BLOCK_BYTES, self.size_bytes), counted=True)

    def _ask(self, start: int, end: int, *, counted: bool) -> None:
        reading = asyncio.create_task(self._bucket.read(self._key, start, end))
        reading.add_done_callback(_looked_at)
        if counted:
            self._bucket.ahead.take()
        self._blocks.append(_Block(start, end, reading, counted))

    def _let_go(self) -> None:
        """Give up the first block."""
        block = self._blocks.popleft()
        block.reading.cancel()
        if block.counted:
            self._bucket.ahead.give()

    def _drop(self) -> None:
        while self._blocks:
            self._let_go()

    def _forget_pause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None


def _looked_at(reading: asyncio.Task[Bytes]) -> None:
    """Keep asyncio from complaining of an error that nobody came to see."""
    if not reading.cancelled():
        reading.exception()
