"""Pictures for the demo: PNG files without any library, a landscape or a quilt, in 20 ms.

A picture is held column by column, because a landscape's column is a few runs of colours; strided
slices turn it into rows at the speed of memcpy.
"""

from __future__ import annotations

import math
import struct
import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

WIDTH: Final = 960
HEIGHT: Final = 540
_SKY_SHADES: Final = 128
_SUN: Final = _SKY_SHADES
_HILL_SHADES: Final = 24
_QUILT: Final = 60

Colour = tuple[int, int, int]
# The sky above, the sky at the horizon, the nearest hills, sun or moon.
_MOODS: Final[tuple[tuple[Colour, Colour, Colour, Colour], ...]] = (
    ((92, 134, 176), (244, 222, 196), (38, 62, 66), (255, 244, 214)),
    ((46, 58, 104), (238, 156, 118), (34, 30, 52), (255, 214, 150)),
    ((16, 24, 48), (74, 92, 134), (10, 16, 28), (238, 240, 232)),
    ((142, 184, 200), (232, 238, 228), (52, 84, 62), (255, 252, 236)),
    ((176, 150, 168), (250, 220, 186), (82, 56, 74), (255, 236, 204)),
    ((120, 150, 150), (226, 224, 210), (44, 66, 70), (250, 246, 230)),
)
_CLOTHS: Final[tuple[tuple[Colour, ...], ...]] = (
    ((243, 236, 222), (196, 84, 60), (44, 74, 88), (222, 170, 84), (120, 140, 118)),
    ((238, 240, 236), (58, 98, 120), (146, 178, 178), (216, 122, 92), (40, 52, 66)),
    ((248, 242, 230), (122, 92, 130), (206, 160, 150), (92, 116, 96), (236, 200, 120)),
)


def picture(rng: Random) -> bytes:
    """Return a PNG of 960 by 540 pixels."""
    return _quilt(rng) if rng.random() < 0.15 else _landscape(rng)


def _landscape(rng: Random) -> bytes:
    above, horizon, near, sun = rng.choice(_MOODS)
    layers = rng.randint(3, 5)
    palette = [*_between(above, horizon, _SKY_SHADES), sun]
    strips = []
    for number in range(layers):
        ridge = _mixed(horizon, near, (number + 1.2) / (layers + 0.2))
        strips.append(_strip(len(palette), _HILL_SHADES, 260))
        palette += _between(ridge, _mixed(ridge, horizon, 0.35), _HILL_SHADES)
    ridges = [
        _ridge(rng, HEIGHT * (0.46 + 0.46 * number / layers), 62 - 9 * number)
        for number in range(layers)
    ]
    sky = _strip(0, _SKY_SHADES, round(HEIGHT * 0.72)).ljust(HEIGHT, bytes([_SKY_SHADES - 1]))
    middle, top, radius = rng.randint(140, 820), rng.randint(90, 230), rng.randint(22, 46)
    columns = []
    for x in range(WIDTH):
        column, at = [_with_sun(sky, x - middle, top, radius)[: ridges[0][x]]], ridges[0][x]
        for number, strip in enumerate(strips):
            end = HEIGHT if number == layers - 1 else max(at, ridges[number + 1][x])
            start = at - ridges[number][x]
            column.append(strip[start : start + end - at])
            at = end
        columns.append(b"".join(column))
    return _png(b"".join(columns), palette)


def _with_sun(sky: bytes, x: int, top: int, radius: int) -> bytes:
    if abs(x) >= radius:
        return sky
    half = round(math.sqrt(radius * radius - x * x))
    return sky[: top - half] + bytes([_SUN]) * (2 * half) + sky[top + half :]


def _ridge(rng: Random, base: float, swing: float) -> list[int]:
    """Return the height of a line of hills for every column."""
    waves = [(rng.uniform(0, 6.3), rng.uniform(0.7, 1.3) * factor) for factor in (2, 5, 11, 31)]
    heights = []
    for x in range(WIDTH):
        angle = x / WIDTH * 6.3
        wave = sum(
            math.sin(phase + angle * speed) / (index + 1) ** 1.4
            for index, (phase, speed) in enumerate(waves)
        )
        heights.append(max(120, min(HEIGHT - 8, round(base + swing * wave))))
    return heights


def _quilt(rng: Random) -> bytes:
    """Triangles of cloth, sewn into squares."""
    cloths = rng.choice(_CLOTHS)
    motif = [[rng.sample(range(len(cloths)), 2) for _ in range(4)] for _ in range(3)]
    columns = []
    for x in range(WIDTH):
        row, inside = motif[x // _QUILT % 3], x % _QUILT
        tile = b"".join(bytes([a]) * inside + bytes([b]) * (_QUILT - inside) for a, b in row)
        columns.append((tile * 3)[:HEIGHT])
    return _png(b"".join(columns), cloths)


def _strip(first: int, shades: int, length: int) -> bytes:
    """Return `shades` palette numbers spread over `length` pixels; the last one goes on."""
    spread = bytes(first + y * shades // length for y in range(length))
    return spread.ljust(HEIGHT, bytes([first + shades - 1]))


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _between(one: Colour, other: Colour, steps: int) -> list[Colour]:
    return [_mixed(one, other, step / (steps - 1)) for step in range(steps)]


def _png(columns: bytes, palette: Sequence[Colour]) -> bytes:
    """Write a PNG with a palette (PNG, third edition, section 11)."""
    rows = b"".join(b"\0" + columns[y::HEIGHT] for y in range(HEIGHT))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", head),
        (b"PLTE", bytes(value for colour in palette for value in colour)),
        (b"IDAT", zlib.compress(rows, 6)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
