"""What libvips does for us; imported in workers only."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pyvips

from www.pictures import placeholder
from www.pictures.formats import TALLEST

if TYPE_CHECKING:
    from www.pictures.limits import Limits

# Measured on a photograph of 12 megapixels: see bench/files/pictures.py.
_WEBP: Final = {"Q": 80, "effort": 4}
_AVIF: Final = {"Q": 55, "effort": 2, "compression": "av1"}
_LOADERS: Final = ("Jpeg", "Png", "Webp", "Nsgif", "Heif")


class RefusedError(Exception):
    """The picture is broken, or more than the limits allow."""


def prepare() -> None:
    """Let libvips decode the formats that we show, whatever a file says that it is.

    SVG, TIFF and all others are closed, and it keeps nothing from one picture for the next.
    """
    pyvips.operation_block_set("VipsForeignLoad", True)
    for name in _LOADERS:
        pyvips.operation_block_set(f"VipsForeignLoad{name}", False)
    pyvips.cache_set_max(0)


def facts(fd: int, limits: Limits) -> dict[str, object]:
    """Return width, height (pixels, as shown: after its orientation) and placeholder."""
    image = _opened(fd, limits)
    turned = image.get_typeof("orientation") and int(image.get("orientation")) in range(5, 9)
    width, height = image.width, _page_height(image)
    cells = _thumbnail(fd, placeholder.COLUMNS, size="force", height=placeholder.ROWS)
    transparent = cells.hasalpha() and _is_transparent(_thumbnail(fd, 64))
    animated = _frames(image) > 1
    text = placeholder.build(_colours(cells), animated=animated, transparent=transparent)
    if turned:
        width, height = height, width
    return {"width": width, "height": height, "placeholder": text}


def thumbnail(fd: int, limits: Limits, *, width: int, form: str) -> bytes:
    """Return the first frame, `width` wide, upright, in sRGB and without metadata."""
    _opened(fd, limits)
    image = _thumbnail(fd, width)
    if form == "avif":
        return bytes(image.heifsave_buffer(keep="none", **_AVIF))
    return bytes(image.webpsave_buffer(keep="none", **_WEBP))


def _opened(fd: int, limits: Limits) -> pyvips.Image:
    """Read the header, and refuse by what it says before a pixel is decoded."""
    image = pyvips.Image.new_from_source(_source(fd), "", access="sequential")
    if _frames(image) > limits.frames:
        raise RefusedError("too many frames")
    if image.width * _page_height(image) > limits.pixels:
        raise RefusedError("too many pixels")
    return image


def _thumbnail(fd: int, width: int, *, height: int = 0, size: str = "down") -> pyvips.Image:
    return pyvips.Image.thumbnail_source(
        _source(fd), width, height=height or width * TALLEST, size=size, output_profile="srgb",
        option_string="[fail_on=truncated]",
    )  # fmt: skip


def _source(fd: int) -> pyvips.Source:
    os.lseek(fd, 0, os.SEEK_SET)
    return pyvips.Source.new_from_descriptor(fd)


def _frames(image: pyvips.Image) -> int:
    return int(image.get("n-pages")) if image.get_typeof("n-pages") else 1


def _page_height(image: pyvips.Image) -> int:
    return int(image.get("page-height")) if image.get_typeof("page-height") else int(image.height)


def _is_transparent(image: pyvips.Image) -> bool:
    return bool(image.extract_band(image.bands - 1).min() < 255)


def _colours(cells: pyvips.Image) -> list[tuple[int, int, int]]:
    colours = cells.colourspace("srgb").cast("uchar")
    if colours.hasalpha():
        colours = colours.flatten(background=255)
    values = bytes(colours.write_to_memory())
    return [(values[at], values[at + 1], values[at + 2]) for at in range(0, len(values), 3)]
