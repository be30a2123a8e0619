"""Where something lies in a file: spans of bytes, joined where they meet."""

from __future__ import annotations

from typing import Final

from www.pictures.cleaning.source import MOST_PIECES, NotUnderstoodError

# Writers fill up to the next word. What stands by itself in a TIFF is longer than that.
_PADDING_BYTES: Final = 4
_HELD: Final = 8 * MOST_PIECES


class Spans:
    """Spans of a file of `size_bytes`; as many as come, as long as they join to a few."""

    def __init__(self, size_bytes: int) -> None:
        self._size_bytes = size_bytes
        self._spans: list[tuple[int, int]] = []

    def add(self, begin: int, end: int) -> None:
        """Add one, as far as it lies in the file. Raises NotUnderstoodError for too many."""
        end = min(end, self._size_bytes)
        if begin >= end:
            return
        if self._spans and 0 <= begin - self._spans[-1][1] < _PADDING_BYTES:
            self._spans[-1] = (self._spans[-1][0], end)
            return
        self._spans.append((begin, end))
        if len(self._spans) > _HELD:
            self._spans = self.all()
            if len(self._spans) > MOST_PIECES:
                raise NotUnderstoodError

    def all(self) -> list[tuple[int, int]]:
        """Return them in order; what touches or overlaps is one."""
        joined: list[tuple[int, int]] = []
        for begin, end in sorted(self._spans):
            if joined and begin - joined[-1][1] < _PADDING_BYTES:
                joined[-1] = (joined[-1][0], max(joined[-1][1], end))
            else:
                joined.append((begin, end))
        return joined
