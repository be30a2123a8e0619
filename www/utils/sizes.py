"""Sizes as people write them: `4 GiB`, `512 kB`, `1000`."""

import re
from decimal import Decimal
from typing import Final

_SIZE: Final = re.compile(
    r"([0-9]{1,18}(?:\.[0-9]{1,9})?)\s*([kmgt]i?)?b?", re.IGNORECASE | re.ASCII
)
_EXPONENTS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def parse_size(text: str) -> int:
    """Return the number of bytes (kB is 1000, KiB is 1024), or raise ValueError."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError("not a size such as 4 GiB, 512 kB or 1000")
    unit = (match[2] or "").lower()
    base = 1024 if unit.endswith("i") else 1000
    return int(Decimal(match[1]) * base ** _EXPONENTS[unit.rstrip("i")])


def write_size(size_bytes: int) -> str:
    """Return a size that `parse_size` reads as exactly this, as short as it can be said."""
    units = {"TiB": 1024**4, "TB": 1000**4, "GiB": 1024**3, "GB": 1000**3, "MiB": 1024**2}
    for unit, worth in (units | {"MB": 1000**2, "KiB": 1024, "kB": 1000}).items():
        if size_bytes and size_bytes % worth == 0:
            return f"{size_bytes // worth} {unit}"
    return str(size_bytes)
