"""The Range header (RFC 9110, section 14): what is asked for becomes a few parts of the content.

Several ranges are merged where they overlap or nearly touch, so that the parts together are never
longer than the content; whoever asks for very many gets the whole, as section 14.2 advises.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

MAX_RANGES: Final = 32
"""More in one header are no reader's: the whole is sent."""

# A gap that is shorter than what stands between two parts costs less than the two (15.3.7.2).
_GAP_BYTES: Final = 80
_RANGE: Final = re.compile(r"(?:([0-9]*)-([0-9]*))?")  # space beside it would be tried at every cut
_MAX_DIGITS: Final = 18


class Part(NamedTuple):
    """`length` bytes from `offset`."""

    offset: int
    length: int


def parse(lines: list[str], size: int) -> tuple[Part, ...] | None:
    """Return the parts of a content of `size` bytes, in the order in which they were asked for.

    Empty: none of the ranges can be satisfied (416). None: the header is to be ignored (200).
    """
    unit, equals, specs = lines[0].partition("=") if len(lines) == 1 else ("", "", "")
    if unit.strip().lower() != "bytes" or not equals:
        return None
    found = [_RANGE.fullmatch(spec.strip(" \t")) for spec in specs.split(",", 4 * MAX_RANGES)]
    # Empty elements of a list are skipped (5.6.1.2).
    ranges = [(match[1], match[2]) for match in found if match and match[1] is not None]
    if None in found or not 0 < len(ranges) <= MAX_RANGES:
        return None
    parts = []
    for first, last in ranges:
        part = _part(_number(first), _number(last), size)
        if part is None:
            return None
        if part.length:
            parts.append(part)
    return _merged(parts)


def _part(first: int | None, last: int | None, size: int) -> Part | None:
    """Return the part, length 0 when unsatisfiable; None what makes the header invalid."""
    if first is None:
        if last is None or (size == 0 and last > 0):
            return None  # no Content-Range can name the last bytes of nothing
        return Part(max(0, size - last), min(size, last))
    if last is not None and last < first:
        return None
    if first >= size:
        return Part(first, 0)
    return Part(first, (size if last is None else min(size, last + 1)) - first)


def _merged(parts: list[Part]) -> tuple[Part, ...]:
    """Merge what overlaps or nearly touches; a merged part stands where its first one stood."""
    groups: list[tuple[int, int, int]] = []  # place, offset, end
    for place, part in sorted(enumerate(parts), key=lambda item: item[1]):
        end = part.offset + part.length
        if groups and part.offset <= groups[-1][2] + _GAP_BYTES:
            before = groups[-1]
            groups[-1] = (min(before[0], place), before[1], max(before[2], end))
        else:
            groups.append((place, part.offset, end))
    return tuple(Part(offset, end - offset) for _, offset, end in sorted(groups))


def _number(digits: str) -> int | None:
    """Return the number; int() refuses thousands of digits, and no content is that long."""
    if not digits:
        return None
    return int(digits) if len(digits.lstrip("0")) <= _MAX_DIGITS else 10**_MAX_DIGITS
