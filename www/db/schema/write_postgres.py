"""Writes changes for PostgreSQL, column by column; nothing is copied that need not be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from www.db.compile import quoted
from www.db.schema.shape import parts
from www.db.schema.write_sqlite import whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from www.db.schema.changes import Change
    from www.db.schema.shape import Shape, Shapes
    from www.db.schema.values import Value, Values

_NAMED = re.compile(r'CONSTRAINT "(\w+)"')


def statements(
    table: str, found: Sequence[Change], before: Shapes, after: Shapes, values: Values
) -> Iterator[str]:
    """Return what brings one table from `before` to `after`."""
    old, new = before.get(table), after.get(table)
    if new is None:
        return  # all that are dropped are dropped together, at the end
    if old is None:
        yield from whole(new)
    elif any(change.kind == "make anew" for change in found):
        yield f"DROP TABLE {quoted(table)};"
        yield from whole(new)
    else:
        yield from _altered(found, old, new, values)


def dropped(found: Sequence[Change]) -> Iterator[str]:
    """Drop tables in one statement, so that they may refer to each other."""
    if names := [quoted(change.table) for change in found if change.kind == "drop table"]:
        yield f"DROP TABLE {', '.join(names)};"


def concurrently(shape: Shape, name: str) -> str:
    """Write an index that is built while the table is written to."""
    return f"{shape.indexes[name].replace('INDEX ', 'INDEX CONCURRENTLY ', 1)};"


def _altered(found: Sequence[Change], old: Shape, new: Shape, values: Values) -> Iterator[str]:
    alter = f"ALTER TABLE {quoted(new.name)}"

    def names(kind: str) -> list[str]:
        return [change.name for change in found if change.kind == kind]

    gone = [name for name in names("drop index") if name in old.indexes]
    yield from (f"DROP INDEX {quoted(name)};" for name in gone)
    for text in old.constraints:
        if text not in new.constraints:
            yield f"{alter} DROP CONSTRAINT {_constraint(new.name, text)};"
    for name in names("add column"):
        yield from _added(alter, name, new, values.get((new.name, name)))
    for name in names("change column"):
        if old.columns[name] != new.columns[name]:
            yield from _changed(alter, name, old, new, values.get((new.name, name)))
    yield from (f"{alter} DROP COLUMN {quoted(name)};" for name in names("drop column"))
    yield from (f"{alter} ADD {text};" for text in new.constraints if text not in old.constraints)
    come = [name for name in names("add index") if name in new.indexes]
    yield from (f"{new.indexes[name]};" for name in come)


def _constraint(table: str, text: str) -> str:
    match = _NAMED.match(text)
    return quoted(match[1] if match else f"{table}_pkey")


def _added(alter: str, name: str, new: Shape, value: Value | None) -> Iterator[str]:
    text = new.columns[name]
    if value is None:
        yield f"{alter} ADD COLUMN {quoted(name)} {text};"
    elif value.constant:
        yield f"{alter} ADD COLUMN {quoted(name)} {text} DEFAULT {value.postgres};"
        yield f"{alter} ALTER COLUMN {quoted(name)} DROP DEFAULT;"
    else:
        yield f"{alter} ADD COLUMN {quoted(name)} {text.replace(' NOT NULL', '', 1)};"
        yield f"UPDATE {quoted(new.name)} SET {quoted(name)} = {value.postgres};"
        yield f"{alter} ALTER COLUMN {quoted(name)} SET NOT NULL;"


def _changed(alter: str, name: str, old: Shape, new: Shape, value: Value | None) -> Iterator[str]:
    was, will = parts(old.columns[name]), parts(new.columns[name])
    this, foreign = f"{alter} ALTER COLUMN {quoted(name)}", quoted(f"{new.name}_{name}_fkey")
    refers = was["references"] != will["references"]
    if was["references"] and refers:
        yield f"{alter} DROP CONSTRAINT {foreign};"
    if was["key"] and not will["key"]:
        yield f"{alter} DROP CONSTRAINT {quoted(f'{new.name}_pkey')};"
    if was["identity"] and not will["identity"]:
        yield f"{this} DROP IDENTITY;"
    if (was["type"], was["collate"]) != (will["type"], will["collate"]):
        kind = f"{will['type']}{will['collate']}"
        yield f"{this} TYPE {kind} USING {_converted(name, was['type'], will['type'])};"
    if was["required"] != will["required"]:
        yield from _required(this, name, new, value)
    if will["identity"] and not was["identity"]:
        yield from _counting(this, name, new)
    if will["key"] and not was["key"]:
        yield f"{alter} ADD PRIMARY KEY ({quoted(name)});"
    if will["references"] and refers:
        yield f"{alter} ADD CONSTRAINT {foreign} FOREIGN KEY ({quoted(name)}) {will['references']};"


def _converted(name: str, was: str, will: str) -> str:
    if (was, will) == ("TIMESTAMPTZ", "TEXT"):  # as SQLite has it
        form = """'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'"""
        return f"to_char({quoted(name)} AT TIME ZONE 'UTC', {form})"
    through = "INT" if was == "BOOLEAN" else "TEXT"
    return f"{quoted(name)}::{through}::{will}"


def _required(this: str, name: str, new: Shape, value: Value | None) -> Iterator[str]:
    if " NOT NULL" not in new.columns[name]:
        yield f"{this} DROP NOT NULL;"
        return
    if value is not None:
        empty = f"{quoted(name)} IS NULL"
        yield f"UPDATE {quoted(new.name)} SET {quoted(name)} = {value.postgres} WHERE {empty};"
    yield f"{this} SET NOT NULL;"


def _counting(this: str, name: str, new: Shape) -> Iterator[str]:
    yield f"{this} ADD GENERATED BY DEFAULT AS IDENTITY;"
    sequence = f"pg_get_serial_sequence('{quoted(new.name)}', '{name}')"
    highest = f"coalesce(max({quoted(name)}), 0) + 1"
    yield f"SELECT setval({sequence}, {highest}, false) FROM {quoted(new.name)};"
