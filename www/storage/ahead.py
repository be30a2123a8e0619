"""What is read ahead for all readers of a process, and how many requests read at once.

Readers come and stall as they like; what is held for them and how many connections lead to the
bucket must not grow with their number.
"""

from __future__ import annotations

import asyncio
from typing import Final

BLOCK_BYTES: Final = 1024**2
MOST_BLOCKS: Final = 32
MOST_OF_ONE: Final = 4  # at 20 ms of latency that is 200 MB/s
MOST_READS: Final = 32


class Ahead:
    """The blocks that may be held, and the turns of who reads."""

    def __init__(self) -> None:
        self.turns = asyncio.Semaphore(MOST_READS)
        self.held = 0
        """How many blocks all readers hold."""

    def share(self) -> int:
        """Return how many blocks one reader may hold ahead: fewer where others need them too."""
        return min(MOST_OF_ONE, (MOST_BLOCKS - self.held + 3) // 4)

    def take(self) -> None:
        """Count a block in."""
        self.held += 1

    def give(self) -> None:
        """Count a block out."""
        self.held -= 1
