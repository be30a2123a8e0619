"""Decimals as text that sorts as they count, for SQLite, whose NUMERIC is a float in disguise.

    19.95       "5002 1995"      0.1995 * 10**2: 5000 + 2, then the digits without zeros at the end
    0           "0"
    -19.95      "-4997 8004~"    9999 - 5002, then what is missing to nines; "~" sorts behind digits

Equal numbers have equal texts, whatever zeros they were written with, so that comparisons, indexes,
DISTINCT and joins need no function. Nothing is ever rounded that was not asked to be.
"""

from __future__ import annotations

from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from functools import lru_cache

from www.db.errors import BadValue

MOST_DIGITS = 1000  # before the point, and behind it: what NUMERIC(precision) may name
# Wide enough for every product of two; a result that would be rounded is an error.
EXACT = Context(
    prec=5 * MOST_DIGITS,
    rounding=ROUND_HALF_UP,
    Emin=MIN_EMIN,
    Emax=MAX_EMAX,
    traps=[DivisionByZero, Inexact, InvalidOperation, Overflow],
)
_ROUNDING = Context(prec=5 * MOST_DIGITS, rounding=ROUND_HALF_UP, traps=[InvalidOperation])
_BIAS = 5 * MOST_DIGITS
_NINES = str.maketrans("0123456789", "9876543210")
_ONE = Decimal(1)


def to_text(value: Decimal) -> str:
    """Return the text that sorts; a BadValue for what is no number, or has too many digits."""
    if not value.is_finite():
        raise BadValue(f"{value} is no number that can be stored")
    return _to_text(value)


@lru_cache(4096)  # prices and shares come again and again: 0.1 us instead of 1.0
def _to_text(value: Decimal) -> str:
    if not value:
        return "0"
    places = value.adjusted() + 1
    if not -MOST_DIGITS < places <= MOST_DIGITS:
        raise _too_many(value)
    digits = f"{value:f}".replace(".", "").lstrip("-").strip("0")
    if len(digits) - places > MOST_DIGITS:
        raise _too_many(value)
    if value < 0:
        return f"-{9999 - _BIAS - places} {digits.translate(_NINES)}~"
    return f"{_BIAS + places} {digits}"


@lru_cache(4096)
def to_plain(text: str) -> str:
    """Return the digits as a person writes them, from the text that sorts."""
    if text == "0":
        return text
    if text.startswith("-"):
        sign, places, digits = "-", 9999 - _BIAS - int(text[1:5]), text[6:-1].translate(_NINES)
    else:
        sign, places, digits = "", int(text[:4]) - _BIAS, text[5:]
    if places <= 0:
        return f"{sign}0.{'0' * -places}{digits}"
    if places >= len(digits):
        return sign + digits.ljust(places, "0")
    return f"{sign}{digits[:places]}.{digits[places:]}"


@lru_cache(4096)
def from_text(text: str) -> Decimal:
    """Return the number, without zeros behind the point."""
    return Decimal(to_plain(text))


def tidy(value: Decimal) -> Decimal:
    """Drop the zeros behind the point."""
    if not value.is_finite():
        return value
    short = value.normalize(EXACT)
    return short.quantize(_ONE, context=EXACT) if short.as_tuple().exponent > 0 else short  # type: ignore[operator] # it is finite


tidied = lru_cache(4096)(tidy)  # for numbers from the database, of which many are equal


def fitted(value: Decimal, precision: int, scale: int) -> Decimal:
    """Round to `scale` digits behind the point, halves away from zero, as PostgreSQL does."""
    try:
        rounded = value.quantize(_ONE.scaleb(-scale), context=_ROUNDING)
    except InvalidOperation:
        raise _too_many(value) from None
    if rounded and rounded.adjusted() >= precision - scale:
        raise BadValue(f"out of range: {precision - scale} digits before the point are the most")
    return rounded


def checked(value: Decimal, precision: int, scale: int) -> None:
    """Refuse a number that would have to be rounded to fit."""
    if not value:
        return
    if value.adjusted() >= precision - scale:
        most = precision - scale
        raise BadValue(f"{value} has more than {most} digits before the point")
    if value.as_tuple().exponent < -scale and tidy(value).as_tuple().exponent < -scale:  # type: ignore[operator] # it is finite
        raise BadValue(f"{value} has more than {scale} digits behind the point: round it first")


def _too_many(value: Decimal) -> BadValue:
    most = f"at most {MOST_DIGITS} digits before the point and {MOST_DIGITS} behind it"
    return BadValue(f"{value:.9E} has too many digits: {most}")
