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

    remade = _remade(old, new)
    kept = [name for name in new.indexes if old.indexes.get(name) == new.indexes[name]]
    under = [name for name in kept if _mentions(new.indexes[name].partition("(")[2], remade)]
    gone = [*(name for name in names("drop index") if name in old.indexes), *under]
    yield from (f"DROP INDEX {quoted(name)};" for name in gone)
    again = [
        text for text in new.constraints if text in old.constraints and _mentions(text, remade)
    ]
    for text in old.constraints:
        if text not in new.constraints or text in again:
            yield f"{alter} DROP CONSTRAINT {_constraint(new.name, text)};"
    yield from (f"{alter} DROP COLUMN {quoted(name)};" for name in remade)
    added = names("add column")
    for name in added:
        if not parts(new.columns[name])["generated"]:
            yield from _added(alter, name, new, values.get((new.name, name)))
    for name in names("change column"):
        if name not in remade and old.columns[name] != new.columns[name]:
            yield from _changed(alter, name, old, new, values.get((new.name, name)))
    for name in dict.fromkeys([*added, *remade]):
        if name in new.columns and parts(new.columns[name])["generated"]:
            yield from _added(alter, name, new, None)
    dropped = [name for name in names("drop column") if name not in remade]
    yield from (f"{alter} DROP COLUMN {quoted(name)};" for name in dropped)
    come = [text for text in new.constraints if text not in old.constraints or text in again]
    yield from (f"{alter} ADD {text};" for text in come)
    indexes = [*(name for name in names("add index") if name in new.indexes), *under]
    yield from (f"{new.indexes[name]};" for name in indexes)


def _remade(old: Shape, new: Shape) -> list[str]:
    """Return the columns to drop and make again: expressions, and what they look at, stay put.

    A generated column is in the way when a column that it looks at goes or gets another type, and
    its own expression cannot be changed.
    """
    was = {name: parts(text) for name, text in old.columns.items()}
    will = {name: parts(text) for name, text in new.columns.items()}
    moved = [
        name
        for name in was
        if name not in will
        or any(was[name][part] != will[name][part] for part in ("type", "collate"))
    ]
    return [
        name
        for name in was
        if (name in will and will[name]["generated"] and old.columns[name] != new.columns[name])
        or (
            was[name]["generated"]
            and (name not in will or _mentions(was[name]["generated"], moved))
        )
    ]


def _mentions(text: str, names: Sequence[str]) -> bool:
    return any(quoted(name) in text for name in names)


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
        found = parts(text)
        optional = f"{found['type']}{found['collate']}"
        rest = f"{found['identity']}{found['key']} {found['references']}".rstrip()
        yield f"{alter} ADD COLUMN {quoted(name)} {optional}{rest};"
        if found["default"]:
            yield f"{alter} ALTER COLUMN {quoted(name)} SET DEFAULT {found['default']};"
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
    yield from _retyped(this, name, was, will)
    if was["required"] != will["required"]:
        yield from _required(this, name, new, value)
    if will["identity"] and not was["identity"]:
        yield from _counting(this, name, new)
    if will["key"] and not was["key"]:
        yield f"{alter} ADD PRIMARY KEY ({quoted(name)});"
    if will["references"] and refers:
        yield f"{alter} ADD CONSTRAINT {foreign} FOREIGN KEY ({quoted(name)}) {will['references']};"


def _retyped(this: str, name: str, was: dict[str, str], will: dict[str, str]) -> Iterator[str]:
    """Change type and default; a default would have to be converted, so it goes meanwhile."""
    converted = (was["type"], was["collate"]) != (will["type"], will["collate"])
    if was["generated"]:
        yield f"{this} DROP EXPRESSION;"
    if was["default"] and (converted or not will["default"]):
        yield f"{this} DROP DEFAULT;"
    if converted:
        kind = f"{will['type']}{will['collate']}"
        yield f"{this} TYPE {kind} USING {_converted(name, was['type'], will['type'])};"
    if will["default"] and (converted or was["default"] != will["default"]):
        yield f"{this} SET DEFAULT {will['default']};"


def _converted(name: str, was: str, will: str) -> str:
    if (was, will) == ("TIMESTAMPTZ", "TEXT"):  # as SQLite has it
        form = """'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'"""
        return f"to_char({quoted(name)} AT TIME ZONE 'UTC', {form})"
    through = "INT" if was == "BOOLEAN" else "TEXT"
    return f"{quoted(name)}::{through}::{will}"


def _required(this: str, name: str, new: Shape, value: Value | None) -> Iterator[str]:
    if not parts(new.columns[name])["required"]:
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
