"""yara-orm: Tortoise's words over an engine in Rust, on SQLite with its synchronous fast path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from yara_orm import Model, YaraOrm, fields, in_transaction

from bench.orm.libraries.tortoise_orm import TortoiseOrm, journal

if TYPE_CHECKING:
    from bench.orm.model import Entry, Target, Variant

FIELDS: dict[str, Any] = {
    "float": fields.FloatField, "smallint": fields.SmallIntField, "int": fields.IntField,
    "bigint": fields.BigIntField, "char": fields.CharField, "text": fields.TextField,
    "decimal": fields.DecimalField, "json": fields.JSONField,
}  # fmt: skip


class Yara(TortoiseOrm):
    """What differs from Tortoise."""

    async def open(self, target: Target, variant: Variant) -> None:
        self.journal = journal(Model, fields, FIELDS, variant)
        if target.database == "sqlite":  # it sets WAL and synchronous=NORMAL itself
            url = f"sqlite://{target.address}?sync_fast_path=1"
        else:
            url = f"{target.address}?max_size={target.tasks}"
        await YaraOrm.init(url)
        await YaraOrm.generate_schemas()

    async def close(self) -> None:
        await YaraOrm.close()

    async def insert_batch(self, entries: list[Entry]) -> None:
        async with in_transaction():
            await self.insert_single(entries)

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
