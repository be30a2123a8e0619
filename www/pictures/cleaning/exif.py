"""The one thing of EXIF that is needed to show a picture: which way is up."""

from __future__ import annotations

import struct
from typing import Final

_TAG: Final = 0x0112
_SHORT: Final = 3
_HEADER: Final = b"Exif\x00\x00"
_MOST_ENTRIES: Final = 1000
READ_BYTES: Final = 65536
"""How much of a block is looked at: the first directory stands at its beginning."""


def orientation(block: bytes) -> int:
    """Return 1 (upright) to 8, read from a TIFF structure with or without EXIF's own header."""
    tiff = block.removeprefix(_HEADER)
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, start)
        for entry in range(min(entries, _MOST_ENTRIES)):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * entry)
            if tag == _TAG and kind == _SHORT:
                return value if value in range(1, 9) else 1
    except struct.error:
        pass
    return 1


def build(value: int) -> bytes:
    """Return a TIFF structure that says nothing but the orientation."""
    entry = struct.pack(">HHIHH", _TAG, _SHORT, 1, value, 0)
    return b"MM\x00*" + struct.pack(">IH", 8, 1) + entry + bytes(4)
