"""JPEG (ITU T.81, B.1): segments, each with a marker, and the coded pixels behind `SOS`."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final

from www.pictures.cleaning import exif
from www.pictures.cleaning.source import NotUnderstoodError

if TYPE_CHECKING:
    from www.pictures.cleaning.source import Plan, Source

_SOI: Final = b"\xff\xd8"
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
# Frames, tables and scans. Any other segment is an application's or a comment, and goes, apart from
# those without which the colours are wrong.
_CODING: Final = frozenset({*range(0xC0, 0xD0), *range(0xDA, 0xE0)})
_SOS: Final = 0xDA
_EOI: Final = 0xD9
_APP1: Final = 0xE1
_NEEDED: Final = {0xE0: b"JFIF\x00", 0xE2: b"ICC_PROFILE\x00", 0xEE: b"Adobe"}
_EXIF: Final = b"Exif\x00\x00"
# The next marker behind coded pixels: no stuffed FF 00, no restart, no fill byte.
_MARKER: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def walk(source: Source, plan: Plan) -> None:
    """Keep what shows the picture, and end at its end: other pictures may follow, with theirs."""
    if source.read(0, 2) != _SOI:
        raise NotUnderstoodError
    plan.keep(0, 2)
    at = 2
    while True:
        plan.at = at
        marker, begin = _marker(source, at)
        if marker in _ALONE or marker == _EOI:
            plan.keep(at, begin - at)
            if marker == _EOI:
                return
            at = begin
            continue
        end = begin + max(2, source.number(">H", begin))
        if marker in _CODING or _needed(source, marker, begin):
            plan.keep(at, min(end, source.size_bytes) - at)
        elif marker == _APP1 and plan.orientation == 1:
            _turn(source, plan, begin, min(end, source.size_bytes))
        at = end
        if marker == _SOS:
            at = source.find(_MARKER, end) or source.size_bytes
            plan.keep(end, at - end)
            if at == source.size_bytes:
                return


def _marker(source: Source, at: int) -> tuple[int, int]:
    """Return the marker at `at`, and where it ends; bytes FF may stand before it."""
    if source.read(at, 1) != b"\xff":
        raise NotUnderstoodError
    end = at + 1
    while (byte := source.read(end, 1)) == b"\xff":
        end += 1
    return byte[0], end + 1


def _needed(source: Source, marker: int, begin: int) -> bool:
    sign = _NEEDED.get(marker)
    return sign is not None and source.read(begin + 2, len(sign)) == sign


def _turn(source: Source, plan: Plan, begin: int, end: int) -> None:
    """In the place of EXIF that tells which way is up, write EXIF that tells nothing else."""
    block = source.read(begin + 2, max(0, end - begin - 2))
    if block.startswith(_EXIF):
        plan.orientation = exif.orientation(block)
    if plan.orientation != 1:
        block = _EXIF + exif.build(plan.orientation)
        plan.put(b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block)
