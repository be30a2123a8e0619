"""What a page shows until a picture has come: a blurred likeness of it in nine digits.

A data address or a style attribute would need a hole in the Content-Security-Policy, a script would
leave out readers without one. So the likeness is put together from 42 classes of
`www/static/pictures.css`: the picture's own colour in Oklab (lightness, green to red, blue to
yellow), and six cells, three in each of two rows, that are darker or lighter than the whole. A
gradient between the cells makes the blur. https://bottosson.github.io/posts/oklab/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS: Final = 3
ROWS: Final = 2
# Steps and range of each: three digits of colour, then a digit per cell.
_LIGHT: Final = (4, 0.2, 0.8)
_COLOUR: Final = (7, -0.12, 0.12)  # odd, so that grey stays grey
_CELL: Final = (4, -0.3, 0.3)
_FORM: Final = re.compile(rf"([as])(?:([0-3][0-6][0-6])([0-3]{{{COLUMNS * ROWS}}}))?")
_AXES: Final = ("l", "a", "b")

CLASSES: Final = frozenset(
    {"likeness"}
    | {f"l{step}" for step in range(_LIGHT[0])}
    | {f"{axis}{step}" for axis in "ab" for step in range(_COLOUR[0])}
    | {f"c{cell}-{step}" for cell in range(COLUMNS * ROWS) for step in range(_CELL[0])}
)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What a row's `placeholder` says: whether the picture moves, and the classes of its likeness.

    No classes: the picture is transparent, and the likeness would shine through it.
    """

    animated: bool
    classes: str


def build(cells: Sequence[tuple[int, int, int]], *, animated: bool, transparent: bool) -> str:
    """Return the text of a picture whose six cells, row by row, have these sRGB colours."""
    kind = "a" if animated else "s"
    if transparent:
        return kind
    colours = [_oklab(*cell) for cell in cells]
    mean = [sum(axis) / len(colours) for axis in zip(*colours, strict=True)]
    digits = [_step(*one) for one in zip(mean, (_LIGHT, _COLOUR, _COLOUR), strict=True)]
    # Against the lightness that will be shown, not the one that was.
    shown = _value(digits[0], _LIGHT)
    digits += [_step(colour[0] - shown, _CELL) for colour in colours]
    return kind + "".join(map(str, digits))


def parse(text: str) -> Placeholder:
    """Read what `build` made; whatever else a row may hold shows nothing."""
    found = _FORM.fullmatch(text)
    if found is None:
        return Placeholder(animated=False, classes="")
    names: list[str] = []
    if found[2]:
        names = ["likeness", *(f"{axis}{step}" for axis, step in zip(_AXES, found[2], strict=True))]
        names += [f"c{cell}-{step}" for cell, step in enumerate(found[3])]
    return Placeholder(found[1] == "a", " ".join(names))


def stylesheet() -> str:
    """Return the rules of the classes, which stand in `www/static/pictures.css`."""
    rules = [
        f".likeness.{axis}{step} {{ --{axis}: {_value(step, scale):.3f}; }}"
        for axis, scale in zip(_AXES, (_LIGHT, _COLOUR, _COLOUR), strict=True)
        for step in range(scale[0])
    ]
    rules += [
        f".likeness.c{cell}-{step} {{ --c{cell}: {_value(step, _CELL):.3f}; }}"
        for cell in range(COLUMNS * ROWS)
        for step in range(_CELL[0])
    ]
    layers = ",\n    ".join(map(_layer, range(COLUMNS * ROWS)))
    base = "oklab(var(--l) var(--a) var(--b))"
    rules.append(f"img.likeness {{\n  background:\n    {layers},\n    {base};\n}}")
    return "\n".join(rules) + "\n"


def _layer(cell: int) -> str:
    """A cell as a spot of its lightness, which fades out halfway into its neighbours."""
    row, column = divmod(cell, COLUMNS)
    at = f"{100 * column // (COLUMNS - 1)}% {100 * row // (ROWS - 1)}%"
    colour = f"oklab(calc(var(--l) + var(--c{cell})) var(--a) var(--b)"
    return f"radial-gradient(50% 75% at {at}, {colour}), {colour} / 0))"


def _step(value: float, scale: tuple[int, float, float]) -> int:
    steps, low, high = scale
    return max(0, min(steps - 1, round((value - low) / (high - low) * (steps - 1))))


def _value(step: int, scale: tuple[int, float, float]) -> float:
    steps, low, high = scale
    return low + (high - low) * step / (steps - 1)


def _oklab(red: int, green: int, blue: int) -> tuple[float, float, float]:
    r, g, b = (_linear(channel / 255) for channel in (red, green, blue))
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    medium = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _linear(channel: float) -> float:
    if channel <= 0.04045:
        return channel / 12.92
    return float(((channel + 0.055) / 1.055) ** 2.4)
