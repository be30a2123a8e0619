"""psycopg 3, async, by hand: a connection per task."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.types.json import Jsonb

from bench.orm import ddl
from bench.orm.model import TABLE, Entry, Target, Variant, columns, extras

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Psycopg:
    """Statements written out, tuples."""

    async def open(self, target: Target, variant: Variant) -> None:
        self.idle: list[Any] = [
            await psycopg.AsyncConnection.connect(target.address, autocommit=True)
            for _ in range(target.tasks)
        ]
        for statement in ddl.create(ddl.POSTGRES, variant):
            await self.idle[0].execute(statement)
        names = columns(variant)
        marks = ", ".join(["%s"] * len(names))
        self.insert = f"INSERT INTO {TABLE} ({', '.join(names)}) VALUES ({marks})"
        self.select = f"SELECT id, {', '.join(names)} FROM {TABLE}"
        parent = (None,) if variant == "relations" else ()
        values = (extra.default for extra in extras(variant))
        self.rest = (*parent, *(Jsonb(v) if isinstance(v, dict) else v for v in values))

    async def close(self) -> None:
        for connection in self.idle:
            await connection.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        connection = self.idle.pop()
        try:
            yield connection
        finally:
            self.idle.append(connection)

    def _values(self, entry: Entry) -> tuple[Any, ...]:
        return (datetime.now(UTC), entry.level, entry.text, *self.rest)

    async def _fetch(self, conn: Any, sql: str, values: tuple[Any, ...]) -> Any:
        cursor = await conn.execute(sql, values)
        return await cursor.fetchall()

    async def insert_single(self, entries: list[Entry]) -> None:
        async with self._connection() as conn:
            for entry in entries:
                await self._fetch(conn, self.insert + " RETURNING id", self._values(entry))

    async def insert_batch(self, entries: list[Entry]) -> None:
        async with self._connection() as conn, conn.transaction():
            for entry in entries:
                await self._fetch(conn, self.insert + " RETURNING id", self._values(entry))

    async def insert_bulk(self, entries: list[Entry]) -> None:
        async with self._connection() as conn, conn.transaction(), conn.cursor() as cursor:
            await cursor.executemany(self.insert, [self._values(entry) for entry in entries])

    async def filter_large(self, level: int) -> Any:
        async with self._connection() as conn:
            return await self._fetch(conn, f"{self.select} WHERE level = %s", (level,))

    async def filter_small(self, queries: list[tuple[int, int]]) -> list[Any]:
        sql = f"{self.select} WHERE level = %s LIMIT 20 OFFSET %s"
        async with self._connection() as conn:
            return [await self._fetch(conn, sql, query) for query in queries]

    async def get(self, ids: list[int]) -> list[Any]:
        sql = f"{self.select} WHERE id = %s"
        async with self._connection() as conn:
            return [(await self._fetch(conn, sql, (key,)))[0] for key in ids]

    filter_dicts = filter_large
    filter_tuples = filter_large

    async def load(self) -> Any:
        async with self._connection() as conn:
            return await self._fetch(conn, f"{self.select} ORDER BY id", ())

    async def _each(self, sql: str, values: list[tuple[Any, ...]]) -> None:
        async with self._connection() as conn, conn.transaction():
            for row in values:
                await conn.execute(sql, row)

    async def update_whole(self, rows: list[Any], levels: list[int]) -> None:
        sql = f"UPDATE {TABLE} SET level = %s, text = %s WHERE id = %s"
        pairs = zip(rows, levels, strict=True)
        await self._each(sql, [(level, row[3] + " Update", row[0]) for row, level in pairs])

    async def update_part(self, rows: list[Any], levels: list[int]) -> None:
        sql = f"UPDATE {TABLE} SET level = %s WHERE id = %s"
        pairs = zip(rows, levels, strict=True)
        await self._each(sql, [(level, row[0]) for row, level in pairs])

    async def delete(self, rows: list[Any]) -> None:
        await self._each(f"DELETE FROM {TABLE} WHERE id = %s", [(row[0],) for row in rows])
