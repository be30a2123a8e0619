"""Which files are pictures here, and in which widths and formats copies of them are made.

SVG is a document with scripts and links, and never among them; TIFF, BMP and icons are left to the
reader's browser, because each format that is decoded is a way in.
"""

from __future__ import annotations

import re
from typing import Final

KINDS: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"})
"""Content types, as `www.files.types` finds them, of what copies are made of."""
WIDTHS: Final = (160, 320, 640, 1280, 1920)
FORMATS: Final = {"webp": "image/webp", "avif": "image/avif"}
# A strip of paper is made as high as this many widths, and narrower, so that nothing grows.
TALLEST: Final = 4
_COPY: Final = re.compile(rf"w({'|'.join(map(str, WIDTHS))})\.({'|'.join(FORMATS)})")


def copy_name(width: int, form: str) -> str:
    """Return how a copy is called, in addresses and in the cache: `w320.webp`."""
    return f"w{width}.{form}"


def parse_copy_name(name: str) -> tuple[int, str] | None:
    """Return width and format of a copy's name; None for what is no such name."""
    found = _COPY.fullmatch(name)
    return (int(found[1]), found[2]) if found else None


def candidates(width: int, height: int) -> list[tuple[int, int]]:
    """Return which widths a page should offer of a picture, each with the one that comes back.

    Nothing is enlarged: the last one is the first that holds the whole picture.
    """
    found: list[tuple[int, int]] = []
    for wanted in WIDTHS:
        scale = min(1, wanted / width, wanted * TALLEST / height)
        found.append((wanted, max(1, round(width * scale))))
        if scale == 1:
            break
    return found
