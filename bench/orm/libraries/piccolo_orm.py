"""Piccolo; on SQLite it opens a connection for every statement outside of a transaction."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from piccolo import columns as pc
from piccolo.columns.base import OnDelete
from piccolo.columns.defaults.timestamp import TimestampNow
from piccolo.engine.postgres import PostgresEngine
from piccolo.engine.sqlite import SQLiteEngine
from piccolo.table import Table

from bench.orm.model import TABLE, Entry, Extra, Target, Variant, extras

if TYPE_CHECKING:
    from collections.abc import Awaitable

TYPES: dict[str, Any] = {
    "float": pc.DoublePrecision, "smallint": pc.SmallInt, "int": pc.Integer,
    "bigint": pc.BigInt, "char": pc.Varchar, "text": pc.Text, "decimal": pc.Numeric,
    "json": pc.JSONB,
}  # fmt: skip
LIMITS: dict[str, dict[str, Any]] = {"char": {"length": 255}, "decimal": {"digits": (12, 8)}}


class Engine(SQLiteEngine):
    """Piccolo's engine with the durability that all contestants get."""

    async def get_connection(self) -> Any:
        connection = await super().get_connection()
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL"):
            await connection.execute(f"PRAGMA {pragma}")
        return connection

    async def _run_in_new_connection(self, *args: Any, **options: Any) -> Any:
        connection = await self.get_connection()
        try:
            return await self._run_in_existing_connection(connection, *args, **options)
        finally:
            await connection.close()


def journal(engine: Any, variant: Variant) -> Any:
    """Make the table of a variant."""
    space: dict[str, Any] = {
        "timestamp": pc.Timestamp(default=TimestampNow()),
        "level": pc.SmallInt(index=True),
        "text": pc.Varchar(length=255, index=True),
    }
    if variant == "relations":
        cascade = OnDelete.cascade
        space["parent"] = pc.ForeignKey(
            "self", null=True, default=None, on_delete=cascade, db_column_name="parent_id"
        )
    space |= {extra.name: _column(extra) for extra in extras(variant)}
    options = {"db": engine, "tablename": TABLE}
    return types.new_class("Journal", (Table,), options, lambda names: names.update(space))


def _column(extra: Extra) -> Any:
    given = LIMITS.get(extra.kind, {})
    return TYPES[extra.kind](default=extra.default, null=extra.default is None, **given)


class Piccolo:
    """Rows of Journal."""

    async def open(self, target: Target, variant: Variant) -> None:
        if target.database == "sqlite":
            self.engine: Any = Engine(path=target.address)
            # While one connection stays open, closing another copies and syncs nothing.
            self.keeper = await self.engine.get_connection()
            await self.keeper.execute_fetchall("SELECT name FROM sqlite_master")
        else:
            url = urlsplit(target.address)
            config = {
                "host": url.hostname, "port": url.port, "user": url.username,
                "database": url.path[1:],
            }  # fmt: skip
            self.engine = PostgresEngine(config=config)
            await self.engine.start_connection_pool(min_size=target.tasks, max_size=target.tasks)
        self.postgres = target.database == "postgres"
        self.journal = journal(self.engine, variant)
        await self.journal.create_table(if_not_exists=True)

    async def close(self) -> None:
        if self.postgres:
            await self.engine.close_connection_pool()
        else:
            await self.keeper.close()

    async def insert_single(self, entries: list[Entry]) -> None:
        for entry in entries:
            await self.journal(level=entry.level, text=entry.text).save()

    async def insert_batch(self, entries: list[Entry]) -> None:
        async with self.engine.transaction():
            await self.insert_single(entries)

    async def insert_bulk(self, entries: list[Entry]) -> None:
        rows = [self.journal(level=entry.level, text=entry.text) for entry in entries]
        async with self.engine.transaction():
            for start in range(0, len(rows), 500):
                await self.journal.insert(*rows[start : start + 500])

    def filter_large(self, level: int) -> Awaitable[Any]:
        found: Awaitable[Any] = self.journal.objects().where(self.journal.level == level).run()
        return found

    async def filter_small(self, queries: list[tuple[int, int]]) -> list[Any]:
        table = self.journal
        return [
            await table.objects().where(table.level == level).limit(20).offset(offset)
            for level, offset in queries
        ]

    async def get(self, ids: list[int]) -> list[Any]:
        table = self.journal
        return [await table.objects().get(table.id == key) for key in ids]

    async def filter_dicts(self, level: int) -> Any:
        return await self.journal.select().where(self.journal.level == level)

    async def filter_tuples(self, level: int) -> Any:  # it has none: made of its dicts
        rows = await self.journal.select().where(self.journal.level == level)
        return [tuple(row.values()) for row in rows]

    async def load(self) -> Any:
        return await self.journal.objects().order_by(self.journal.id)

    async def update_whole(self, rows: list[Any], levels: list[int]) -> None:
        async with self.engine.transaction():
            for row, level in zip(rows, levels, strict=True):
                row.level = level
                row.text += " Update"
                await row.save()

    async def update_part(self, rows: list[Any], levels: list[int]) -> None:
        columns = [self.journal.level]
        async with self.engine.transaction():
            for row, level in zip(rows, levels, strict=True):
                row.level = level
                await row.save(columns=columns)

    async def delete(self, rows: list[Any]) -> None:
        async with self.engine.transaction():
            for row in rows:
                await row.remove()
