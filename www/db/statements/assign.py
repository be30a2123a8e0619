"""Values on their way into columns, of INSERT and UPDATE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from www.db.compile import quoted
from www.db.errors import BadValue
from www.db.expression import Expression
from www.db.fitting import assigned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from www.db.column import Column
    from www.db.compile import Compiler
    from www.db.metadata import TableInfo

# Longer values take SQLite more than a millisecond to tokenise or to write.
SHORT_VALUE_BYTES = 16_384  # or characters of up to four


def assignments(
    info: TableInfo[Any], values: Mapping[str, Any]
) -> tuple[tuple[Column[Any], Any], ...]:
    """Return columns with what is written into them; an expression of another type is an error."""
    found = []
    for key, value in values.items():
        column = info.writable(key)
        if isinstance(value, Expression):
            value = assigned(column.type, value, repr(column))  # noqa: PLW2901 - as it is written
        found.append((column, value))
    return tuple(found)


def write_assignment(out: Compiler, column: Column[Any], value: Any) -> None:
    """Append `column = value`."""
    out.text(quoted(column.name) + " = ")
    if isinstance(value, Expression):
        value.sql(out)
    else:
        out.bind(encode(column, value), column.type)


def is_long(value: object) -> bool:
    """Tell whether storing `value` may take SQLite a millisecond."""
    return isinstance(value, str | bytes) and len(value) > SHORT_VALUE_BYTES


def encode(column: Column[Any], value: Any) -> Any:
    """Encode `value` for `column`; errors name the column."""
    if value is None:
        return None
    try:
        return column.type.encode(value)
    except BadValue as err:
        raise BadValue(f"{column.table}.{column.attribute}: {err}") from err
