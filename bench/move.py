"""A million rows from SQLite to PostgreSQL and back: rows/s, the share of the raw drivers, memory.

    python bench/move.py [ROWS | --quick]

The raw drivers (apsw, asyncpg) read and write the same rows in the quickest way they have, between
tables with the same indexes and references; they check nothing. `copy` is what `www move` does: it
sums up every row, reads everything back and compares before it commits. Each runs in a process of
its own; memory is what that process grew by while copying.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import asyncpg

from bench.orm.postgres import server
from www.db import Column, Engine, Index, Limits, Table
from www.db.copying import copy_tables
from www.db.dialects.postgres import PostgresDialect
from www.db.drivers.sqlite.lane import Options
from www.db.schema.ddl import create_all
from www.db.schema.files import Migration
from www.db.schema.migrate import apply

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS, QUICK_ROWS, PEOPLE, CHUNK = 1_000_000, 50_000, 1_000, 5_000
BODY = "A sentence of the kind that stands in many a comment; 也有中文. " * 3
START = datetime(2020, 1, 1, tzinfo=UTC)


class Person(Table, name="people"):
    """Who said something."""

    id = Column(int, primary_key=True, autoincrement=True)
    name = Column(str, unique=True)


class Remark(Table):
    """Ten columns of the usual kinds."""

    id = Column(int, primary_key=True, autoincrement=True)
    person_id = Column(int, references=lambda: Person.id, index=True)
    parent_id = Column(int, references=lambda: Remark.id, nullable=True, index=True)
    title = Column(str)
    body = Column(str)
    score = Column(float)
    shown = Column(bool)
    extra = Column(dict)
    created_at = Column(datetime)
    deleted_at = Column(datetime, nullable=True)

    newest = Index(created_at.desc(), id.desc())


TABLES: tuple[type[Table], ...] = (Person, Remark)
NAMES = [column.name for column in Remark.info.columns.values()]


def fill(path: Path, rows: int) -> None:
    """Make the tables in a file, and the rows."""
    make(path)
    connection = apsw.Connection(str(path))
    moments = [(START + timedelta(seconds=i)).isoformat("T", "microseconds") for i in range(86_400)]
    with connection:
        people = [(i, f"Person {i}") for i in range(1, PEOPLE + 1)]
        connection.executemany("INSERT INTO people VALUES (?, ?)", people)
        connection.executemany(
            f"INSERT INTO remarks VALUES ({', '.join('?' * len(NAMES))})",
            (
                (i, i % PEOPLE + 1, i - 7 if i % 3 == 0 and i > 7 else None, f"Remark {i}", BODY,
                 i / 7, i % 2, f'{{"n":{i},"tags":["a","b"]}}', moments[i % 86_400], None)
                for i in range(1, rows + 1)
            ),
        )  # fmt: skip
    connection.close()


def make(place: Path | str) -> None:
    """Make the empty tables."""
    if isinstance(place, Path):
        apply(Options(path=place), [Migration(1, "tables", create_all(TABLES))])
    else:
        asyncio.run(_execute(place, create_all(TABLES, PostgresDialect())))


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def raw_to_postgres(source: str, target: str) -> None:
    """COPY in binary what a cursor gives; times, booleans and nothing else need a conversion."""
    connection = apsw.Connection(source)
    server_ = await asyncpg.connect(target)
    moment = datetime.fromisoformat
    async with server_.transaction():
        people = connection.execute("SELECT * FROM people").fetchall()
        await server_.copy_records_to_table("people", records=people)
        cursor = connection.execute("SELECT * FROM remarks ORDER BY id")
        while rows := [
            (*row[:6], bool(row[6]), row[7], moment(row[8]), row[9] and moment(row[9]))
            for row, _ in zip(cursor, range(CHUNK), strict=False)
        ]:
            await server_.copy_records_to_table("remarks", columns=NAMES, records=rows)
    await server_.close()


async def raw_to_sqlite(source: str, target: str) -> None:
    """Insert with executemany what a cursor gives."""
    server_ = await asyncpg.connect(source)
    connection = apsw.Connection(target)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("BEGIN")
    people = await server_.fetch("SELECT * FROM people")
    connection.executemany("INSERT INTO people VALUES (?, ?)", [tuple(row) for row in people])
    sql = f"INSERT INTO remarks VALUES ({', '.join('?' * len(NAMES))})"
    async with server_.transaction():
        cursor = await server_.cursor("SELECT * FROM remarks ORDER BY id")
        while rows := await cursor.fetch(CHUNK):
            connection.executemany(sql, [
                (*row[:6], int(row[6]), row[7], row[8].isoformat("T", "microseconds"),
                 row[9] and row[9].isoformat("T", "microseconds"))
                for row in map(tuple, rows)
            ])  # fmt: skip
    connection.execute("COMMIT")
    await server_.close()


async def copy(source: str, target: str) -> None:
    """Copy as `www move` does."""
    limits = Limits(loop_budget_s=0, statement_timeout_s=3_600)
    async with (
        Engine(source, limits=limits) as here,
        Engine(target, limits=limits) as there,
        here.transaction(read_only=True) as reading,
        there.transaction() as writing,
    ):
        await copy_tables(reading, writing, TABLES)


WAYS: dict[str, Any] = {
    "raw-to-postgres": raw_to_postgres, "raw-to-sqlite": raw_to_sqlite, "copy": copy,
}  # fmt: skip


def child(way: str, source: str, target: str) -> None:
    """Run one way; print its seconds and by how many KiB the process grew."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    asyncio.run(WAYS[way](source, target))
    seconds = time.perf_counter() - started
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps([seconds, grown]))


def measured(way: str, source: Path | str, target: Path | str) -> tuple[float, int]:
    """Make the target's tables and run `way` in a process of its own."""
    make(target)
    command = [sys.executable, __file__, way, str(source), str(target)]
    root = str(Path(__file__).resolve().parents[1])
    environ = {**os.environ, "PYTHONPATH": root}
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    seconds, grown = json.loads(done.stdout)
    return seconds, grown


def report(title: str, rows: int, raw: tuple[float, int], ours: tuple[float, int]) -> None:
    """Print both ways, and how they compare."""
    print(title)
    for name, (seconds, grown) in (("raw drivers", raw), ("copy, checked", ours)):
        print(f"  {name:14} {rows / seconds:9,.0f} rows/s  {grown / 1024:6.1f} MiB more memory")
    print(f"  ratio {raw[0] / ours[0]:.2f}")


def main(arguments: Sequence[str]) -> None:
    """Measure both directions."""
    if len(arguments) == 3:
        child(*arguments)
        return
    rows = QUICK_ROWS if arguments == ["--quick"] else int(arguments[0]) if arguments else ROWS
    with tempfile.TemporaryDirectory(prefix="bench-move-") as folder, server() as address:
        start = Path(folder) / "start.db"
        fill(start, rows)
        urls = []
        for name in ("raw", "ours"):
            asyncio.run(_execute(f"{address}/postgres", f"CREATE DATABASE move_{name}"))
            urls.append(f"{address}/move_{name}")
        raw, ours = urls
        there = (measured("raw-to-postgres", start, raw), measured("copy", start, ours))
        report("SQLite to PostgreSQL", rows, *there)
        files = Path(folder) / "raw.db", Path(folder) / "ours.db"
        back = (measured("raw-to-sqlite", ours, files[0]), measured("copy", ours, files[1]))
        report("PostgreSQL to SQLite", rows, *back)


if __name__ == "__main__":
    main(sys.argv[1:])
