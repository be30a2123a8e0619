"""SQLAlchemy Core, async, on aiosqlite or asyncpg; statements are built once."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from bench.orm.model import LINKS, TABLE, Entry, Extra, Target, Variant, extras

TYPES: dict[str, Any] = {
    "float": sa.Double(), "smallint": sa.SmallInteger(), "int": sa.Integer(),
    "bigint": sa.BigInteger(), "char": sa.String(255), "text": sa.Text(),
    "decimal": sa.Numeric(12, 8), "json": sa.JSON(),
}  # fmt: skip


def table(metadata: Any, variant: Variant) -> Any:
    """Describe the tables of a variant and return the journal."""
    columns = [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "timestamp",
            sa.DateTime(timezone=True),
            nullable=False,
            default=partial(datetime.now, UTC),
        ),
        sa.Column("level", sa.SmallInteger, nullable=False, index=True),
        sa.Column("text", sa.String(255), nullable=False, index=True),
    ]
    cascade = partial(sa.ForeignKey, f"{TABLE}.id", ondelete="CASCADE")
    if variant == "relations":
        columns.append(sa.Column("parent_id", cascade(), nullable=True))
        links = [sa.Column(name, cascade(), primary_key=True) for name in ("one_id", "other_id")]
        sa.Table(LINKS, metadata, *links)
    columns += [_column(extra) for extra in extras(variant)]
    return sa.Table(TABLE, metadata, *columns)


def _column(extra: Extra) -> Any:
    null = extra.default is None
    return sa.Column(extra.name, TYPES[extra.kind], nullable=null, default=extra.default)


def engine_of(target: Target) -> Any:
    """Make the engine, with the pragmas that all contestants get."""
    if target.database == "postgres":
        url = target.address.replace("postgresql://", "postgresql+asyncpg://")
        return create_async_engine(url, pool_size=target.tasks)
    engine = create_async_engine(f"sqlite+aiosqlite:///{target.address}")

    @sa.event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", f"synchronous={target.durability}"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


class SqlalchemyCore:
    """Rows are SQLAlchemy's named tuples."""

    async def open(self, target: Target, variant: Variant) -> None:
        metadata = sa.MetaData()
        self.journal = table(metadata, variant)
        self.engine = engine_of(target)
        async with self.engine.begin() as conn:
            await conn.run_sync(metadata.create_all)
        c = self.journal.c
        self.by_level = sa.select(self.journal).where(c.level == sa.bindparam("level"))
        self.small = self.by_level.limit(20).offset(sa.bindparam("start"))
        self.by_id = sa.select(self.journal).where(c.id == sa.bindparam("key"))
        self.of_key = c.id == sa.bindparam("key")

    async def close(self) -> None:
        await self.engine.dispose()

    async def insert_single(self, entries: list[Entry]) -> None:
        for entry in entries:
            async with self.engine.begin() as conn:
                await self._insert(conn, entry)

    async def insert_batch(self, entries: list[Entry]) -> None:
        async with self.engine.begin() as conn:
            for entry in entries:
                await self._insert(conn, entry)

    async def _insert(self, conn: Any, entry: Entry) -> None:
        await conn.execute(self.journal.insert(), {"level": entry.level, "text": entry.text})

    async def insert_bulk(self, entries: list[Entry]) -> None:
        rows = [{"level": entry.level, "text": entry.text} for entry in entries]
        async with self.engine.begin() as conn:
            await conn.execute(self.journal.insert(), rows)

    async def filter_large(self, level: int) -> Any:
        async with self.engine.connect() as conn:
            return (await conn.execute(self.by_level, {"level": level})).all()

    async def filter_small(self, queries: list[tuple[int, int]]) -> list[Any]:
        async with self.engine.connect() as conn:
            return [
                (await conn.execute(self.small, {"level": level, "start": start})).all()
                for level, start in queries
            ]

    async def get(self, ids: list[int]) -> list[Any]:
        async with self.engine.connect() as conn:
            return [(await conn.execute(self.by_id, {"key": key})).one() for key in ids]

    async def filter_dicts(self, level: int) -> Any:
        async with self.engine.connect() as conn:
            found = await conn.execute(self.by_level, {"level": level})
            return [dict(row) for row in found.mappings()]

    async def filter_tuples(self, level: int) -> Any:
        return [tuple(row) for row in await self.filter_large(level)]

    async def load(self) -> Any:
        async with self.engine.connect() as conn:
            return (await conn.execute(sa.select(self.journal).order_by("id"))).all()

    async def update_whole(self, rows: list[Any], levels: list[int]) -> None:
        changes = [
            {"key": row.id, "level": level, "text": row.text + " Update"}
            for row, level in zip(rows, levels, strict=True)
        ]
        async with self.engine.begin() as conn:
            await conn.execute(self.journal.update().where(self.of_key), changes)

    async def update_part(self, rows: list[Any], levels: list[int]) -> None:
        pairs = zip(rows, levels, strict=True)
        changes = [{"key": row.id, "level": level} for row, level in pairs]
        async with self.engine.begin() as conn:
            await conn.execute(self.journal.update().where(self.of_key), changes)

    async def delete(self, rows: list[Any]) -> None:
        async with self.engine.begin() as conn:
            keys = [{"key": row.id} for row in rows]
            await conn.execute(self.journal.delete().where(self.of_key), keys)
