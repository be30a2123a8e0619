"""What a database needs before many rows come in, and after: references, indexes, counters.

Everything happens in the one transaction of the copy, so that an error undoes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from www.db.compile import quoted
from www.db.errors import CopyError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db.column import Column
    from www.db.connection import Connection
    from www.db.metadata import TableInfo


CACHE_KIB, USUAL_CACHE_KIB = 48 * 1024, 2_000


class Side(Protocol):
    """The target of a copy."""

    async def prepare(self) -> None:
        """Keep everybody else out; let rows refer to rows that come later."""
        ...

    async def finish(self) -> None:
        """Look at every reference, and hold to them from now on."""
        ...

    async def count_from(self, info: TableInfo[Any], newest: int) -> None:
        """Let the next row without a number get one above `newest`."""
        ...


def side(conn: Connection, infos: Sequence[TableInfo[Any]]) -> Side:
    """Return the side for the connection's kind of database."""
    return (_SQLite if conn.dialect.name == "sqlite" else _Postgres)(conn, infos)


async def newest_number(conn: Connection, info: TableInfo[Any]) -> int:
    """Return the highest number that a table has given out, to rows that are gone too."""
    key = counted(info)
    if key is None:
        return 0
    query = f"SELECT max({quoted(key.name)}) AS newest FROM {quoted(info.name)}"
    newest = (await conn.raw(query))[0]["newest"] or 0
    if conn.dialect.name == "sqlite":
        if not key.autoincrement:  # SQLite itself only looks at the rows that are there
            return int(newest)
        rows = await conn.raw("SELECT seq FROM sqlite_sequence WHERE name = ?", info.name)
        return max([int(newest), *(int(row["seq"]) for row in rows)])
    if (sequence := await _sequence(conn, info, key)) is None:
        return int(newest)
    query = f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS given FROM {sequence}"
    return max(int(newest), int((await conn.raw(query))[0]["given"]))


def counted(info: TableInfo[Any]) -> Column[Any] | None:
    """Return the key whose values the database gives out by itself, if there is one."""
    if len(info.primary_key) != 1 or info.full_text:
        return None
    key = info.primary_key[0]
    return key if key.type.storage is int and key.type.python is int else None


async def _sequence(conn: Connection, info: TableInfo[Any], key: Column[Any]) -> str | None:
    query = "SELECT pg_get_serial_sequence(?, ?) AS name"
    name = (await conn.raw(query, quoted(info.name), key.name))[0]["name"]
    return None if name is None else str(name)


async def _dangling(conn: Connection, infos: Sequence[TableInfo[Any]]) -> str:
    """Name a row that refers to one that is not there."""
    for info in infos:
        for columns, targets in info.references():
            there = targets[0].table
            here = [f"child.{quoted(column.name)}" for column in columns]
            wanted = [f"parent.{quoted(target.name)}" for target in targets]
            same = " AND ".join(f"{a} = {b}" for a, b in zip(here, wanted, strict=True))
            given = " AND ".join(f"{value} IS NOT NULL" for value in here)
            keys = [f"child.{quoted(key.name)}" for key in info.primary_key]
            asked = [f"{value} AS value_{n}" for n, value in enumerate([*keys, *here])]
            rows = await conn.raw(
                f"SELECT {', '.join(asked)} FROM {quoted(info.name)} AS child WHERE {given}"
                f" AND NOT EXISTS (SELECT 1 FROM {quoted(there)} AS parent WHERE {same})"
                f" ORDER BY {', '.join(keys)} LIMIT 1"
            )
            if rows:
                values = list(rows[0].values())
                key = zip(info.primary_key, values, strict=False)
                row = ", ".join(f"{column.name}={value!r:.80}" for column, value in key)
                missing = ", ".join(f"{value!r:.80}" for value in values[len(keys) :])
                names = ", ".join(column.name for column in columns)
                place = f"table {info.name}, column {names}, row {row}"
                return f"{place}: {there} has no row {missing}"
    return "a row refers to one that is not there"


class _Both:
    def __init__(self, conn: Connection, infos: Sequence[TableInfo[Any]]) -> None:
        self._conn = conn
        self._infos = infos

    async def _run(self, text: str) -> None:
        """Run what the database wrote itself: a question mark in it stands for no value."""
        await self._conn._written(text, (), short=False)  # noqa: SLF001 - raw() would bind


class _SQLite(_Both):
    """The transaction holds the write lock; references are counted and looked at in the end.

    Rows come in the order of their keys, but not of their indexes: with SQLite's usual 2 MB of
    memory nearly every index entry would be a page read and written.
    """

    async def prepare(self) -> None:
        await self._conn.raw("PRAGMA defer_foreign_keys = ON")
        await self._conn.raw(f"PRAGMA cache_size = -{CACHE_KIB}")

    async def finish(self) -> None:
        await self._conn.raw(f"PRAGMA cache_size = -{USUAL_CACHE_KIB}")
        if await self._conn.raw("SELECT 1 AS row FROM pragma_foreign_key_check LIMIT 1"):
            raise CopyError(await _dangling(self._conn, self._infos))

    async def count_from(self, info: TableInfo[Any], newest: int) -> None:
        key = counted(info)
        if key is None or not key.autoincrement or newest < 1:
            return
        write = "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ? RETURNING seq"
        if not await self._conn.raw(write, newest, info.name):
            insert = "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)"
            await self._conn.raw(insert, info.name, newest)


class _Postgres(_Both):
    """Foreign keys and indexes are made anew in the end: that costs a third of row by row."""

    _again: tuple[str, ...] = ()
    _references: tuple[str, ...] = ()

    async def prepare(self) -> None:
        names = ", ".join(quoted(info.name) for info in self._infos)
        await self._conn.raw(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
        for info in self._infos:
            for row in await self._conn.raw(_REFERENCES, quoted(info.name)):
                await self._conn.raw(f"ALTER TABLE {row['place']} DROP CONSTRAINT {row['name']}")
                add = f"ALTER TABLE {row['place']} ADD CONSTRAINT {row['name']} {row['text']}"
                self._references += (add,)
        for info in self._infos:
            for row in await self._conn.raw(_INDEXES, quoted(info.name)):
                await self._conn.raw(f"DROP INDEX {row['name']}")
                self._again += (row["text"],)

    async def finish(self) -> None:
        for text in self._again:
            await self._run(text)
        try:
            async with self._conn.transaction():
                for text in self._references:
                    await self._run(text)
        except IntegrityError as err:
            raise CopyError(await _dangling(self._conn, self._infos)) from err
        for info in self._infos:  # so that the first readers get good plans
            await self._conn.raw(f"ANALYZE {quoted(info.name)}")

    async def count_from(self, info: TableInfo[Any], newest: int) -> None:
        key = counted(info)
        if key is None or newest < 1:
            return
        if (sequence := await _sequence(self._conn, info, key)) is not None:
            await self._conn.raw("SELECT setval(?::regclass, ?)", sequence, newest)


_REFERENCES = """
SELECT conrelid::regclass::text AS place, quote_ident(conname) AS name,
    pg_get_constraintdef(oid) AS text
FROM pg_constraint WHERE contype = 'f' AND conrelid = ?::regclass ORDER BY conname
"""
_INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS text
FROM pg_index i WHERE indrelid = ?::regclass AND NOT indisprimary
AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND contype <> 'f')
ORDER BY 1
"""
