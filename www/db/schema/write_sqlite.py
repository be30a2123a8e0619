"""Writes changes for SQLite.

A new column that may be empty is added; for everything else the table is made anew, as
https://sqlite.org/lang_altertable.html#otheralter describes. The runner switches foreign keys off
meanwhile and looks at every reference before it commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from www.db.compile import quoted
from www.db.schema.shape import parts
from www.db.schema.values import coalesced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from www.db.schema.changes import Change
    from www.db.schema.shape import Shape, Shapes
    from www.db.schema.values import Values


def statements(
    table: str, found: Sequence[Change], before: Shapes, after: Shapes, values: Values
) -> Iterator[str]:
    """Return what brings one table from `before` to `after`."""
    old, new = before.get(table), after.get(table)
    if new is None:
        yield f"DROP TABLE {quoted(table)};"
    elif old is None:
        yield from whole(new)
    elif any(change.kind == "make anew" for change in found):
        if old.virtual != new.virtual or old.columns != new.columns:
            yield f"DROP TABLE {quoted(table)};"
            yield from whole(new)
    elif _needs_rebuild(old, new):
        yield from _rebuild(old, new, values)
    else:
        yield from _altered(found, old, new)


def whole(shape: Shape) -> Iterator[str]:
    """Return the statements that make a table and its indexes."""
    yield shape.create()
    yield from (f"{index};" for index in shape.indexes.values())


def _needs_rebuild(old: Shape, new: Shape) -> bool:
    kept = {name: text for name, text in new.columns.items() if name in old.columns}
    added = [text for name, text in new.columns.items() if name not in old.columns]
    rest = sorted(old.constraints) != sorted(new.constraints) or old.options != new.options
    words = (" NOT NULL", "PRIMARY KEY", " DEFAULT (", " GENERATED ")
    plain = not any(word in text for text in added for word in words)
    return rest or kept != old.columns or not plain


def _altered(found: Sequence[Change], old: Shape, new: Shape) -> Iterator[str]:
    dropped = [c.name for c in found if c.kind == "drop index" and c.name in old.indexes]
    added = [c.name for c in found if c.kind == "add index" and c.name in new.indexes]
    yield from (f"DROP INDEX {quoted(name)};" for name in dropped)
    for name, text in new.columns.items():
        if name not in old.columns:
            yield f"ALTER TABLE {quoted(new.name)} ADD COLUMN {quoted(name)} {text};"
    yield from (f"{new.indexes[name]};" for name in added)


def _rebuild(old: Shape, new: Shape, values: Values) -> Iterator[str]:
    name, other = quoted(new.name), f"new_{new.name}"
    copied = {
        column: source for column in new.columns if (source := _source(column, old, new, values))
    }
    names, sources = ", ".join(map(quoted, copied)), ", ".join(copied.values())
    yield new.create(other)
    yield f"INSERT INTO {quoted(other)} ({names})\n    SELECT {sources} FROM {name};"
    if all("AUTOINCREMENT" in " ".join(shape.columns.values()) for shape in (old, new)):
        # Numbers that were given out once are not given out again.
        yield f"DELETE FROM sqlite_sequence WHERE name = '{other}';"
        yield f"""INSERT INTO sqlite_sequence (name, seq)
    SELECT '{other}', seq FROM sqlite_sequence WHERE name = '{new.name}';"""
    yield f"DROP TABLE {name};"
    yield f"ALTER TABLE {quoted(other)} RENAME TO {name};"
    yield from (f"{index};" for index in new.indexes.values())


def _source(column: str, old: Shape, new: Shape, values: Values) -> str:
    """Return where the copy takes a column from; nothing for one that stays empty."""
    value = values.get((new.name, column))
    if parts(new.columns[column])["generated"]:
        return ""
    if column not in old.columns:
        return value.sqlite if value else ""
    return coalesced(column, value.sqlite) if value else quoted(column)
