"""Peewee, synchronous."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import peewee as pw
from playhouse.postgres_ext import BinaryJSONField
from playhouse.sqlite_ext import JSONField

from bench.orm.model import LINKS, TABLE, Entry, Extra, Target, Variant, extras

FIELDS: dict[str, Any] = {
    "float": pw.DoubleField, "smallint": pw.SmallIntegerField, "int": pw.IntegerField,
    "bigint": pw.BigIntegerField, "char": pw.CharField, "text": pw.TextField,
    "decimal": partial(pw.DecimalField, max_digits=12, decimal_places=8),
}  # fmt: skip


def journal(database: Any, variant: Variant, json: Any) -> list[Any]:
    """Make the models of a variant."""
    meta = type("Meta", (), {"database": database, "table_name": TABLE})
    space: dict[str, Any] = {
        "Meta": meta,
        "timestamp": pw.DateTimeField(default=partial(datetime.now, UTC)),
        "level": pw.SmallIntegerField(index=True),
        "text": pw.CharField(index=True),
    }
    if variant == "relations":
        space["parent"] = pw.ForeignKeyField("self", null=True, on_delete="CASCADE")
    space |= {extra.name: _field(extra, json) for extra in extras(variant)}
    model = type("Journal", (pw.Model,), space)
    if variant != "relations":
        return [model]
    side = partial(pw.ForeignKeyField, model, on_delete="CASCADE")
    links: dict[str, Any] = {
        "Meta": type("Meta", (), {
            "database": database, "table_name": LINKS,
            "primary_key": pw.CompositeKey("one", "other"),
        }),
        "one": side(backref="related"), "other": side(backref="related_from"),
    }  # fmt: skip
    return [model, type("Related", (pw.Model,), links)]


def _field(extra: Extra, json: Any) -> Any:
    field = json if extra.kind == "json" else FIELDS[extra.kind]
    if extra.default is None:
        return field(null=True)
    return field(default=extra.default)


class Peewee:
    """Rows of Journal."""

    def open(self, target: Target, variant: Variant) -> None:
        if target.database == "sqlite":
            pragmas = {
                "journal_mode": "wal",
                "synchronous": target.durability,
                "foreign_keys": 1,
            }
            self.database: Any = pw.SqliteDatabase(target.address, pragmas=pragmas)
            made = journal(self.database, variant, JSONField)
        else:
            url = urlsplit(target.address)
            self.database = pw.PostgresqlDatabase(
                url.path[1:], host=url.hostname, port=url.port, user=url.username,
                prefer_psycopg3=True,
            )  # fmt: skip
            made = journal(self.database, variant, BinaryJSONField)
        self.journal = made[0]
        self.database.connect()
        self.database.create_tables(made)

    def close(self) -> None:
        self.database.close()

    def insert_single(self, entries: list[Entry]) -> None:
        for entry in entries:
            self.journal.create(level=entry.level, text=entry.text)

    def insert_batch(self, entries: list[Entry]) -> None:
        with self.database.atomic():
            self.insert_single(entries)

    def insert_bulk(self, entries: list[Entry]) -> None:
        rows = [self.journal(level=entry.level, text=entry.text) for entry in entries]
        with self.database.atomic():
            self.journal.bulk_create(rows, batch_size=500)

    def filter_large(self, level: int) -> Any:
        return list(self.journal.select().where(self.journal.level == level))

    def filter_small(self, queries: list[tuple[int, int]]) -> list[Any]:
        model = self.journal
        return [
            list(model.select().where(model.level == level).limit(20).offset(offset))
            for level, offset in queries
        ]

    def get(self, ids: list[int]) -> list[Any]:
        return [self.journal.get_by_id(key) for key in ids]

    def filter_dicts(self, level: int) -> Any:
        return list(self.journal.select().where(self.journal.level == level).dicts())

    def filter_tuples(self, level: int) -> Any:
        return list(self.journal.select().where(self.journal.level == level).tuples())

    def load(self) -> Any:
        return list(self.journal.select().order_by(self.journal.id))

    def update_whole(self, rows: list[Any], levels: list[int]) -> None:
        with self.database.atomic():
            for row, level in zip(rows, levels, strict=True):
                row.level = level
                row.text += " Update"
                row.save()

    def update_part(self, rows: list[Any], levels: list[int]) -> None:
        only = [self.journal.level]
        with self.database.atomic():
            for row, level in zip(rows, levels, strict=True):
                row.level = level
                row.save(only=only)

    def delete(self, rows: list[Any]) -> None:
        with self.database.atomic():
            for row in rows:
                row.delete_instance()
