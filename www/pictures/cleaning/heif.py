"""HEIF, HEIC and AVIF (ISO/IEC 23008-12): boxes, and items whose bytes lie anywhere in the file.

Everything is addressed by its offset, so nothing is taken out: metadata is overwritten where it
stands. The orientation is a property (`irot`) and no metadata, so it stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from www.pictures.cleaning.source import NotUnderstoodError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from www.pictures.cleaning.source import Plan, Source

_MOST: Final = 10_000  # boxes, items or extents; a photograph of 48 megapixels has some hundred
_NEEDED: Final = frozenset(
    b"ftyp styp meta mdat moov moof mfra sidx ssix free skip pdin grpl".split()
)
_METADATA: Final = (b"Exif", b"mime", b"uri ")


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its kind, where its content begins, and where it ends."""

    kind: bytes
    begin: int
    end: int


def walk(source: Source, plan: Plan) -> None:
    """Overwrite items of EXIF and XMP, and boxes of the file that are not needed to show it."""
    boxes = list(_boxes(source, 0, source.size_bytes))
    blank = [(box.begin, box.end) for box in boxes if box.kind not in _NEEDED]
    for meta in (box for box in boxes if box.kind == b"meta"):
        inside = {box.kind: box for box in _boxes(source, meta.begin + 4, meta.end)}
        if b"iinf" in inside and b"iloc" in inside:
            metadata = _metadata_items(source, inside[b"iinf"])
            blank += _extents(source, inside[b"iloc"], inside.get(b"idat"), metadata)
    at = 0
    for begin, end in sorted(blank):
        if end > source.size_bytes or begin > end:
            raise NotUnderstoodError
        plan.keep(at, begin - at)
        plan.blank(end - max(at, begin))
        at = max(at, end)
    plan.keep(at, source.size_bytes - at)


def _boxes(source: Source, at: int, end: int) -> Iterator[Box]:
    for _ in range(_MOST):
        if at == end:
            return
        size_bytes, kind, head = source.number(">I", at), source.read(at + 4, 4), 8
        if size_bytes == 1:
            size_bytes, head = source.number(">Q", at + 8), 16
        elif size_bytes == 0:
            size_bytes = end - at
        if size_bytes < head or at + size_bytes > end:
            raise NotUnderstoodError
        yield Box(kind, at + head, at + size_bytes)
        at += size_bytes
    raise NotUnderstoodError


def _metadata_items(source: Source, iinf: Box) -> set[int]:
    """Return the ids of items that hold no pixels."""
    first = iinf.begin + (6 if source.read(iinf.begin, 1) == b"\x00" else 8)
    found = set()
    for box in _boxes(source, first, iinf.end):
        version = source.read(box.begin, 1)[0]
        wide = version > 2
        id_ = source.number(">I" if wide else ">H", box.begin + 4)
        if source.read(box.begin + (10 if wide else 8), 4) in _METADATA:
            found.add(id_)
    return found


def _extents(
    source: Source, iloc: Box, idat: Box | None, wanted: set[int]
) -> list[tuple[int, int]]:
    """Return where the bytes of these items begin and end."""
    fields = _Fields(source, iloc)
    version = fields.take(1)
    fields.take(3)
    sizes = fields.take(2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    found: list[tuple[int, int]] = []
    for _ in range(fields.take(4 if version == 2 else 2)):
        id_ = fields.take(4 if version == 2 else 2)
        within = fields.take(2) & 15 if version else 0
        fields.take(2)
        start = fields.take(base)
        for _ in range(fields.take(2)):
            if version:
                fields.take(index)
            begin = start + fields.take(offset)
            end = begin + fields.take(length)
            if id_ in wanted:
                found.append(_within(within, begin, end, idat))
    return found


def _within(method: int, begin: int, end: int, idat: Box | None) -> tuple[int, int]:
    """Bytes of the file, or of the box `idat`; items in items are not understood."""
    if method == 1 and idat is not None and idat.begin + end <= idat.end:
        return idat.begin + begin, idat.begin + end
    if method != 0:
        raise NotUnderstoodError
    return begin, end


class _Fields:
    """Numbers of several widths, one after the other."""

    def __init__(self, source: Source, box: Box) -> None:
        self._data = source.read(box.begin, min(box.end - box.begin, 64 * _MOST))
        self._at = 0

    def take(self, size_bytes: int) -> int:
        """Return the next number; of width 0 it is 0."""
        end = self._at + size_bytes
        if end > len(self._data):
            raise NotUnderstoodError
        value = int.from_bytes(self._data[self._at : end])
        self._at = end
        return value
