"""Values on their way from one driver to another, and as they are compared.

A value is compared in the form in which SQLite stores it, after it was decoded and encoded once:
so what cannot be read is found here, and what the databases write differently (the order of keys in
JSON, the zeros of its numbers) is the same.
"""

from __future__ import annotations

import hashlib
import json
import marshal
from math import isnan
from typing import TYPE_CHECKING, Any

from www.db.dialects.postgres import native
from www.db.errors import BadValue, CopyError
from www.db.types import BOOLEAN, encode_float

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from www.db.column import Column
    from www.db.compile import Dialect
    from www.db.metadata import TableInfo
    from www.db.types import ColumnType

    Convert = Callable[[Any], Any] | None

_HEAD_BYTES = 5  # of a list in marshal's form: its type and how many items it has
_SQLITE, _POSTGRES = "sqlite", "postgres"
_SAME_TEXT = frozenset({"BOOLEAN", "DATE", "TIMESTAMPTZ", "UUID"})


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
    if native(kind).sql == "JSONB":
        return _plain_json
    if kind.storage is float and kind.native is None and kind.decode is None:
        return _plain_float
    if kind.decode is None and kind.native is None:
        return None
    if kind is BOOLEAN and dialect.name == _SQLITE:
        return int
    storage, encode = kind.storage, kind.encode
    decode = dialect.decoder(kind)
    if decode is None:
        return lambda value: storage(encode(value))
    known = decode
    return lambda value: storage(encode(known(value)))


def carried(kind: ColumnType, source: Dialect, target: Dialect) -> Convert:
    """Return what turns the source driver's value into the target driver's."""
    if source.name == target.name:
        return None
    if target.name == _POSTGRES:  # COPY takes text, and these are text as they are stored
        return None if native(kind).sql in _SAME_TEXT else native(kind).bind
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
    except Exception:  # noqa: BLE001 - a type of one's own may raise anything
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


def _plain_float(value: float) -> Any:
    """Give NaN one form, and zero one sign: SQLite has only one."""
    return "NaN" if isnan(value) else value + 0.0


def _plain_json(text: str) -> str:
    return json.dumps(_read_json(text), sort_keys=True, ensure_ascii=False)


def _plain_number(text: str) -> str:
    """Write a number of JSON as digits and exponent: 100, 1e2 and 100.0 are the same."""
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    sign = "-" if whole.startswith("-") else ""
    digits = (whole.removeprefix("-") + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return "\0number 0"
    power = int(exponent or 0) - len(fraction) + len(digits) - len(significant)
    return f"\0number {sign}{significant}e{power}"


_read_json = json.JSONDecoder(parse_float=_plain_number, parse_int=_plain_number).decode
