"""HEIF, HEIC and AVIF (ISO/IEC 23008-12): items whose bytes lie anywhere in the file.

Everything is addressed by its offset, so nothing is taken out: metadata is overwritten where it
stands. The orientation is a property (`irot`) and no metadata, so it stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from www.pictures.cleaning.boxes import Fields
from www.pictures.cleaning.source import Edit, NotUnderstoodError

if TYPE_CHECKING:
    from www.pictures.cleaning.boxes import Box, Boxes
    from www.pictures.cleaning.source import Source

_MOST: Final = 10_000  # items or extents; a photograph of 48 megapixels has some hundred
_METADATA: Final = (b"Exif", b"mime", b"uri ")


def metadata(boxes: Boxes, meta: Box) -> list[Edit]:
    """Return what empties the items of EXIF and XMP, or all of it where it lists no items."""
    if boxes.source.read(meta.begin + 4, 4) == b"hdlr":  # QuickTime's, which has no version
        return meta.freed()
    inside = {box.kind: box for box in boxes.inside(meta.begin + 4, meta.end)}
    if b"iinf" not in inside or b"iloc" not in inside:
        return meta.freed()
    items = _metadata_items(boxes, inside[b"iinf"])
    return _extents(boxes.source, inside[b"iloc"], inside.get(b"idat"), items)


def _metadata_items(boxes: Boxes, iinf: Box) -> set[int]:
    """Return the ids of items that hold no pixels."""
    source = boxes.source
    first = iinf.begin + (6 if source.read(iinf.begin, 1) == b"\x00" else 8)
    found = set()
    for box in boxes.inside(first, iinf.end):
        version = source.read(box.begin, 1)[0]
        wide = version > 2
        id_ = source.number(">I" if wide else ">H", box.begin + 4)
        if source.read(box.begin + (10 if wide else 8), 4) in _METADATA:
            found.add(id_)
    return found


def _extents(source: Source, iloc: Box, idat: Box | None, wanted: set[int]) -> list[Edit]:
    """Return where the bytes of these items begin and end."""
    fields = Fields(source, iloc, 64 * _MOST)
    version = fields.take(1)
    fields.take(3)
    sizes = fields.take(2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    found: list[Edit] = []
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


def _within(method: int, begin: int, end: int, idat: Box | None) -> Edit:
    """Bytes of the file, or of the box `idat`; items in items are not understood."""
    if method == 1 and idat is not None and idat.begin + end <= idat.end:
        return Edit(idat.begin + begin, idat.begin + end)
    if method != 0:
        raise NotUnderstoodError
    return Edit(begin, end)
