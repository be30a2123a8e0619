"""Whether migrations end at the schema that the tables describe, and whether they lead back.

Both schemas are built in a fresh database of their own and what SQLite says about them is compared,
so that the comparison knows hardly more of SQL than SQLite does.
"""

from __future__ import annotations

import difflib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import apsw

from www.db.drivers.sqlite.functions import register
from www.db.schema.ddl import create_all
from www.db.schema.shape import of_sqlite, split, squeezed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from www.db.schema.files import Migration
    from www.db.schema.shape import Shapes
    from www.db.table import Table


def difference(tables: Sequence[type[Table]], migrations: Sequence[Migration]) -> list[str]:
    """Return a line per difference, `-` only in the migrations, `+` only in the tables."""
    with _scratch([migration.sql for migration in migrations]) as database:
        migrated = _schema(database)
    with _scratch([create_all(tables)]) as database:
        return changed(migrated, _schema(database))


def not_undone(migrations: Sequence[Migration]) -> list[str]:
    """Take every step that can be undone forth and back; return what differs afterwards."""
    lines = []
    with _scratch([]) as database:
        for step in migrations:
            before = _schema(database)
            database.execute(step.sql).fetchall()
            if step.down is not None:
                database.execute(step.down).fetchall()
                found = changed(before, _schema(database))
                lines += [f"{step.label}.down.sql: {line}" for line in found]
                if found:
                    break
                database.execute(step.sql).fetchall()
    return lines


def built(scripts: Sequence[str]) -> Shapes:
    """Return what scripts make of an empty database."""
    with _scratch(scripts) as database:
        return of_sqlite(database)


def changed(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Return the lines that only one of both has."""
    return [line for line in difflib.ndiff(before, after) if line.startswith(("+ ", "- "))]


@contextmanager
def _scratch(scripts: Sequence[str]) -> Iterator[apsw.Connection]:
    connection = apsw.Connection(":memory:")
    register(connection)
    try:
        for script in scripts:
            connection.execute(script).fetchall()
        yield connection
    finally:
        connection.close()


def _schema(connection: apsw.Connection) -> list[str]:
    query = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY 1, 2"
    return [
        f"{kind} {name}: {part}"
        for kind, name, sql in connection.execute(query).fetchall()
        for part in _parts(str(sql), is_table=kind == "table")
        if not str(name).startswith("sqlite_")
    ]


def _parts(sql: str, *, is_table: bool) -> list[str]:
    """Split a CREATE statement; the order of columns and white space do not matter."""
    head, bracket, rest = sql.partition("(")
    if not bracket or not is_table:
        return [squeezed(sql)]
    body, _, options = rest.rpartition(")")
    parts = [head, options, *split(body, ",")]
    return sorted(squeezed(part) for part in parts if part.strip())
