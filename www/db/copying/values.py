"""Values on their way from one driver to another, and as they are compared.

A value is compared in the form in which SQLite stores it, after it was decoded and encoded once:
so what cannot be read is found here, and what the databases write differently (the order of keys in
JSON, the zeros of its numbers) is the same.
"""

from __future__ import annotations

import hashlib
import json
import marshal
from datetime import datetime
from math import isnan
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from www.db.dialects.postgres import native
from www.db.encoding import encode_datetime, encode_float, encode_str
from www.db.errors import BadValue, CopyError
from www.db.json_text import has_nul
from www.db.types import BOOLEAN, DATETIME

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from www.db.column import Column
    from www.db.compile import Dialect
    from www.db.metadata import TableInfo
    from www.db.types import ColumnType

    Convert = Callable[[Any], Any] | None

_HEAD_BYTES = 5  # of a list in marshal's form: its type and how many items it has
_SQLITE, _POSTGRES = "sqlite", "postgres"
_TIME_CHARS = len("2026-11-22T09:30:00.000000+00:00")
_LONGEST_DIGITS = 4_000  # of a number that Python reads from text
_KEY = itemgetter(0)
_SAME_TEXT = frozenset({"BOOLEAN", "DATE", "TIME", "TIMESTAMPTZ", "UUID"})


class Digest:
    """A checksum over rows of stored values, whatever portions they come in."""

    def __init__(self) -> None:
        """Start empty."""
        self.rows = 0
        self._hash = hashlib.sha256()

    def add(self, columns: Sequence[Sequence[Any]]) -> None:
        """Add rows, given by their columns."""
        rows = list(zip(*columns, strict=True))
        self.rows += len(rows)
        # Version 2 writes equal values equally; later ones look at who else has the object.
        self._hash.update(memoryview(marshal.dumps(rows, 2))[_HEAD_BYTES:])

    def hex(self) -> str:
        """Return the checksum of what was added."""
        return self._hash.hexdigest()


def compared(kind: ColumnType, dialect: Dialect) -> Convert:
    """Return what turns the driver's value into the one that is compared; None: nothing to do."""
    known = plain(kind)
    if known is not None or (kind.decode is None and kind.native is None):
        return known
    if kind is BOOLEAN and dialect.name == _SQLITE:
        return None
    if kind is DATETIME:
        return _same_moment if dialect.name == _SQLITE else encode_datetime
    storage, encode, decode = kind.storage, kind.encode, dialect.decoder(kind)
    if decode is None:
        return lambda value: storage(encode(value))
    return lambda value: storage(encode(decode(value)))


def plain(kind: ColumnType) -> Convert:
    """Return what gives stored values one form where one value has several: JSON and floats."""
    if native(kind).sql == "JSONB":
        return _plain_json
    return _plain_float if kind.storage is float and kind.decode is None else None


def carried(kind: ColumnType, source: Dialect, target: Dialect) -> Convert:
    """Return what turns the source driver's value into the target driver's."""
    if source.name == target.name:
        return None
    if target.name == _POSTGRES:  # COPY takes text, and these are text as they are stored
        form = native(kind)
        return None if form.sql in _SAME_TEXT else _WITHOUT_NUL.get(form.sql, form.bind)
    if kind.native is not None:
        return lambda value: source.stored(kind, value)
    return _without_nan if kind.storage is float else None


def converted(
    info: TableInfo[Any],
    column: Column[Any],
    convert: Convert,
    values: Sequence[Any],
    keys: Callable[[int], str],
) -> Sequence[Any]:
    """Convert the values of a column; a CopyError names the first row whose value is refused."""
    if convert is None:
        return values
    try:
        return [None if value is None else convert(value) for value in values]
    except Exception:
        for number, value in enumerate(values):
            try:
                _ = None if value is None else convert(value)
            except Exception as err:
                place = f"table {info.name}, column {column.name}, row {keys(number)}"
                raise CopyError(f"{place}: {err}") from err
        raise


def _without_nan(value: float) -> float:
    if isnan(value):
        raise BadValue("NaN, which SQLite cannot store")
    return encode_float(value)


def _json_without_nul(text: str) -> str:
    if has_nul(text):
        raise BadValue("JSON with a NUL character, which PostgreSQL cannot store")
    return text


# Another program, or an older version of this one, may have written it.
_WITHOUT_NUL = {"TEXT": encode_str, "JSONB": _json_without_nul}


def _plain_float(value: float) -> Any:
    """Give NaN one form, and zero one sign: SQLite has only one."""
    return "NaN" if isnan(value) else value + 0.0


def _same_moment(text: str) -> str:
    """Write a stored time as we would; what has our width and our ending is written so."""
    if len(text) == _TIME_CHARS and text.endswith("+00:00"):
        return text
    return encode_datetime(datetime.fromisoformat(text))


def _plain_json(text: str) -> Any:
    """Read JSON into tuples and lists: what a Digest can take, with the keys in one order."""
    return _read_json(text.strip())[0]


def _in_order(pairs: list[tuple[str, Any]]) -> tuple[tuple[str, Any], ...]:
    if len(pairs) == 1:
        return tuple(pairs)
    return tuple(sorted(dict(pairs).items(), key=_KEY))


def _plain_number(text: str) -> int | str:
    """Read a number with a point or an exponent: 100, 1e2 and 100.0 are the same."""
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    sign = "-" if whole.startswith("-") else ""
    digits = (whole.removeprefix("-") + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return 0
    power = int(exponent or 0) - len(fraction) + len(digits) - len(significant)
    if 0 <= power <= _LONGEST_DIGITS:
        return int(f"{sign}{significant}{'0' * power}")
    return f"\0number {sign}{significant}e{power}"


_read_json = json.JSONDecoder(parse_float=_plain_number, object_pairs_hook=_in_order).raw_decode
