"""Rows of the data layer: what making them costs, what the import costs, and a long stream.

Ratios come from rounds that alternate between ours and plain Python, the best round of each.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any

import apsw

from www.db import Column, Engine, Table
from www.db.dialects.sqlite import SQLiteDialect
from www.db.drivers.sqlite.lane import Options
from www.db.hydrate import maker
from www.db.schema.ddl import create_all
from www.db.schema.migrate import Migration, apply

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS, STREAMED = 1_000, 1_000_000
HYDRATION_MOST, IMPORT_MOST_MS, GROWTH_MOST_MIB = 1.3, 60.0, 20.0


class Plain(Table):
    """Ten columns that come out of the driver as they are."""

    id = Column(int, primary_key=True)
    author_id = Column(int)
    title = Column(str)
    slug = Column(str)
    summary = Column(str)
    body = Column(str)
    score = Column(float)
    views = Column(int)
    version = Column(int)
    note = Column(str, nullable=True)


class Typed(Table):
    """Ten columns of which four are decoded."""

    id = Column(int, primary_key=True)
    author_id = Column(int)
    title = Column(str)
    slug = Column(str)
    body = Column(str)
    score = Column(float)
    shown = Column(bool)
    created_at = Column(datetime)
    updated_at = Column(datetime)
    published_at = Column(datetime, nullable=True)


PLAIN = [
    (i, i % 7, f"Title {i}", f"title-{i}", "summary", "body " * 20, 1.5, i, 1, None)
    for i in range(1, ROWS + 1)
]
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC).isoformat(timespec="microseconds")
TYPED = [
    (i, i % 7, f"Title {i}", f"title-{i}", "body " * 20, 1.5, 1, NOW, NOW, None)
    for i in range(1, ROWS + 1)
]


def best_of(rounds: int, *functions: Callable[[], object]) -> list[float]:
    """Return the best time of each function in seconds; they take turns."""
    best = [float("inf")] * len(functions)
    for _ in range(rounds):
        for number, function in enumerate(functions):
            started = perf_counter()
            function()
            best[number] = min(best[number], perf_counter() - started)
    return best


def by_hand(values: tuple[Any, ...], names: tuple[str, ...]) -> dict[str, Any]:
    """Make a dict of a row of Typed the way one would without a library."""
    made = dict(zip(names, values, strict=False))
    made["shown"] = bool(made["shown"])
    for name in ("created_at", "updated_at", "published_at"):
        if (text := made[name]) is not None:
            made[name] = datetime.fromisoformat(text)
    return made


def hydration(rounds: int) -> None:
    """Measure how rows are made of tuples, without a database."""
    names, make = tuple(Plain.info.columns), maker(Plain.info, Plain.info.whole, SQLiteDialect())
    ours, plain = best_of(
        rounds,
        lambda: make(PLAIN),
        lambda: [dict(zip(names, values, strict=False)) for values in PLAIN],
    )
    words = f"{ours * 1e6:,.0f} us against {plain * 1e6:,.0f} us of dict(zip(...))"
    show("1,000 rows of 10 plain columns", words, ours / plain, HYDRATION_MOST)
    typed, decode = tuple(Typed.info.columns), maker(Typed.info, Typed.info.whole, SQLiteDialect())
    ours, hand = best_of(
        rounds,
        lambda: decode(TYPED),
        lambda: [by_hand(values, typed) for values in TYPED],
    )
    words = f"{ours * 1e6:,.0f} us against {hand * 1e6:,.0f} us by hand"
    show("the same, four of them decoded", words, ours / hand, None)


async def whole_query(folder: str, rounds: int) -> None:
    """Measure engine.all over 1,000 rows against apsw and dict(zip(...))."""
    path = Path(folder, "rows.db")
    filled(path, PLAIN)
    connection = apsw.Connection(str(path))
    names = tuple(Plain.info.columns)
    best_ours = best_apsw = float("inf")
    async with Engine(path, durability="normal") as engine:
        for _ in range(rounds):
            started = perf_counter()
            assert len(await engine.all(Plain.select())) == ROWS
            between = perf_counter()
            found = connection.execute("SELECT * FROM plains").fetchall()
            made = [dict(zip(names, values, strict=False)) for values in found]
            best_apsw = min(best_apsw, perf_counter() - between)
            assert len(made) == ROWS
            best_ours = min(best_ours, between - started)
    connection.close()
    words = (
        f"{best_ours * 1e6:,.0f} us against {best_apsw * 1e6:,.0f} us of apsw and dict(zip(...))"
    )
    show("engine.all of these 1,000 rows", words, best_ours / best_apsw, None)


def filled(path: Path, rows: list[tuple[Any, ...]]) -> None:
    """Make a file with the table of Plain and `rows`."""
    apply(Options(path=path), [Migration(1, "tables", create_all([Plain]))])
    connection = apsw.Connection(str(path))
    with connection:
        connection.executemany(f"INSERT INTO plains VALUES ({', '.join('?' * 10)})", rows)
    connection.close()


def import_time(rounds: int) -> None:
    """Measure `import www.db` in fresh processes."""
    code = (
        "import time; started = time.perf_counter(); import www.db;"
        " print(time.perf_counter() - started)"
    )
    command = [sys.executable, "-c", code]
    runs = [
        float(subprocess.run(command, check=True, capture_output=True, env=_environment()).stdout)
        for _ in range(max(3, rounds // 10))
    ]
    show("import www.db", "best of fresh processes, ms", min(runs) * 1000, IMPORT_MOST_MS)


def _environment() -> dict[str, str]:
    own = {key: text for key, text in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**own, "PYTHONPATH": str(Path(__file__).parents[1])}


def resident_mib() -> float:
    """Return the memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def stream(path: Path) -> None:
    """Stream the whole table and print growth and rows/s; runs in a process of its own."""
    async with Engine(path) as engine:
        assert len(await engine.all(Plain.select().limit(1_000))) == ROWS
        before = most = resident_mib()
        count, started = 0, perf_counter()
        async for row in engine.stream(Plain.select()):
            count += 1
            if not count % 10_000:
                most = max(most, resident_mib())
                assert row["views"] >= 0
        print(count, most - before, count / (perf_counter() - started))


def long_stream(folder: str, rows: int) -> None:
    """Fill a table and stream it."""
    path = Path(folder, "stream.db")
    filled(path, [(i, *PLAIN[i % ROWS][1:]) for i in range(1, rows + 1)])
    command = [sys.executable, __file__, "--stream", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=_environment())
    count, growth, rate = done.stdout.split()
    assert int(count) == rows
    words = f"{float(rate):,.0f} rows/s; growth, MiB"
    show(f"{rows:,} rows streamed", words, float(growth), GROWTH_MOST_MIB)


def show(words: str, figures: str, value: float, most: float | None) -> None:
    """Print a line with its target."""
    verdict = "" if most is None else f"{'met' if value <= most else 'MISSED'}: at most {most}"
    print(f"{words:<32}{figures:<62}{value:>7.2f}  {verdict}", flush=True)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--stream", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stream:
        asyncio.run(stream(options.stream))
        return
    rounds = 30 if options.quick else 200
    hydration(rounds)
    with TemporaryDirectory(prefix="bench-rows-") as folder:
        asyncio.run(whole_query(folder, rounds))
        import_time(rounds)
        long_stream(folder, STREAMED // 10 if options.quick else STREAMED)


if __name__ == "__main__":
    main()
