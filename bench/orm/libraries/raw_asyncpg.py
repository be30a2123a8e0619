"""asyncpg by hand: the ceiling on PostgreSQL. A task keeps its connection as long as it can."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import asyncpg

from bench.orm import ddl
from bench.orm.model import TABLE, Entry, Target, Variant, columns, extras


async def set_up(connection: Any) -> None:
    """Give and take JSON as Python values."""
    await connection.set_type_codec(
        "jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
    )


async def no_reset(_connection: Any) -> None:
    """Leave the connection as it is: nothing here changes its state."""


class Asyncpg:
    """Statements written out, asyncpg's records."""

    async def open(self, target: Target, variant: Variant) -> None:
        self.pool: Any = await asyncpg.create_pool(
            target.address, min_size=target.tasks, max_size=target.tasks, init=set_up,
            reset=no_reset,
        )  # fmt: skip
        for statement in ddl.create(ddl.POSTGRES, variant):
            await self.pool.execute(statement)
        names = columns(variant)
        marks = ", ".join(f"${number + 1}" for number in range(len(names)))
        self.insert = f"INSERT INTO {TABLE} ({', '.join(names)}) VALUES ({marks})"
        self.names = names
        self.select = f"SELECT id, {', '.join(names)} FROM {TABLE}"
        parent = (None,) if variant == "relations" else ()
        self.rest = (*parent, *(extra.default for extra in extras(variant)))

    async def close(self) -> None:
        await self.pool.close()

    def _values(self, entry: Entry) -> tuple[Any, ...]:
        return (datetime.now(UTC), entry.level, entry.text, *self.rest)

    async def insert_single(self, entries: list[Entry]) -> None:
        async with self.pool.acquire() as conn:
            for entry in entries:
                await conn.fetchval(self.insert + " RETURNING id", *self._values(entry))

    async def insert_batch(self, entries: list[Entry]) -> None:
        async with self.pool.acquire() as conn, conn.transaction():
            for entry in entries:
                await conn.fetchval(self.insert + " RETURNING id", *self._values(entry))

    async def insert_bulk(self, entries: list[Entry]) -> None:
        async with self.pool.acquire() as conn:
            await conn.executemany(self.insert, [self._values(entry) for entry in entries])

    async def filter_large(self, level: int) -> Any:
        async with self.pool.acquire() as conn:
            return await conn.fetch(f"{self.select} WHERE level = $1", level)

    async def filter_small(self, queries: list[tuple[int, int]]) -> list[Any]:
        sql = f"{self.select} WHERE level = $1 LIMIT 20 OFFSET $2"
        async with self.pool.acquire() as conn:
            return [await conn.fetch(sql, *query) for query in queries]

    async def get(self, ids: list[int]) -> list[Any]:
        sql = f"{self.select} WHERE id = $1"
        async with self.pool.acquire() as conn:
            return [await conn.fetchrow(sql, key) for key in ids]

    filter_dicts = filter_large
    filter_tuples = filter_large

    async def load(self) -> Any:
        return await self.pool.fetch(f"{self.select} ORDER BY id")

    async def _each(self, sql: str, values: list[tuple[Any, ...]]) -> None:
        async with self.pool.acquire() as conn, conn.transaction():
            for row in values:
                await conn.execute(sql, *row)

    async def update_whole(self, rows: list[Any], levels: list[int]) -> None:
        sql = f"UPDATE {TABLE} SET level = $1, text = $2 WHERE id = $3"
        pairs = zip(rows, levels, strict=True)
        await self._each(sql, [(level, row[3] + " Update", row[0]) for row, level in pairs])

    async def update_part(self, rows: list[Any], levels: list[int]) -> None:
        sql = f"UPDATE {TABLE} SET level = $1 WHERE id = $2"
        pairs = zip(rows, levels, strict=True)
        await self._each(sql, [(level, row[0]) for row, level in pairs])

    async def delete(self, rows: list[Any]) -> None:
        await self._each(f"DELETE FROM {TABLE} WHERE id = $1", [(row[0],) for row in rows])
