"""WebP (RFC 9649): a RIFF file of chunks; VP8X says which kinds there are."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from www.pictures.cleaning import exif
from www.pictures.cleaning.source import NotUnderstoodError

if TYPE_CHECKING:
    from www.pictures.cleaning.source import Plan, Source

_HEADER_BYTES: Final = 12
_NEEDED: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"ICCP"})
_HAS_EXIF: Final = 0x08
_HAS_XMP: Final = 0x04
_FLAGS_BYTES: Final = 10


def walk(source: Source, plan: Plan) -> None:
    """Keep the chunks that show the picture, and correct what the header says of the rest."""
    chunks = _chunks(source)
    for kind, at, end in chunks:
        if kind == b"EXIF":
            block = source.read(at + 8, min(end - at - 8, exif.READ_BYTES))
            plan.orientation = exif.orientation(block)
    kept = [chunk for chunk in chunks if chunk[0] in _NEEDED]
    if len(kept) == len(chunks) and _whole(source, chunks):
        plan.keep(0, source.size_bytes)
        return
    block = b""
    if plan.orientation != 1:
        tiff = exif.build(plan.orientation)
        block = b"EXIF" + struct.pack("<I", len(tiff)) + tiff
    length = 4 + sum(end - at + (end - at) % 2 for _, at, end in kept) + len(block)
    plan.put(b"RIFF" + struct.pack("<I", length) + b"WEBP")
    for kind, at, end in kept:
        if kind == b"VP8X" and end - at >= 8 + _FLAGS_BYTES:
            flags = source.read(at + 8, 1)[0] & ~(_HAS_EXIF | _HAS_XMP)
            plan.put(source.read(at, 8) + bytes([flags | (_HAS_EXIF if block else 0)]))
            plan.keep(at + 9, end - at - 9)
        else:
            plan.keep(at, end - at)
        plan.blank((end - at) % 2)
    if block:
        plan.put(block)


def _chunks(source: Source) -> list[tuple[bytes, int, int]]:
    """Return kind, start and end (without padding) of every chunk within the RIFF."""
    last = min(source.size_bytes, 8 + source.number("<I", 4))
    found, at = [], _HEADER_BYTES
    while at + 8 <= last:
        kind, size_bytes = source.read(at, 4), source.number("<I", at + 4)
        end = min(at + 8 + size_bytes, source.size_bytes)
        found.append((kind, at, end))
        at = end + size_bytes % 2
    if not any(kind in {b"VP8 ", b"VP8L", b"VP8X"} for kind, _, _ in found):
        raise NotUnderstoodError
    return found


def _whole(source: Source, chunks: list[tuple[bytes, int, int]]) -> bool:
    """Tell whether the chunks reach to the end of the file."""
    end = chunks[-1][2]
    return source.size_bytes - end <= (end - chunks[-1][1]) % 2
