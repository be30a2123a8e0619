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
