"""How a Python value becomes a database value, and back.

One `ColumnType` per Python type: two functions, a storage class and the check that gives a clear
error before the database sees the value (www.db.encoding).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal, Inexact
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from www.db import decimals
from www.db.encoding import (
    INT_MAX,
    INT_MIN,
    decode_timedelta,
    encode_bool,
    encode_bytes,
    encode_date,
    encode_datetime,
    encode_decimal,
    encode_float,
    encode_int,
    encode_str,
    encode_time,
    encode_timedelta,
    unfit,
)
from www.db.errors import BadValue, DefinitionError
from www.db.json_text import encode_json, read_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import TypeVar as TypeVarWithDefault

    T = TypeVarWithDefault("T", default=Any)
else:
    T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ColumnType(Generic[T]):
    """How values of one Python type are stored; `ColumnType[Money]` makes a `Column[Money]`.

    `storage` is int, float, str or bytes: what SQLite's driver takes and gives. `encode` turns a
    Python value into it (raising BadValue), `decode` turns it back; None means that nothing is to
    be done. `native` says how PostgreSQL has it, where that differs from what `storage` says: its
    two functions run when a statement is written for PostgreSQL, so SQLite pays nothing for them.
    """

    name: str
    python: type[T]
    storage: type
    encode: Callable[[Any], Any]
    decode: Callable[[Any], T] | None = None
    native: Native | None = None
    # A condition on a value `$`, as Python text, under which `encode` would return it as it is.
    plain: str = ""
    free: ColumnType | None = None
    digits: tuple[int, int] | None = None  # precision and scale


@dataclass(frozen=True, slots=True)
class Native:
    """A type of PostgreSQL's own: its SQL name, and what surrounds the placeholder of a value.

    `bind` turns the encoded value into what the driver takes, `fetch` what the driver gives into
    the Python value; None means that nothing is to be done. `array` is the type that an array of
    encoded values has where it is not `sql`.
    """

    sql: str
    bind: Callable[[Any], Any] | None = None
    fetch: Callable[[Any], Any] | None = None
    before: str = ""
    after: str = ""
    array: str | None = None
    literal: Callable[[Any], str] = str  # of an encoded value, between quotes


INTEGER = ColumnType(
    "int", int, int, encode_int, plain=f"type($) is int and {INT_MIN} <= $ <= {INT_MAX}"
)
TEXT = ColumnType(
    "str", str, str, encode_str, plain=r"type($) is str and $.isascii() and '\0' not in $"
)
BOOLEAN = ColumnType("bool", bool, int, encode_bool, bool, Native("BOOLEAN", bool))
REAL = ColumnType("float", float, float, encode_float)
BLOB = ColumnType("bytes", bytes, bytes, encode_bytes)
DATETIME = ColumnType(
    *("datetime", datetime, str, encode_datetime, datetime.fromisoformat),
    native=Native("TIMESTAMPTZ", array="TEXT"),  # goes as the same text; the driver reads it
)
# As text: asyncpg would make infinities of the first and the last day.
DATE = ColumnType(
    *("date", date, str, encode_date, date.fromisoformat),
    native=Native("DATE", before="(", after="::TEXT::DATE)", array="TEXT"),
)
TIME = ColumnType(
    *("time", time, str, encode_time, time.fromisoformat),
    native=Native("TIME", time.fromisoformat),
)
DURATION = ColumnType("timedelta", timedelta, int, encode_timedelta, decode_timedelta)
JSON = ColumnType("json", object, str, encode_json, read_json, Native("JSONB", fetch=read_json))
DECIMAL = ColumnType(
    *("decimal", Decimal, str, encode_decimal, decimals.from_text),
    native=Native(
        *("NUMERIC", decimals.to_plain, decimals.tidied),
        literal=decimals.to_plain,
        array="TEXT",
    ),
)

_BUILT_IN: dict[type, ColumnType] = {
    int: INTEGER, str: TEXT, bool: BOOLEAN, float: REAL, bytes: BLOB, Decimal: DECIMAL,
    datetime: DATETIME, date: DATE, time: TIME, timedelta: DURATION, dict: JSON, list: JSON,
}  # fmt: skip


def decimal_type(precision: int, scale: int) -> ColumnType:
    """Return the type of Decimals of `precision` digits, `scale` of them behind the point."""
    exponent = Decimal(1).scaleb(-scale)

    def encode(value: Any) -> str:
        stored = encode_decimal(value)
        decimals.checked(Decimal(value), precision, scale)
        return stored

    def decode(text: str) -> Decimal:
        number = decimals.from_text(text)
        try:
            return number.quantize(exponent, context=decimals.EXACT)
        except Inexact:  # of a union with a longer one
            return number

    sql = f"NUMERIC({precision}, {scale})"
    native = Native(sql, decimals.to_plain, literal=decimals.to_plain, array="TEXT")
    return ColumnType(
        *("decimal", Decimal, str, encode, decode), native, free=DECIMAL, digits=(precision, scale)
    )


def enum_type(python: type[Enum]) -> ColumnType:
    """Store the member's value; all of them are str, or all of them int."""
    values = [member.value for member in python]
    storage = str if all(isinstance(value, str) for value in values) else int
    plain = encode_str if storage is str else encode_int
    for member in python:
        try:
            plain(storage(member.value) if isinstance(member.value, storage) else member.value)
        except BadValue as err:
            message = f"{python.__name__}.{member.name}: only str values, or only int ones,"
            raise DefinitionError(f"{message} are stored: {err}") from err

    def encode(value: Any) -> Any:
        try:
            return storage(python(value).value)
        except ValueError as err:
            known = ", ".join(str(member.value) for member in python)
            raise BadValue(f"expected one of {known}, got {value!r:.80}") from err

    return ColumnType(python.__name__, python, storage, encode, python)


def words_type(place: int) -> ColumnType:
    """Return the type of column `place` of a full text table: words with spaces between them.

    PostgreSQL's own parsers cut words anew (and drop some), so the lexemes are written as they
    came. It counts positions to 16,383: later words share one place with the label D.
    """
    label = "ABC"[min(place, 2)]
    native = Native("TSVECTOR", None, None, _WORDS % label, _WORDS_END, "TEXT")
    return replace(TEXT, name="words", native=native)


# A tsvector holds at most a megabyte; what comes after the first part of it is not found.
_WORDS = r"""(SELECT coalesce(string_agg(entry, ' '), '')::tsvector FROM (
SELECT '''' || replace(replace(word, '\', '\\'), '''', '''''') || ''':' || places AS entry,
sum(octet_length(word) + 2 * spots + 4) OVER (ORDER BY first) AS size FROM (
SELECT word, min(place) AS first, least(count(*), 256) AS spots,
string_agg(CASE WHEN place < 16000 THEN place || '%s' ELSE '16000D' END, ',') AS places
FROM unnest(string_to_array("""
_WORDS_END = """::text, ' ')) WITH ORDINALITY AS w (word, place)
WHERE octet_length(word) BETWEEN 1 AND 2000 GROUP BY word) AS counted) AS sized
WHERE size < 900000)"""


def column_type(python: object) -> ColumnType:
    """Find how `python` is stored; a ColumnType of one's own is taken as it is."""
    if isinstance(python, ColumnType):
        return python
    python = getattr(python, "__origin__", python)  # dict[str, int] is stored as any dict
    if isinstance(python, type) and (found := _BUILT_IN.get(python)) is not None:
        return found
    if isinstance(python, type) and issubclass(python, Enum):
        return enum_type(python)
    if python is getattr(sys.modules.get("uuid"), "UUID", None):
        return _uuid_type()
    known = ", ".join(sorted({"UUID", *(kind.__name__ for kind in _BUILT_IN)}))
    raise DefinitionError(f"no column type for {python!r}; known are {known}, Enum and ColumnType")


@cache
def _uuid_type() -> ColumnType:
    """Store a UUID as its 36 characters. Its module costs 2 ms, and few programs need it."""
    from uuid import UUID

    def encode(value: Any) -> str:
        if not isinstance(value, UUID):
            raise unfit("a UUID", value)
        return str(value)

    return ColumnType("uuid", UUID, str, encode, UUID, Native("UUID", UUID))


def family(kind: ColumnType) -> str:
    """Name what values compare with each other alike on every database: numbers, texts, days."""
    if kind.native is not None:
        return kind.native.sql.partition("(")[0]
    if kind.python is timedelta:
        return "timedelta"
    return "number" if kind.storage in {int, float} else kind.storage.__name__


def may_hold(column: ColumnType, given: ColumnType) -> bool:
    """Tell whether a column takes what an expression gives as it is; a float is no int."""
    cut = column.storage is int and given.storage is float
    return not cut and family(column) == family(given)


def limited(kind: ColumnType, max_length: int) -> ColumnType:
    """Return `kind` with values of at most `max_length` characters (or bytes)."""
    inner = kind.encode

    def encode(value: Any) -> Any:
        stored = inner(value)
        if len(stored) > max_length:
            raise BadValue(f"{len(stored)} characters, at most {max_length} are allowed")
        return stored

    plain = kind.plain and f"{kind.plain} and len($) <= {max_length}"
    return replace(kind, encode=encode, plain=plain)
