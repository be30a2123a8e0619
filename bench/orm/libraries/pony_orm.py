"""Pony, synchronous. A session per query, for within one it answers from its cache."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from pony import orm

from bench.orm.model import TABLE, Entry, Extra, Target, Variant, extras

TYPES: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {
    "float": (float, (), {}), "smallint": (int, (), {"size": 16}),
    "int": (int, (), {"size": 32}), "bigint": (int, (), {"size": 64}),
    "char": (str, (), {"max_len": 255}), "text": (orm.LongStr, (), {"lazy": False}),
    "decimal": (Decimal, (12, 8), {}), "json": (orm.Json, (), {}),
}  # fmt: skip


def journal(database: Any, variant: Variant) -> Any:
    """Make the entity of a variant."""
    space: dict[str, Any] = {
        "_table_": TABLE,
        "timestamp": orm.Required(datetime, default=lambda: datetime.now(UTC).replace(tzinfo=None)),
        "level": orm.Required(int, size=16, index=True),
        "text": orm.Required(str, 255, index=True),
    }
    if variant == "relations":
        space |= {
            "parent": orm.Optional("Journal", reverse="children", column="parent_id"),
            "children": orm.Set("Journal", reverse="parent"),
            "related": orm.Set("Journal", reverse="related_from"),
            "related_from": orm.Set("Journal", reverse="related"),
        }
    space |= {extra.name: _attribute(extra) for extra in extras(variant)}
    return type("Journal", (database.Entity,), space)


def _attribute(extra: Extra) -> Any:
    python, sizes, options = TYPES[extra.kind]
    if extra.default is not None:
        return orm.Required(python, *sizes, default=extra.default, **options)
    if python in {str, orm.LongStr}:
        options = {**options, "nullable": True}
    return orm.Optional(python, *sizes, **options)


class Pony:
    """Entities of Journal."""

    def open(self, target: Target, variant: Variant) -> None:
        self.database = orm.Database()
        self.journal = journal(self.database, variant)
        if target.database == "sqlite":

            @self.database.on_connect(provider="sqlite")
            def set_up(_database: Any, connection: Any) -> None:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(f"PRAGMA synchronous = {target.durability}")

            self.database.bind("sqlite", target.address, create_db=True)
        else:
            url = urlsplit(target.address)
            self.database.bind(
                "postgres", host=url.hostname, port=url.port, user=url.username,
                database=url.path[1:],
            )  # fmt: skip
        self.database.generate_mapping(create_tables=True)

    def close(self) -> None:
        self.database.disconnect()

    def insert_single(self, entries: list[Entry]) -> None:
        for entry in entries:
            with orm.db_session:
                self.journal(level=entry.level, text=entry.text)

    def insert_batch(self, entries: list[Entry]) -> None:
        with orm.db_session:
            for entry in entries:
                self.journal(level=entry.level, text=entry.text)

    insert_bulk = insert_batch  # it has nothing else

    def _level(self, level: int) -> Any:
        return self.journal.select(lambda row: row.level == level)

    def filter_large(self, level: int) -> Any:
        with orm.db_session:
            return list(self._level(level))

    def filter_small(self, queries: list[tuple[int, int]]) -> list[Any]:
        found = []
        for level, offset in queries:
            with orm.db_session:
                found.append(list(self._level(level).limit(20, offset)))
        return found

    def get(self, ids: list[int]) -> list[Any]:
        found = []
        for key in ids:
            with orm.db_session:
                found.append(self.journal[key])
        return found

    def filter_dicts(self, level: int) -> Any:
        with orm.db_session:
            return [row.to_dict() for row in self._level(level)]

    def filter_tuples(self, level: int) -> Any:
        with orm.db_session:
            return [tuple(row.to_dict().values()) for row in self._level(level)]

    def load(self) -> Any:
        # Its objects live in a session, which stays open until the test that follows is over.
        orm.db_session.__enter__()
        return list(self.journal.select().order_by(self.journal.id))

    def update_whole(self, rows: list[Any], levels: list[int]) -> None:
        for row, level in zip(rows, levels, strict=True):
            row.level = level
            row.text += " Update"
        orm.db_session.__exit__()

    def update_part(self, rows: list[Any], levels: list[int]) -> None:
        for row, level in zip(rows, levels, strict=True):
            row.level = level
        orm.db_session.__exit__()

    def delete(self, rows: list[Any]) -> None:
        for row in rows:
            row.delete()
        orm.db_session.__exit__()
