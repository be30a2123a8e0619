"""Where the samples of a track lie (ISO/IEC 14496-12, 8.7): chunks, and how long each is."""

from __future__ import annotations

import struct
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Final

from www.pictures.cleaning.source import Edit, NotUnderstoodError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from www.pictures.cleaning.boxes import Box, Boxes
    from www.pictures.cleaning.source import Source

# An hour of measurements, thirty in a second, is 108,000; each takes 40 bytes here.
_MOST: Final = 1_000_000


def places(boxes: Boxes, table: Box) -> list[Edit]:
    """Return what overwrites all samples of a track with zeros. Raises NotUnderstoodError."""
    found = {box.kind: box for box in boxes.inside(table.begin, table.end)}
    source = boxes.source
    if b"stsz" not in found or b"stsc" not in found:
        raise NotUnderstoodError
    if b"co64" in found:
        starts = _numbers(source, found[b"co64"], "Q")
    elif b"stco" in found:
        starts = _numbers(source, found[b"stco"], "I")
    else:
        raise NotUnderstoodError
    sizes = iter(_sizes(source, found[b"stsz"]))
    edits: list[Edit] = []
    for start, samples in zip(starts, _per_chunk(source, found[b"stsc"]), strict=False):
        size_bytes = sum(islice(sizes, samples))
        if edits and edits[-1].end == start:
            edits[-1] = Edit(edits[-1].begin, start + size_bytes)
        elif size_bytes:
            edits.append(Edit(start, start + size_bytes))
    return edits


def _numbers(source: Source, box: Box, form: str, *, each: int = 1) -> tuple[int, ...]:
    """Return the table of a box: a count, then as many times `each` numbers."""
    count = source.number(">I", box.begin + 4) * each
    size_bytes = count * struct.calcsize(form)
    if count > _MOST or box.begin + 8 + size_bytes > box.end:
        raise NotUnderstoodError
    return struct.unpack(f">{count}{form}", source.read(box.begin + 8, size_bytes))


def _sizes(source: Source, box: Box) -> list[int] | tuple[int, ...]:
    each, count = source.number(">I", box.begin + 4), source.number(">I", box.begin + 8)
    if count > _MOST:
        raise NotUnderstoodError
    if each:
        return [each] * count
    if box.begin + 12 + 4 * count > box.end:
        raise NotUnderstoodError
    return struct.unpack(f">{count}I", source.read(box.begin + 12, 4 * count))


def _per_chunk(source: Source, box: Box) -> Iterator[int]:
    """Say of each chunk how many samples it holds; the last entry is for all that follow."""
    numbers = _numbers(source, box, "I", each=3)
    if numbers[:1] != (1,):
        raise NotUnderstoodError
    entries = [*zip(numbers[::3], numbers[1::3], strict=True), (2**32, 0)]
    for (first, samples), (following, _) in pairwise(entries):
        if following <= first:
            raise NotUnderstoodError
        for _ in range(following - first):
            yield samples
