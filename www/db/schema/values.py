"""What rows that exist get in a column that must have a value.

Forwards it is the column's constant default, or what the person says who makes the migration; on
the way back a neutral value of the type, because nobody knows any more what was there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from www.db.compile import quoted
from www.db.dialects.postgres import PostgresDialect
from www.db.dialects.sqlite import SQLiteDialect
from www.db.errors import MigrationError
from www.db.schema.ddl import literal
from www.db.schema.shape import parts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from www.db.column import Column
    from www.db.schema.changes import Change
    from www.db.schema.shape import Schema, Shapes
    from www.db.table import Table


class Value(NamedTuple):
    """An SQL expression per database; a constant one may be a DEFAULT."""

    sqlite: str
    postgres: str
    constant: bool = True


_DIGITS = re.compile(r"NUMERIC(?:\((\d+), (\d+)\))?\Z")
Values = dict[tuple[str, str], Value]
_EPOCH: Final = "'1970-01-01T00:00:00.000000+00:00'"
# By type, without its digits.
_NEUTRAL: Final = {
    "NUMERIC": Value("'0'", "0"),
    "TIME": Value("'00:00:00.000000'", "'00:00'::TIME"),
    "BIGINT": Value("0", "0"),
    "DOUBLE PRECISION": Value("0.0", "0.0"),
    'TEXT COLLATE "C"': Value("''", "''"),
    "BYTEA": Value("X''", "''::BYTEA"),
    "BOOLEAN": Value("0", "FALSE"),
    "TIMESTAMPTZ": Value(_EPOCH, f"{_EPOCH}::TIMESTAMPTZ"),
    "DATE": Value("'1970-01-01'", "'1970-01-01'::DATE"),
    "JSONB": Value("'{}'", "'{}'::JSONB"),
}
# What both databases turn into the same, or refuse when the migration is applied.
_CONVERTED: Final = {
    *((kind, "TEXT") for kind in ("BIGINT", "TIMESTAMPTZ", "DATE", "UUID", "JSONB")),
    *(
        ("TEXT", kind)
        for kind in ("BIGINT", "DOUBLE PRECISION", "TIMESTAMPTZ", "DATE", "UUID", "JSONB")
    ),
    *(("BIGINT", "BOOLEAN"), ("BOOLEAN", "BIGINT"), ("BIGINT", "DOUBLE PRECISION")),
}


def forwards(
    tables: Sequence[type[Table]],
    found: Sequence[Change],
    before: Schema,
    after: Schema,
    given: Mapping[tuple[str, str], str],
) -> Values:
    """Return the values that rows need; a MigrationError names every column that has none."""
    columns = {
        (column.table, column.name): column
        for table in tables
        for column in table.info.columns.values()
    }
    if change := _not_converted(found, before, after):
        message = f"{change.table}.{change.name} cannot change its type in the same way on both"
        hint = f"add another column with --fill {change.table}.OTHER=SQL"
        raise MigrationError(f"{message} databases: {hint}, and drop this one")
    values: Values = {}
    missing = []
    for change in _wanting(found, before.postgres, after.postgres):
        place = change.table, change.name
        if _is_computed(after, change):
            continue
        if place in given:
            values[place] = Value(given[place], given[place], constant=False)
        elif change.kind == "change column" and (value := _server_default(after, change)):
            values[place] = value
        elif columns[place].is_filled():
            continue  # by the database
        elif (value := _default(columns[place])) is not None:
            values[place] = value
        elif change.kind == "add column":
            missing.append(".".join(place))
    if missing:
        fills = " ".join(f"--fill {place}=SQL" for place in missing)
        message = f"rows that exist need a value in {', '.join(missing)}: give the column a"
        raise MigrationError(f"{message} constant default, let it be nullable, or add {fills}")
    return values


def backwards(found: Sequence[Change], before: Schema, after: Schema) -> Values | str:
    """Return neutral values, or why there is no way back."""
    if change := _not_converted(found, before, after):
        return f"{change.table}.{change.name} does not turn into its old type by itself"
    values: Values = {}
    for change in _wanting(found, before.postgres, after.postgres):
        column = parts(after.postgres[change.table].columns[change.name])
        if column["generated"] or (column["default"] and change.kind == "add column"):
            continue
        plain = not (column["key"] or column["references"] or column["identity"])
        kind = column["type"].partition("(")[0] + column["collate"]
        neutral = _server_default(after, change) or (_NEUTRAL.get(kind) if plain else None)
        if neutral is not None:
            values[change.table, change.name] = neutral
        elif change.kind == "add column":
            return f"nobody knows what {change.table}.{change.name} held"
    return values


def _not_converted(found: Sequence[Change], before: Schema, after: Schema) -> Change | None:
    for change in found:
        if change.kind == "change column":
            was, will = (
                parts(side.postgres[change.table].columns[change.name]) for side in (before, after)
            )
            pair = was["type"], will["type"]
            if will["generated"] or pair[0] == pair[1]:
                continue
            if pair not in _CONVERTED and not _is_wider(*pair):
                return change
    return None


def _is_wider(old: str, new: str) -> bool:
    """Tell whether every Decimal of the old type is one of the new, with the same digits."""
    was, will = _DIGITS.match(old), _DIGITS.match(new)
    if was is None or will is None or was[1] is None:
        return False
    if will[1] is None:
        return True
    before, after = int(was[1]) - int(was[2]), int(will[1]) - int(will[2])
    return after >= before and int(will[2]) >= int(was[2])


def _is_computed(after: Schema, change: Change) -> bool:
    return bool(parts(after.postgres[change.table].columns[change.name])["generated"])


def _server_default(after: Schema, change: Change) -> Value | None:
    found = [parts(side[change.table].columns[change.name])["default"] for side in after]
    return Value(found[0], found[1], constant=False) if all(found) else None


def _wanting(found: Sequence[Change], before: Shapes, after: Shapes) -> list[Change]:
    """Return the changes behind which a column may not be empty any more."""
    return [
        change
        for change in found
        if change.kind in {"add column", "change column"}
        and _is_required(after, change)
        and not _is_required(before, change)
    ]


def _is_required(shapes: Shapes, change: Change) -> bool:
    definition = shapes[change.table].columns.get(change.name, "")
    return bool(definition and parts(definition)["required"])


def _default(column: Column[object]) -> Value | None:
    if not column.has_default() or (
        callable(column.default) and column.default not in {dict, list}
    ):
        return None
    value = column.make_default()
    if value is None or column.references is not None:
        return None
    return Value(literal(column, value, SQLiteDialect()), literal(column, value, PostgresDialect()))


def coalesced(column: str, value: str) -> str:
    """Write: what is there, else `value`."""
    return f"coalesce({quoted(column)}, {value})"
