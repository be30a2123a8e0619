"""The contestants: one file each, written the way its documentation says is fast."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from bench.orm.model import Entry, Target, Variant


class Library(Protocol):
    """One contestant. Every method may be a coroutine; the rows are what the library makes."""

    def open(self, target: Target, variant: Variant) -> Awaitable[None] | None:
        """Connect and create the tables; the harness replaces the indexes by its own."""

    def close(self) -> Awaitable[None] | None:
        """Disconnect."""

    def insert_single(self, entries: list[Entry]) -> Awaitable[None] | None:
        """A: insert row by row, each committed by itself."""

    def insert_batch(self, entries: list[Entry]) -> Awaitable[None] | None:
        """B: insert row by row in one transaction."""

    def insert_bulk(self, entries: list[Entry]) -> Awaitable[None] | None:
        """C: insert all rows by the call that is made for it."""

    def filter_large(self, level: int) -> Any:
        """D: return the rows of a level as objects."""

    def filter_small(self, queries: list[tuple[int, int]]) -> Any:
        """E: return, for each level and offset, 20 rows as objects."""

    def get(self, ids: list[int]) -> Any:
        """F: return the row of each key, each by a query of its own."""

    def filter_dicts(self, level: int) -> Any:
        """G: return the rows of a level as dicts."""

    def filter_tuples(self, level: int) -> Any:
        """H: return the rows of a level as tuples."""

    def load(self) -> Any:
        """Return all rows for the three tests that follow, in the order of their keys."""

    def update_whole(self, rows: list[Any], levels: list[int]) -> Awaitable[None] | None:
        """I: give each row its level, add ` Update` to its text and save it; one transaction."""

    def update_part(self, rows: list[Any], levels: list[int]) -> Awaitable[None] | None:
        """J: give each row its level and save only that; one transaction."""

    def delete(self, rows: list[Any]) -> Awaitable[None] | None:
        """K: delete row by row; one transaction."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """Where a library is and what it can be compared with."""

    place: str  # module:class
    databases: tuple[Literal["sqlite", "postgres"], ...] = ("sqlite", "postgres")
    kind: Literal["raw", "ours", "peer"] = "peer"
    asynchronous: bool = True
    durability: Literal["normal", "full"] = "normal"
    text_dicts: bool = False  # its dicts of test G hold times, decimals and JSON as text


CONTESTANTS: dict[str, Contestant] = {
    "apsw": Contestant("raw_apsw:Apsw", ("sqlite",), "raw", asynchronous=False),
    "apsw-typed": Contestant("raw_apsw:ApswTyped", ("sqlite",), "raw", asynchronous=False),
    "sqlite3": Contestant("raw_sqlite3:Sqlite3", ("sqlite",), "raw", asynchronous=False),
    "aiosqlite": Contestant("raw_aiosqlite:Aiosqlite", ("sqlite",), "raw"),
    "asyncpg": Contestant("raw_asyncpg:Asyncpg", ("postgres",), "raw"),
    "psycopg": Contestant("raw_psycopg:Psycopg", ("postgres",), "raw"),
    "ours": Contestant("ours:Ours", ("sqlite", "postgres"), "ours"),
    "ours-full": Contestant("ours:Ours", ("sqlite",), "ours", durability="full"),
    "yara": Contestant("yara:Yara"),
    "pony": Contestant("pony_orm:Pony", asynchronous=False),
    "peewee": Contestant("peewee_orm:Peewee", asynchronous=False),
    "oxyde": Contestant("oxyde_orm:Oxyde", text_dicts=True),
    "tortoise": Contestant("tortoise_orm:TortoiseOrm"),
    "piccolo": Contestant("piccolo_orm:Piccolo"),
    "sa-core": Contestant("sqlalchemy_core:SqlalchemyCore"),
    "sa-orm": Contestant("sqlalchemy_orm:SqlalchemyOrm"),
    "django": Contestant("django_orm:Django", asynchronous=False),
}
# The drivers that a ratio is printed against.
RAW = {"sqlite": "apsw", "postgres": "asyncpg"}


def load(name: str) -> Library:
    """Import and make a contestant; an ImportError says what is not installed."""
    module, cls = CONTESTANTS[name].place.split(":")
    made: Library = getattr(import_module(f"bench.orm.libraries.{module}"), cls)()
    return made
