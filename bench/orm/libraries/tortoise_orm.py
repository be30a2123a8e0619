"""Tortoise ORM, on aiosqlite or asyncpg."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from tortoise import Tortoise, fields
from tortoise.models import Model
from tortoise.transactions import in_transaction

from bench.orm.model import LINKS, TABLE, Entry, Extra, Target, Variant, extras

FIELDS: dict[str, Any] = {
    "float": fields.FloatField, "smallint": fields.SmallIntField, "int": fields.IntField,
    "bigint": fields.BigIntField, "char": fields.CharField, "text": fields.TextField,
    "decimal": fields.DecimalField, "json": fields.JSONField,
}  # fmt: skip
LIMITS: dict[str, dict[str, int]] = {
    "char": {"max_length": 255},
    "decimal": {"max_digits": 12, "decimal_places": 8},
}


def journal(base: Any, fields: Any, types: dict[str, Any], variant: Variant) -> Any:
    """Make the model of a variant; yara-orm writes its models in the same words."""
    space: dict[str, Any] = {
        "__module__": "bench_models",
        "Meta": type("Meta", (), {"table": TABLE}),
        "id": fields.IntField(primary_key=True),
        "timestamp": fields.DatetimeField(auto_now_add=True),
        "level": fields.SmallIntField(db_index=True),
        "text": fields.CharField(max_length=255, db_index=True),
    }
    if variant == "relations":
        space["parent"] = fields.ForeignKeyField(
            "models.Journal", related_name="children", null=True
        )
        space["related"] = fields.ManyToManyField(
            "models.Journal",
            related_name="related_from",
            through=LINKS,
            forward_key="other_id",
            backward_key="one_id",
        )
    space |= {extra.name: _field(extra, types) for extra in extras(variant)}
    return type("Journal", (base,), space)


def _field(extra: Extra, types: dict[str, Any]) -> Any:
    given = LIMITS.get(extra.kind, {})
    if extra.default is None:
        return types[extra.kind](null=True, **given)
    return types[extra.kind](default=extra.default, **given)


class TortoiseOrm:
    """Rows of Journal."""

    async def open(self, target: Target, variant: Variant) -> None:
        self.journal = journal(Model, fields, FIELDS, variant)
        module = ModuleType("bench_models")  # it imports models by the name of their module
        vars(module)["Journal"] = self.journal
        sys.modules[module.__name__] = module
        if target.database == "sqlite":
            url = f"sqlite://{target.address}?journal_mode=WAL&synchronous={target.durability}"
        else:
            url = target.address.replace("postgresql://", "asyncpg://")
            url += f"?minsize={target.tasks}&maxsize={target.tasks}"
        await Tortoise.init(db_url=url, modules={"models": [module.__name__]})
        await Tortoise.generate_schemas()

    async def close(self) -> None:
        await Tortoise.close_connections()

    async def insert_single(self, entries: list[Entry]) -> None:
        for entry in entries:
            await self.journal.create(level=entry.level, text=entry.text)

    async def insert_batch(self, entries: list[Entry]) -> None:
        async with in_transaction():
            await self.insert_single(entries)

    async def insert_bulk(self, entries: list[Entry]) -> None:
        await self.journal.bulk_create([self.journal(level=e.level, text=e.text) for e in entries])

    async def filter_large(self, level: int) -> Any:
        return await self.journal.filter(level=level)

    async def filter_small(self, queries: list[tuple[int, int]]) -> list[Any]:
        return [
            await self.journal.filter(level=level).limit(20).offset(offset)
            for level, offset in queries
        ]

    async def get(self, ids: list[int]) -> list[Any]:
        return [await self.journal.get(id=key) for key in ids]

    async def filter_dicts(self, level: int) -> Any:
        return await self.journal.filter(level=level).values()

    async def filter_tuples(self, level: int) -> Any:
        return await self.journal.filter(level=level).values_list()

    async def load(self) -> Any:
        return await self.journal.all().order_by("id")

    async def update_whole(self, rows: list[Any], levels: list[int]) -> None:
        async with in_transaction():
            for row, level in zip(rows, levels, strict=True):
                row.level = level
                row.text += " Update"
                await row.save()

    async def update_part(self, rows: list[Any], levels: list[int]) -> None:
        async with in_transaction():
            for row, level in zip(rows, levels, strict=True):
                row.level = level
                await row.save(update_fields=["level"])

    async def delete(self, rows: list[Any]) -> None:
        async with in_transaction():
            for row in rows:
                await row.delete()
