"""Dates, numbers and sizes as each language writes them.

Tables of our own: Babel would add its import and locale data (measured: 0.04 s, 9 MB) for the few
forms that two languages need.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_THOUSAND: Final = 1000
_TIMES: Final = ((1e6, "µs"), (1e3, "ms"), (1, "s"))


@dataclass(frozen=True, slots=True)
class Formats:
    """What one reader sees: a language and the site's time zone."""

    language: str
    zone: tzinfo

    def date(self, value: datetime) -> str:
        """22 November 2026; 2026年11月22日."""
        here = value.astimezone(self.zone)
        if self.language == "zh-Hans":
            return f"{here.year}年{here.month}月{here.day}日"
        return f"{here.day} {_MONTHS[here.month - 1]} {here.year}"

    def short_date(self, value: datetime) -> str:
        """22 Nov 2026; 2026-11-22."""
        here = value.astimezone(self.zone)
        if self.language == "zh-Hans":
            return f"{here:%Y-%m-%d}"
        return f"{here.day} {_MONTHS[here.month - 1][:3]} {here.year}"

    def date_time(self, value: datetime) -> str:
        """22 November 2026, 14:05; 2026年11月22日 14:05."""
        comma = " " if self.language == "zh-Hans" else ", "
        return f"{self.date(value)}{comma}{value.astimezone(self.zone):%H:%M}"

    def iso(self, value: datetime) -> str:
        """2026-11-22T14:05:00+08:00, for the attribute `datetime` of <time>."""
        return value.astimezone(self.zone).isoformat(timespec="seconds")

    def number(self, value: int) -> str:
        """12,345 in both languages."""
        return f"{value:,}"

    def duration(self, seconds: float) -> str:
        """Three digits in a unit that fits: 4.2 µs, 12.5 ms, 3.25 s, 1,234 s."""
        for factor, unit in _TIMES:
            value = seconds * factor
            if value < _THOUSAND or unit == "s":
                digits = max(0, 2 - len(str(int(value)))) if value else 0
                return f"{value:,.{digits}f} {unit}"
        raise AssertionError

    def size(self, size_bytes: int) -> str:
        """Decimal units, a decimal place where it says something: 999 B, 1.5 MB, 12 GB.

        Never binary ones, so that sizes on a page can be compared; the uploader counts so, too
        (frontend/src/uploads/words.ts).
        """
        value, unit = float(size_bytes), 0
        while value >= _THOUSAND - 0.5 and unit < len(_UNITS) - 1:
            value, unit = value / _THOUSAND, unit + 1
        digits = 1 if unit and value < 10 and round(value, 1) % 1 else 0
        return f"{value:.{digits}f} {_UNITS[unit]}"
