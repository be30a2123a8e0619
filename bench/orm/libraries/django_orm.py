"""Django's ORM, synchronous: its async methods run the same in a thread."""

from __future__ import annotations

import os
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.db import connection, models, transaction

from bench.orm.model import TABLE, Entry, Extra, Target, Variant, extras

FIELDS: dict[str, Any] = {
    "float": models.FloatField, "smallint": models.SmallIntegerField,
    "int": models.IntegerField, "bigint": models.BigIntegerField,
    "char": partial(models.CharField, max_length=255), "text": models.TextField,
    "decimal": partial(models.DecimalField, max_digits=12, decimal_places=8),
    "json": models.JSONField,
}  # fmt: skip


def configure(target: Target) -> None:
    """Write the settings that Django asks for."""
    if target.database == "sqlite":
        pragmas = f"PRAGMA journal_mode=WAL; PRAGMA synchronous={target.durability};"
        database: dict[str, Any] = {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": target.address,
            "OPTIONS": {"init_command": pragmas},
        }
    else:
        url = urlsplit(target.address)
        database = {
            "ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:],
            "HOST": url.hostname, "PORT": url.port, "USER": url.username,
        }  # fmt: skip
    settings.configure(DATABASES={"default": database}, USE_TZ=True, DEBUG=False)
    django.setup()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the harness calls it on its loop's thread


def journal(variant: Variant) -> Any:
    """Make the model of a variant."""
    space: dict[str, Any] = {
        "__module__": __name__,
        "Meta": type("Meta", (), {"app_label": "bench", "db_table": TABLE}),
        "id": models.AutoField(primary_key=True),
        "timestamp": models.DateTimeField(auto_now_add=True),
        "level": models.SmallIntegerField(db_index=True),
        "text": models.CharField(max_length=255, db_index=True),
    }
    if variant == "relations":
        space["parent"] = models.ForeignKey(
            "self", models.DO_NOTHING, null=True, related_name="children"
        )
        space["related"] = models.ManyToManyField("self", symmetrical=False)
    space |= {extra.name: _field(extra) for extra in extras(variant)}
    return type("Journal", (models.Model,), space)


def _field(extra: Extra) -> Any:
    if extra.default is None:
        return FIELDS[extra.kind](null=True)
    default = extra.default.copy if isinstance(extra.default, dict) else extra.default
    return FIELDS[extra.kind](default=default)


class Django:
    """Rows of Journal."""

    def open(self, target: Target, variant: Variant) -> None:
        configure(target)
        self.journal = journal(variant)
        with connection.schema_editor() as editor:
            editor.create_model(self.journal)

    def close(self) -> None:
        connection.close()

    def insert_single(self, entries: list[Entry]) -> None:
        for entry in entries:
            self.journal.objects.create(level=entry.level, text=entry.text)

    def insert_batch(self, entries: list[Entry]) -> None:
        with transaction.atomic():
            self.insert_single(entries)

    def insert_bulk(self, entries: list[Entry]) -> None:
        rows = [self.journal(level=entry.level, text=entry.text) for entry in entries]
        self.journal.objects.bulk_create(rows)

    def filter_large(self, level: int) -> Any:
        return list(self.journal.objects.filter(level=level))

    def filter_small(self, queries: list[tuple[int, int]]) -> list[Any]:
        found = self.journal.objects
        return [list(found.filter(level=level)[offset : offset + 20]) for level, offset in queries]

    def get(self, ids: list[int]) -> list[Any]:
        return [self.journal.objects.get(id=key) for key in ids]

    def filter_dicts(self, level: int) -> Any:
        return list(self.journal.objects.filter(level=level).values())

    def filter_tuples(self, level: int) -> Any:
        return list(self.journal.objects.filter(level=level).values_list())

    def load(self) -> Any:
        return list(self.journal.objects.order_by("id"))

    def update_whole(self, rows: list[Any], levels: list[int]) -> None:
        with transaction.atomic():
            for row, level in zip(rows, levels, strict=True):
                row.level = level
                row.text += " Update"
                row.save()

    def update_part(self, rows: list[Any], levels: list[int]) -> None:
        with transaction.atomic():
            for row, level in zip(rows, levels, strict=True):
                row.level = level
                row.save(update_fields=["level"])

    def delete(self, rows: list[Any]) -> None:
        with transaction.atomic():
            for row in rows:
                row.delete()
