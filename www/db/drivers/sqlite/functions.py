"""Functions of Decimals, which SQLite has not: text in, text out, as www.db.decimals writes it.

They are deterministic and touch nothing, so that indexes, checks and generated columns may use
them; another program that opens the file can read it, and `exact_text(price)` is for raw SQL here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import apsw

from www.db.decimals import EXACT, fitted, from_text, to_plain, to_text

if TYPE_CHECKING:
    from collections.abc import Callable


def register(connection: apsw.Connection) -> None:
    """Add the functions to a connection: 15 us."""
    for name, function, arguments in _SCALARS:
        connection.create_scalar_function(
            name, function, arguments, deterministic=True, flags=apsw.SQLITE_INNOCUOUS
        )
    for name, window in _WINDOWS:
        connection.create_window_function(name, window, 1, flags=apsw.SQLITE_INNOCUOUS)


def _with(work: Callable[[Decimal, Decimal], Decimal]) -> Callable[[Any, Any], str | None]:
    def function(left: str | None, right: str | None) -> str | None:
        if left is None or right is None:
            return None
        return to_text(work(from_text(left), from_text(right)))

    return function


def _from_int(number: int | None) -> str | None:
    return None if number is None else to_text(Decimal(number))


def _text(stored: str | None) -> str | None:
    return None if stored is None else to_plain(stored)


def _float(stored: str | None) -> float | None:
    return None if stored is None else float(from_text(stored))


def _abs(stored: str | None) -> str | None:
    return None if stored is None else to_text(from_text(stored).copy_abs())


def _fit(stored: str | None, precision: int, scale: int) -> str | None:
    return None if stored is None else to_text(fitted(from_text(stored), precision, scale))


_SCALARS: tuple[tuple[str, Callable[..., Any], int], ...] = (
    ("exact_add", _with(EXACT.add), 2),
    ("exact_sub", _with(EXACT.subtract), 2),
    ("exact_mul", _with(EXACT.multiply), 2),
    ("exact", _from_int, 1),
    ("exact_abs", _abs, 1),
    ("exact_fit", _fit, 3),
    ("exact_float", _float, 1),
    ("exact_text", _text, 1),
)


class _Sum:
    """The sum of a group, or of a window that moves."""

    def __init__(self) -> None:
        self.sum = Decimal(0)
        self.count = 0

    def step(self, stored: str | None) -> None:
        if stored is not None:
            self.sum = EXACT.add(self.sum, from_text(stored))
            self.count += 1

    def inverse(self, stored: str | None) -> None:
        if stored is not None:
            self.sum = EXACT.subtract(self.sum, from_text(stored))
            self.count -= 1

    def value(self) -> Any:
        return to_text(self.sum) if self.count else None

    def final(self) -> Any:
        return self.value()


class _Average(_Sum):
    def value(self) -> Any:
        return float(self.sum) / self.count if self.count else None


_WINDOWS: tuple[tuple[str, Any], ...] = (("exact_sum", _Sum), ("exact_average", _Average))
