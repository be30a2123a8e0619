"""apsw by hand: the ceiling on SQLite. Tuples as stored, or dicts of typed values."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import apsw

from bench.orm import ddl
from bench.orm.model import TABLE, Entry, Target, Variant, columns, extras, stored

if TYPE_CHECKING:
    from collections.abc import Callable

Row = tuple[Any, ...]


class Apsw:
    """Statements written out, tuples as they are stored."""

    def open(self, target: Target, variant: Variant) -> None:
        self.variant: Variant = variant
        self.connection = apsw.Connection(target.address)
        for pragma in ("journal_mode = WAL", f"synchronous = {target.durability}"):
            self.connection.execute(f"PRAGMA {pragma}").fetchall()
        self.connection.execute("PRAGMA foreign_keys = ON")
        for statement in ddl.create(ddl.SQLITE, variant):
            self.connection.execute(statement)
        names = columns(variant)
        marks = ", ".join("?" * len(names))
        self.insert = f"INSERT INTO {TABLE} ({', '.join(names)}) VALUES ({marks})"
        self.select = f"SELECT id, {', '.join(names)} FROM {TABLE}"

    def close(self) -> None:
        self.connection.close()

    def insert_single(self, entries: list[Entry]) -> None:
        for entry in entries:
            self.connection.execute(self.insert, stored(entry, self.variant))

    def insert_batch(self, entries: list[Entry]) -> None:
        with self.connection:
            for entry in entries:
                self.connection.execute(self.insert, stored(entry, self.variant))

    def insert_bulk(self, entries: list[Entry]) -> None:
        with self.connection:
            rows = [stored(entry, self.variant) for entry in entries]
            self.connection.executemany(self.insert, rows)

    def filter_large(self, level: int) -> list[Any]:
        return self.connection.execute(f"{self.select} WHERE level = ?", (level,)).fetchall()

    def filter_small(self, queries: list[tuple[int, int]]) -> list[list[Any]]:
        sql = f"{self.select} WHERE level = ? LIMIT 20 OFFSET ?"
        return [self.connection.execute(sql, query).fetchall() for query in queries]

    def get(self, ids: list[int]) -> list[Any]:
        sql = f"{self.select} WHERE id = ?"
        return [self.connection.execute(sql, (key,)).fetchone() for key in ids]

    filter_dicts = filter_large
    filter_tuples = filter_large

    def load(self) -> list[Any]:
        return self.connection.execute(f"{self.select} ORDER BY id").fetchall()

    def update_whole(self, rows: list[Any], levels: list[int]) -> None:
        sql = f"UPDATE {TABLE} SET level = ?, text = ? WHERE id = ?"
        with self.connection:
            for row, level in zip(rows, levels, strict=True):
                self.connection.execute(sql, (level, row[3] + " Update", row[0]))

    def update_part(self, rows: list[Any], levels: list[int]) -> None:
        sql = f"UPDATE {TABLE} SET level = ? WHERE id = ?"
        with self.connection:
            for row, level in zip(rows, levels, strict=True):
                self.connection.execute(sql, (level, row[0]))

    def delete(self, rows: list[Any]) -> None:
        sql = f"DELETE FROM {TABLE} WHERE id = ?"
        with self.connection:
            for row in rows:
                self.connection.execute(sql, (row[0],))


class ApswTyped(Apsw):
    """The same, with what it costs to get dicts of datetime, Decimal and decoded JSON."""

    def open(self, target: Target, variant: Variant) -> None:
        super().open(target, variant)
        self.names = ("id", *columns(variant))
        decode: dict[str, Callable[[str], Any]] = {"decimal": Decimal, "json": json.loads}
        self.decoders: list[tuple[str, Callable[[str], Any]]] = [
            (extra.name, decode[extra.kind]) for extra in extras(variant) if extra.kind in decode
        ]
        self.decoders.insert(0, ("timestamp", datetime.fromisoformat))

    def _dict(self, row: Row) -> dict[str, Any]:
        made = dict(zip(self.names, row, strict=False))
        for name, decode in self.decoders:
            if (value := made[name]) is not None:
                made[name] = decode(value)
        return made

    def filter_large(self, level: int) -> list[dict[str, Any]]:
        return [self._dict(row) for row in super().filter_large(level)]

    def filter_small(self, queries: list[tuple[int, int]]) -> list[list[dict[str, Any]]]:
        return [[self._dict(row) for row in rows] for rows in super().filter_small(queries)]

    def get(self, ids: list[int]) -> list[dict[str, Any]]:
        return [self._dict(row) for row in super().get(ids)]

    filter_dicts = filter_large

    def filter_tuples(self, level: int) -> list[Row]:
        return [tuple(self._dict(row).values()) for row in super().filter_large(level)]
