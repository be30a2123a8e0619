"""ISO base media (ISO/IEC 14496-12): a file of boxes in boxes, as films and HEIF have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from www.pictures.cleaning.source import Edit, NotUnderstoodError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from www.pictures.cleaning.source import Source

# A film of ten hours in fragments of two seconds has 200,000, each read in about 5 us.
_MOST: Final = 400_000
_FREE: Final = b"free"


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its kind, where it begins, where its content begins, and where it ends."""

    kind: bytes
    start: int
    begin: int
    end: int

    def freed(self) -> list[Edit]:
        """Return what makes it one that says nothing, and as long as it was."""
        named = [] if self.kind == _FREE else [Edit(self.start + 4, self.start + 8, _FREE)]
        return [*named, Edit(self.begin, self.end)]


class Boxes:
    """Reads the boxes of one file, and not more of them than a film can have."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._left = _MOST

    def inside(self, at: int, end: int) -> Iterator[Box]:
        """Return what lies there. Raises NotUnderstoodError; less than a header is no box."""
        while end - at >= 8:
            box = self.next(at, end)
            if box.end > end:
                raise NotUnderstoodError
            yield box
            at = box.end

    def next(self, at: int, end: int) -> Box:
        """Return the box at `at`, which may say that it ends behind `end`."""
        self._left -= 1
        if self._left < 0:
            raise NotUnderstoodError
        head = self.source.read(at, 8)
        size_bytes, kind, head_bytes = int.from_bytes(head[:4]), head[4:], 8
        if size_bytes == 1:
            size_bytes, head_bytes = self.source.number(">Q", at + 8), 16
        elif size_bytes == 0:
            size_bytes = end - at
        if size_bytes < head_bytes:
            raise NotUnderstoodError
        return Box(kind, at, at + head_bytes, at + size_bytes)


class Fields:
    """Numbers of several widths, one after the other, at the beginning of a box."""

    def __init__(self, source: Source, box: Box, most_bytes: int) -> None:
        self._data = source.read(box.begin, min(box.end - box.begin, most_bytes))
        self._at = 0

    def take(self, size_bytes: int) -> int:
        """Return the next number; of width 0 it is 0."""
        end = self._at + size_bytes
        if end > len(self._data):
            raise NotUnderstoodError
        value = int.from_bytes(self._data[self._at : end])
        self._at = end
        return value
