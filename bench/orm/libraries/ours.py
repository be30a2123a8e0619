"""www.db, the data layer of this project."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from bench.orm.model import TABLE, Entry, Extra, Target, Variant, extras
from www.db import Column, ColumnType, DefinitionError, Engine, Limits, Table, TableMetaClass
from www.db.dialects.postgres import PostgresDialect
from www.db.drivers.sqlite.lane import Options
from www.db.schema.ddl import create_all
from www.db.schema.migrate import Migration, apply
from www.db.types import column_type

PYTHON: dict[str, type] = {
    "float": float, "smallint": int, "int": int, "bigint": int, "char": str, "text": str,
    "json": dict,
}  # fmt: skip


def decimal_type() -> Any:
    """Return the layer's own Decimal where it has one, else the two functions it asks for."""
    try:
        return column_type(Decimal)
    except DefinitionError:
        return ColumnType("decimal", Decimal, str, str, Decimal)


def tables(variant: Variant) -> list[Any]:
    """Make the table classes of a variant."""
    space: dict[str, Any] = {
        "id": Column(int, primary_key=True),
        "timestamp": Column(datetime, default=partial(datetime.now, UTC)),
        "level": Column(int, index=True),
        "text": Column(str, max_length=255, index=True),
    }
    if variant == "relations":
        space["parent_id"] = Column(
            int, nullable=True, index=True, references=lambda: made[0].id, on_delete="cascade"
        )
    space |= {extra.name: _column(extra) for extra in extras(variant)}
    made: list[Any] = [_table("Journal", space, name=TABLE)]
    if variant == "relations":
        side = partial(
            Column, int, primary_key=True, references=lambda: made[0].id, on_delete="cascade"
        )
        made.append(_table("Related", {"one_id": side(), "other_id": side()}, name="links"))
    return made


def _table(cls_name: str, space: dict[str, Any], *, name: str) -> Any:
    return TableMetaClass(cls_name, (Table,), space, name=name)


def _column(extra: Extra) -> Any:
    python = PYTHON[extra.kind] if extra.kind != "decimal" else decimal_type()
    length = 255 if extra.kind == "char" else None
    if extra.default is None:
        return Column(python, nullable=True, max_length=length)
    default = partial(dict, extra.default) if python is dict else extra.default
    return Column(python, default=default, max_length=length)


class Ours:
    """Rows of Journal, statements run by the engine."""

    async def open(self, target: Target, variant: Variant) -> None:
        made = tables(variant)
        self.journal = made[0]
        if target.database == "postgres":
            await self._open_postgres(target, made)
        else:
            options = Options(path=Path(target.address))
            apply(options, [Migration(1, "tables", create_all(made))])
            self.engine = Engine(target.address, durability=target.durability)
        await self.engine.open()

    async def _open_postgres(self, target: Target, made: list[Any]) -> None:
        """Create the tables; durability is the server's default, as for all others."""
        import asyncpg

        connection = await asyncpg.connect(target.address)
        await connection.execute(create_all(made, PostgresDialect()))
        await connection.close()
        limits = Limits(connections=target.tasks)
        self.engine = Engine(target.address, durability="full", limits=limits)

    async def close(self) -> None:
        await self.engine.close()

    async def insert_single(self, entries: list[Entry]) -> None:
        for entry in entries:
            await self.engine.insert(self.journal(level=entry.level, text=entry.text))

    async def insert_batch(self, entries: list[Entry]) -> None:
        rows = [self.journal(level=entry.level, text=entry.text) for entry in entries]
        await self.engine.insert_many(rows, fill=True)  # the ids, as a unit of work has them

    async def insert_bulk(self, entries: list[Entry]) -> None:
        rows = [self.journal(level=entry.level, text=entry.text) for entry in entries]
        await self.engine.insert_many(rows)

    async def filter_large(self, level: int) -> Any:
        journal = self.journal
        return await self.engine.all(journal.select().where(journal.level == level))

    async def filter_small(self, queries: list[tuple[int, int]]) -> list[Any]:
        journal, engine = self.journal, self.engine
        return [
            await engine.all(
                journal.select().where(journal.level == level).limit(20).offset(offset)
            )
            for level, offset in queries
        ]

    async def get(self, ids: list[int]) -> list[Any]:
        return [await self.engine.get(self.journal, key) for key in ids]

    filter_dicts = filter_large  # a row is a dict

    async def filter_tuples(self, level: int) -> Any:
        journal = self.journal
        return await self.engine.tuples(journal.select().where(journal.level == level))

    async def load(self) -> Any:
        return await self.engine.all(self.journal.select().order_by(self.journal.id))

    async def update_whole(self, rows: list[Any], levels: list[int]) -> None:
        for row, level in zip(rows, levels, strict=True):
            row.level = level
            row.text += " Update"
        await self.engine.update_many(rows)

    async def update_part(self, rows: list[Any], levels: list[int]) -> None:
        for row, level in zip(rows, levels, strict=True):
            row.level = level
        await self.engine.update_many(rows)

    async def delete(self, rows: list[Any]) -> None:
        await self.engine.delete_many(rows)
