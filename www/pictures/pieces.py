"""A clean file without a copy of it: pieces of the original, read as if they were one file."""

from __future__ import annotations

import base64
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from www.storage import Content

# ("kept", offset, size), ("new", bytes in base64, size) or ("blank", 0, size); JSON holds it.
Written: TypeAlias = tuple[Literal["kept", "blank"], int, int] | tuple[Literal["new"], str, int]
_BLANK: Final = b"\x00"


def size_of(pieces: Sequence[Written]) -> int:
    """Return the size of the whole in bytes."""
    return sum(size_bytes for _, _, size_bytes in pieces)


class Pieced:
    """A Content made of pieces of another one, which it closes."""

    def __init__(self, original: Content, pieces: Sequence[Written]) -> None:
        self._original = original
        self._pieces = pieces
        self._starts = [0, *accumulate(size_bytes for _, _, size_bytes in pieces)]

    @property
    def size_bytes(self) -> int:
        """Its length."""
        return self._starts[-1]

    def fileno(self) -> int | None:
        """Return None: no descriptor holds these bytes in this order."""
        return None

    async def pread(self, offset: int, size_bytes: int) -> bytes:
        """Return `size_bytes` from `offset`, less only at the end. Raises Unavailable."""
        parts, end = [], min(offset + size_bytes, self.size_bytes)
        number = max(0, bisect_right(self._starts, offset) - 1)
        while offset < end:
            within = offset - self._starts[number]
            taken = min(end, self._starts[number + 1]) - offset
            part = await self._part(self._pieces[number], within, taken)
            parts.append(part)
            if len(part) < taken:
                break
            offset += taken
            number += 1
        return b"".join(parts)

    def runs(
        self, offset: int, size_bytes: int, long_bytes: int
    ) -> Iterator[tuple[Content, int, int]]:
        """Return the bytes from `offset` as content, place and length, one after the other.

        What is kept in one piece of more than `long_bytes` is given as the original's own, for
        sendfile; all between as ours.
        """
        at, end = offset, min(offset + size_bytes, self.size_bytes)
        number = max(0, bisect_right(self._starts, offset) - 1)
        begun = at
        while at < end:
            piece, taken = self._pieces[number], min(end, self._starts[number + 1]) - at
            if piece[0] == "kept" and taken > long_bytes:
                if at > begun:
                    yield self, begun, at - begun
                yield self._original, piece[1] + at - self._starts[number], taken
                begun = at + taken
            at += taken
            number += 1
        if at > begun:
            yield self, begun, at - begun

    def close(self) -> None:
        """Close the original."""
        self._original.close()

    async def _part(self, piece: Written, at: int, size_bytes: int) -> bytes:
        if piece[0] == "kept":
            return await self._original.pread(piece[1] + at, size_bytes)
        if piece[0] == "new":
            return base64.b64decode(piece[1])[at : at + size_bytes]
        return _BLANK * size_bytes
