"""What is measured: a journal in three variants, the rows that go in and how they are stored.

The tests and models are those of github.com/tortoise/orm-benchmarks, so that figures can be set
beside theirs; the inputs are fixed instead of random, so that every result can be checked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any, Final, Literal

Variant = Literal["small", "relations", "wide"]
VARIANTS: Final[tuple[Variant, ...]] = ("small", "relations", "wide")
TESTS: Final = {
    "A": "insert, single",
    "B": "insert, batch",
    "C": "insert, bulk",
    "D": "filter, large",
    "E": "filter, small",
    "F": "get by key",
    "G": "filter to dict",
    "H": "filter to tuple",
    "I": "update, whole",
    "J": "update, part",
    "K": "delete",
}
LEVELS: Final = (10, 20, 30, 40, 50)
SMALL_ROWS = 20  # of one query of test E
TABLE, LINKS = "journal", "journal_related"


@dataclass(frozen=True, slots=True)
class Target:
    """The database of one run: a file, or the address of a PostgreSQL database."""

    database: Literal["sqlite", "postgres"]
    address: str  # a path, or postgresql://user@host:port/name
    durability: Literal["normal", "full"] = "normal"
    tasks: int = 1  # so many connections may be useful


@dataclass(frozen=True, slots=True)
class Entry:
    """One new row: all other columns have defaults."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Extra:
    """A further column of the wide variant; without a default it is nullable."""

    name: str
    kind: Literal["float", "smallint", "int", "bigint", "char", "text", "decimal", "json"]
    default: Any


DEFAULTS: Final[dict[Any, Any]] = {
    "float": 2.2,
    "smallint": 2,
    "int": 2_000_000,
    "bigint": 99_999_999,
    "char": "value1",
    "text": "Moo,Foo,Baa,Waa,Moo,Foo,Baa,Waa,Moo,Foo,Baa,Waa",
    "decimal": Decimal("2.2"),
    "json": {"a": 1, "b": "b", "c": [2], "d": {"e": 3}, "f": True},
}


def extras(variant: Variant) -> tuple[Extra, ...]:
    """Return the further columns: eight types, four times, every other time nullable."""
    if variant != "wide":
        return ()
    return tuple(
        Extra(f"col_{kind}{number}", kind, default if number % 2 else None)
        for number in range(1, 5)
        for kind, default in DEFAULTS.items()
    )


def columns(variant: Variant) -> tuple[str, ...]:
    """Return the names of all columns but the key, in their order."""
    parent = ("parent_id",) if variant == "relations" else ()
    return ("timestamp", "level", "text", *parent, *(extra.name for extra in extras(variant)))


def entries(test: str, count: int) -> list[Entry]:
    """Return the new rows of one test; every level is as frequent as the others."""
    return [Entry(LEVELS[i % len(LEVELS)], f"Insert from {test}, item {i}") for i in range(count)]


def small_queries(rows: int) -> list[tuple[int, int]]:
    """Return level and offset of the queries of test E; `rows` is what the table holds."""
    random, last = Random(5), rows // len(LEVELS) - SMALL_ROWS
    return [(level, random.randint(0, last)) for _ in range(rows // 30) for level in LEVELS]


def keys_to_get(ids: list[int], count: int) -> list[int]:
    """Return the keys that test F asks for."""
    return Random(6).choices(ids, k=count)


def stored(entry: Entry, variant: Variant) -> tuple[Any, ...]:
    """Return what a raw driver of SQLite binds for one new row, in the order of `columns`."""
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    parent = (None,) if variant == "relations" else ()
    return (now, entry.level, entry.text, *parent, *STORED_EXTRAS[variant])


def _plain(extra: Extra) -> Any:
    if extra.default is None:
        return None
    if extra.kind == "json":
        return json.dumps(extra.default, separators=(",", ":"))
    return str(extra.default) if extra.kind == "decimal" else extra.default


STORED_EXTRAS: Final = {
    variant: tuple(_plain(extra) for extra in extras(variant)) for variant in VARIANTS
}
