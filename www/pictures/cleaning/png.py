"""PNG (W3C, third edition): a signature, then chunks of length, type, data and CRC."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

from www.pictures.cleaning import exif
from www.pictures.cleaning.source import NotUnderstoodError

if TYPE_CHECKING:
    from www.pictures.cleaning.source import Plan, Source

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_NEEDED: Final = frozenset(
    (
        b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD pHYs acTL fcTL fdAT"
    ).split()
)


def walk(source: Source, plan: Plan) -> None:
    """Keep the chunks that show the picture; texts, times and EXIF go, and so does what follows."""
    at = len(_SIGNATURE)
    if source.read(0, at) != _SIGNATURE:
        raise NotUnderstoodError
    plan.keep(0, at)
    while True:
        plan.at = at
        size_bytes, kind = source.number(">I", at), source.read(at + 4, 4)
        if not kind.isalpha():
            raise NotUnderstoodError
        end = min(at + 12 + size_bytes, source.size_bytes)
        if kind == b"eXIf" and plan.orientation == 1:
            _turn(source, plan, at + 8, end - 4)
        if kind in _NEEDED:
            plan.keep(at, end - at)
        if kind == b"IEND" or end == source.size_bytes:
            return
        at = end


def _turn(source: Source, plan: Plan, begin: int, end: int) -> None:
    """In the place of EXIF that tells which way is up, write EXIF that tells nothing else."""
    block = source.read(begin, max(0, min(end - begin, exif.READ_BYTES)))
    plan.orientation = exif.orientation(block)
    if plan.orientation != 1:
        data = b"eXIf" + exif.build(plan.orientation)
        plan.put(struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data)))
