"""aiosqlite by hand: one connection, every call hops to its thread."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiosqlite

from bench.orm import ddl
from bench.orm.model import TABLE, Entry, Target, Variant, columns, stored

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Aiosqlite:
    """Statements written out, tuples as they are stored."""

    async def open(self, target: Target, variant: Variant) -> None:
        self.variant: Variant = variant
        self.connection = await aiosqlite.connect(target.address, isolation_level=None)
        for pragma in ("journal_mode = WAL", f"synchronous = {target.durability}"):
            await self.connection.execute_fetchall(f"PRAGMA {pragma}")
        await self.connection.execute("PRAGMA foreign_keys = ON")
        for statement in ddl.create(ddl.SQLITE, variant):
            await self.connection.execute(statement)
        names = columns(variant)
        marks = ", ".join("?" * len(names))
        self.insert = f"INSERT INTO {TABLE} ({', '.join(names)}) VALUES ({marks})"
        self.select = f"SELECT id, {', '.join(names)} FROM {TABLE}"

    async def close(self) -> None:
        await self.connection.close()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        await self.connection.execute("BEGIN")
        yield
        await self.connection.commit()

    async def insert_single(self, entries: list[Entry]) -> None:
        for entry in entries:
            await self.connection.execute_insert(self.insert, stored(entry, self.variant))

    async def insert_batch(self, entries: list[Entry]) -> None:
        async with self._transaction():
            await self.insert_single(entries)

    async def insert_bulk(self, entries: list[Entry]) -> None:
        async with self._transaction():
            rows = [stored(entry, self.variant) for entry in entries]
            await self.connection.executemany(self.insert, rows)

    async def filter_large(self, level: int) -> Any:
        sql = f"{self.select} WHERE level = ?"
        return await self.connection.execute_fetchall(sql, (level,))

    async def filter_small(self, queries: list[tuple[int, int]]) -> list[Any]:
        sql = f"{self.select} WHERE level = ? LIMIT 20 OFFSET ?"
        return [await self.connection.execute_fetchall(sql, query) for query in queries]

    async def get(self, ids: list[int]) -> list[Any]:
        sql = f"{self.select} WHERE id = ?"
        return [next(iter(await self.connection.execute_fetchall(sql, (key,)))) for key in ids]

    filter_dicts = filter_large
    filter_tuples = filter_large

    async def load(self) -> Any:
        return await self.connection.execute_fetchall(f"{self.select} ORDER BY id")

    async def update_whole(self, rows: list[Any], levels: list[int]) -> None:
        sql = f"UPDATE {TABLE} SET level = ?, text = ? WHERE id = ?"
        async with self._transaction():
            for row, level in zip(rows, levels, strict=True):
                await self.connection.execute(sql, (level, row[3] + " Update", row[0]))

    async def update_part(self, rows: list[Any], levels: list[int]) -> None:
        sql = f"UPDATE {TABLE} SET level = ? WHERE id = ?"
        async with self._transaction():
            for row, level in zip(rows, levels, strict=True):
                await self.connection.execute(sql, (level, row[0]))

    async def delete(self, rows: list[Any]) -> None:
        sql = f"DELETE FROM {TABLE} WHERE id = ?"
        async with self._transaction():
            for row in rows:
                await self.connection.execute(sql, (row[0],))
