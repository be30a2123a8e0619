"""Oxyde: pydantic models over an engine in Rust; WAL and synchronous=NORMAL are its defaults."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from oxyde import Field, Model, PoolSettings, db

from bench.orm.model import TABLE, Entry, Extra, Target, Variant, columns, extras

PYTHON: dict[str, Any] = {
    "float": float, "smallint": int, "int": int, "bigint": int, "char": str, "text": str,
    "decimal": Decimal, "json": dict[str, Any],
}  # fmt: skip
# pydantic takes a class in the namespace for a field unless it looks nested.
META = {"__module__": __name__, "__qualname__": "Journal.Meta"}


def journal(variant: Variant) -> Any:
    """Make the model of a variant."""
    types: dict[str, Any] = {"id": int | None, "timestamp": datetime, "level": int, "text": str}
    space: dict[str, Any] = {
        "__module__": __name__,
        "__qualname__": "Journal",
        "__annotations__": types,
        "id": Field(default=None, db_pk=True),
        "timestamp": Field(default_factory=partial(datetime.now, UTC)),
        "level": Field(db_index=True),
        "text": Field(db_index=True, max_length=255),
        "Meta": type("Meta", (), {**META, "is_table": True, "table_name": TABLE}),
    }
    if variant == "relations":
        types["parent_id"] = int | None
        space["parent_id"] = None
    for extra in extras(variant):
        null = extra.default is None
        types[extra.name] = PYTHON[extra.kind] | None if null else PYTHON[extra.kind]
        space[extra.name] = _field(extra)
    return type("Journal", (Model,), space)


def _field(extra: Extra) -> Any:
    sizes = {"max_length": 255} if extra.kind == "char" else {}
    if extra.kind == "decimal":
        sizes = {"max_digits": 12, "decimal_places": 8}
    if isinstance(extra.default, dict):
        return Field(default_factory=extra.default.copy)
    return Field(default=extra.default, **sizes)


class Oxyde:
    """Rows of Journal."""

    async def open(self, target: Target, variant: Variant) -> None:
        self.journal = journal(variant)
        self.names = ("id", *columns(variant))
        sqlite = target.database == "sqlite"
        url = f"sqlite:///{target.address}" if sqlite else target.address
        settings = PoolSettings(max_connections=target.tasks, min_connections=target.tasks)
        await db.init(default=url, settings=settings)
        await db.create_tables(await db.get_connection("default"))

    async def close(self) -> None:
        await db.close()

    async def insert_single(self, entries: list[Entry]) -> None:
        for entry in entries:
            await self.journal.objects.create(level=entry.level, text=entry.text)

    async def insert_batch(self, entries: list[Entry]) -> None:
        async with db.transaction.atomic():
            await self.insert_single(entries)

    async def insert_bulk(self, entries: list[Entry]) -> None:
        rows = [self.journal(level=entry.level, text=entry.text) for entry in entries]
        await self.journal.objects.bulk_create(rows, batch_size=500)

    async def filter_large(self, level: int) -> Any:
        return await self.journal.objects.filter(level=level).all()

    async def filter_small(self, queries: list[tuple[int, int]]) -> list[Any]:
        return [
            await self.journal.objects.filter(level=level).limit(20).offset(offset).all()
            for level, offset in queries
        ]

    async def get(self, ids: list[int]) -> list[Any]:
        return [await self.journal.objects.get(id=key) for key in ids]

    async def filter_dicts(self, level: int) -> Any:
        return await self.journal.objects.filter(level=level).values(*self.names).all()

    async def filter_tuples(self, level: int) -> Any:
        found = self.journal.objects.filter(level=level)
        return await found.values_list(*self.names).all()

    async def load(self) -> Any:
        return await self.journal.objects.order_by("id").all()

    async def update_whole(self, rows: list[Any], levels: list[int]) -> None:
        async with db.transaction.atomic():
            for row, level in zip(rows, levels, strict=True):
                row.level = level
                row.text += " Update"
                await row.save()

    async def update_part(self, rows: list[Any], levels: list[int]) -> None:
        async with db.transaction.atomic():
            for row, level in zip(rows, levels, strict=True):
                row.level = level
                await row.save(update_fields=["level"])

    async def delete(self, rows: list[Any]) -> None:
        async with db.transaction.atomic():
            for row in rows:
                await row.delete()
