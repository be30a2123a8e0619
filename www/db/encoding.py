"""The checks that a Python value passes on its way into a database; most give it back as it is.

Times become ISO 8601 text in UTC with a fixed width, so that they sort as they count, can be read
in any tool, and parse in C. What one of the databases cannot hold (a NUL in text, a float that is
no number) is refused for both.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from www.db import decimals
from www.db.errors import BadValue

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
_MICROSECOND = timedelta(microseconds=1)


def unfit(expected: str, value: object) -> BadValue:
    """Say what was expected and what was given."""
    return BadValue(f"expected {expected}, got {type(value).__name__} {value!r:.80}")


def encode_int(value: Any) -> int:
    """Check that `value` is an int of 64 bits."""
    if type(value) is not int:
        raise unfit("an int", value)
    if not INT_MIN <= value <= INT_MAX:
        bits = value.bit_length() + 1
        raise BadValue(f"{bits} bits do not fit into the 64 of an int")
    return value


def encode_str(value: Any) -> str:
    """Check that `value` is text that UTF-8 can hold, without U+0000: PostgreSQL has none."""
    if not isinstance(value, str):
        raise unfit("a str", value)
    if "\0" in value:
        raise BadValue(f"text with a NUL at position {value.index(chr(0))}, which cannot be stored")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as err:
            raise BadValue(f"text with a lone surrogate at position {err.start}") from err
    return value


def encode_bool(value: Any) -> int:
    """Store True as 1 and False as 0."""
    if value is True:
        return 1
    if value is False:
        return 0
    raise unfit("a bool", value)


def encode_float(value: Any) -> float:
    """Check that `value` is a number, which NaN is not; -0.0 becomes 0.0, as SQLite has it."""
    if type(value) is float:
        if value != value:  # noqa: PLR0124 - NaN; SQLite would store NULL
            raise BadValue("NaN is no number that can be stored")
        return value + 0.0
    if type(value) is int:
        try:
            return float(value)
        except OverflowError as err:
            raise BadValue(f"an int of {value.bit_length()} bits does not fit a float") from err
    raise unfit("a float", value)


def encode_bytes(value: Any) -> bytes:
    """Check that `value` is bytes."""
    if not isinstance(value, bytes | bytearray | memoryview):
        raise unfit("bytes", value)
    return bytes(value)


def encode_datetime(value: Any) -> str:
    """Store an aware datetime as `2026-11-22T09:30:00.000000+00:00`."""
    if not isinstance(value, datetime):
        raise unfit("a datetime", value)
    if value.tzinfo is UTC:
        return value.isoformat("T", "microseconds")
    if value.utcoffset() is None:
        raise BadValue(f"expected a datetime with a time zone, got the naive {value!r}")
    try:
        return value.astimezone(UTC).isoformat("T", "microseconds")
    except OverflowError as err:
        raise BadValue(f"{value} is not between the years 1 and 9999 in UTC") from err


def encode_date(value: Any) -> str:
    """Store a date as `2026-11-22`."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise unfit("a date", value)
    return value.isoformat()


def encode_time(value: Any) -> str:
    """Store a time of day, which has no zone, as `09:30:00.000000`."""
    if not isinstance(value, time):
        raise unfit("a time", value)
    if value.tzinfo is not None:
        raise BadValue(f"expected a time of day without a zone, got {value!r}")
    return value.isoformat("microseconds")


def encode_timedelta(value: Any) -> int:
    """Store a duration in microseconds."""
    if not isinstance(value, timedelta):
        raise unfit("a timedelta", value)
    return encode_int(value // _MICROSECOND)


def decode_timedelta(microseconds: int) -> timedelta:
    """Read a duration."""
    return timedelta(microseconds=microseconds)


def encode_decimal(value: Any) -> str:
    """Store a Decimal, or an int, as text that sorts as numbers do; see www.db.decimals."""
    if type(value) is int:
        return decimals.to_text(Decimal(value))
    if not isinstance(value, Decimal):
        raise unfit("a Decimal", value)
    return decimals.to_text(value)
