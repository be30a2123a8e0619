"""What to know of a database before anything is copied into it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from www.db.compile import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db.connection import Connection
    from www.db.engine import Engine
    from www.db.metadata import TableInfo
    from www.db.table import Table
    from www.db.verbs import Verbs

RECORD = "schema_migrations"
_TABLES = {
    "sqlite": "SELECT name FROM pragma_table_list WHERE schema = 'main'"
    " AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY name",
    "postgres": "SELECT tablename AS name FROM pg_tables"
    " WHERE schemaname = current_schema() ORDER BY tablename",
}


async def holding_rows(conn: Verbs) -> list[str]:
    """Return the tables that hold rows, anybody's, apart from the record of migrations."""
    names = [str(row["name"]) for row in await conn.raw(_TABLES[conn.dialect.name])]
    return [
        name
        for name in names
        if name != RECORD and await conn.raw(f"SELECT 1 AS row FROM {quoted(name)} LIMIT 1")
    ]


async def are_same(source: Engine, target: Engine) -> bool:
    """Tell whether both are one database, whatever names it was given; both must be open."""
    if source.dialect.name != target.dialect.name:
        return False
    if source.dialect.name == "sqlite":
        return source.path.samefile(target.path)
    lock = secrets.randbits(63)  # a lock of PostgreSQL's is known throughout one database
    async with source.transaction(read_only=True) as one, target.transaction() as other:
        await one.raw("SELECT pg_advisory_xact_lock(?)::text", lock)
        free = await other.raw("SELECT pg_try_advisory_xact_lock(?) AS free", lock)
        return not free[0]["free"]


async def count_rows(conn: Connection, tables: Sequence[type[Table]]) -> dict[str, int]:
    """Return how many rows each table has."""
    return {table.info.name: await conn.count(table.select()) for table in tables}


def in_order(tables: Sequence[type[Table]]) -> list[TableInfo[Any]]:
    """Order tables so that each stands behind those it refers to, as far as that is possible."""
    left = {table.info.name: table.info for table in tables}
    ordered: list[TableInfo[Any]] = []
    while left:
        free = [info for info in left.values() if not (info.parents() - {info.name}) & left.keys()]
        # Those that refer to each other have no order: the references are looked at in the end.
        ordered += free or list(left.values())[:1]
        for info in ordered:
            left.pop(info.name, None)
    return ordered
