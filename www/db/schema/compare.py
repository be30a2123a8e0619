"""Whether migrations end at the schema that the tables describe.

Both are built in a fresh database of their own and what SQLite says about them is compared, so that
the comparison knows no more of SQL than SQLite does.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

import apsw

from www.db.schema.ddl import create_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db.schema.migrate import Migration
    from www.db.table import Table


def difference(tables: Sequence[type[Table]], migrations: Sequence[Migration]) -> list[str]:
    """Return a line per difference, `-` only in the migrations, `+` only in the tables."""
    migrated = _schema([migration.sql for migration in migrations])
    described = _schema([create_all(tables)])
    lines = difflib.ndiff(migrated, described)
    return [line for line in lines if line.startswith(("+ ", "- "))]


def _schema(scripts: Sequence[str]) -> list[str]:
    connection = apsw.Connection(":memory:")
    try:
        for script in scripts:
            connection.execute(script).fetchall()
        query = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY 1, 2"
        rows = connection.execute(query).fetchall()
    finally:
        connection.close()
    return [
        f"{kind} {name}: {part}"
        for kind, name, sql in rows
        for part in _parts(str(sql))
        if not str(name).startswith("sqlite_")
    ]


def _parts(sql: str) -> list[str]:
    """Split a CREATE statement into its lines; order and white space of lines do not matter."""
    lines = (re.sub(r"\s+", " ", line).strip().rstrip(",") for line in sql.splitlines())
    return sorted(line for line in lines if line)
