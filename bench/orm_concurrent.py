"""32 tasks on one SQLite file through the data layer: point reads, inserts, a slow query beside.

A task gives way before each operation, so that all 32 always wait for their turn, as requests do;
the time of an operation contains that wait. aiosqlite is shown beside where it is installed
(`build/bench/bin/python bench/orm_concurrent.py` after `make bench-venv`).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

import uvloop

from bench.orm.libraries.ours import Ours
from bench.orm.model import Target, entries

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

TASKS, ROWS, SLOW_S = 32, 10_000, 2.0
COUNTING = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most})"
    " SELECT count(i) FROM n"
)
POINT_READS_LEAST, INSERTS_LEAST = 100_000, 100_000
READ_P99_MOST_MS, LAG_MOST_MS = 0.5, 5.0


class Measured:
    """How long each operation took, and how many there were in a second."""

    def __init__(self, durations: list[float], elapsed: float) -> None:
        """Take seconds."""
        ordered = sorted(durations)
        self.rate = len(ordered) / elapsed
        self.p50_ms = ordered[len(ordered) // 2] * 1000
        self.p99_ms = ordered[len(ordered) * 99 // 100] * 1000

    def __str__(self) -> str:
        """Show them."""
        return f"{self.rate:>9,.0f}/s  p50 {self.p50_ms:.2f} ms  p99 {self.p99_ms:.2f} ms"


async def hammer(operation: Callable[[Random], Awaitable[Any]], seconds: float) -> Measured:
    """Let 32 tasks repeat `operation` for `seconds`."""
    durations: list[float] = []
    end = perf_counter() + seconds

    async def task(number: int) -> None:
        random = Random(number)
        started = perf_counter()
        while started < end:
            await asyncio.sleep(0)
            await operation(random)
            now = perf_counter()
            durations.append(now - started)
            started = now

    started = perf_counter()
    await asyncio.gather(*(task(number) for number in range(TASKS)))
    return Measured(durations, perf_counter() - started)


async def lags(stop: asyncio.Event) -> list[float]:
    """Return by how many seconds the loop was late for a timer of a millisecond."""
    found: list[float] = []
    while not stop.is_set():
        due = perf_counter() + 0.001
        await asyncio.sleep(0.001)
        found.append(perf_counter() - due)
    return found


@contextlib.asynccontextmanager
async def filled(folder: str, durability: Literal["normal", "full"]) -> Any:
    """Yield ours over a table of 10,000 rows."""
    ours = Ours()
    await ours.open(Target("sqlite", f"{folder}/{durability}.db", durability), "small")
    await ours.insert_bulk(entries("A", ROWS))
    try:
        yield ours
    finally:
        await ours.close()


async def reads(ours: Ours, seconds: float, rounds: int) -> None:
    """Point reads by key."""

    async def read(random: Random) -> None:
        key = random.randint(1, ROWS)
        row = await ours.engine.get(ours.journal, key)
        assert row is not None
        assert row["id"] == key

    best = max([await hammer(read, seconds) for _ in range(rounds)], key=lambda one: one.rate)
    show("point reads, ours", str(best), best.rate >= POINT_READS_LEAST, "at least 100,000/s")
    show("", "", best.p99_ms < READ_P99_MOST_MS, f"p99 under {READ_P99_MOST_MS} ms")


async def inserts(ours: Ours, words: str, least: int, seconds: float, rounds: int) -> None:
    """Single rows, each acknowledged before its task goes on."""

    async def insert(_: Random) -> None:
        await ours.engine.insert(ours.journal(level=10, text="Insert by one of 32"))

    best = max([await hammer(insert, seconds) for _ in range(rounds)], key=lambda one: one.rate)
    met = best.rate >= least if least else None
    show(f"inserts, ours, {words}", str(best), met, f"at least {least:,}/s")


async def beside_slow(ours: Ours, seconds: float) -> None:
    """Point reads with and without a query of two seconds beside them; how late the loop is."""
    most = 1_000_000
    started = perf_counter()
    await ours.engine.raw(COUNTING.format(most=most))
    most = int(most * SLOW_S / (perf_counter() - started))
    quiet = await _lag_of(ours, asyncio.sleep(seconds))
    busy = await _lag_of(ours, ours.engine.raw(COUNTING.format(most=most)))
    show("loop lag, 32 tasks reading", _lag(quiet), None, "")
    worst_ms = max(busy) * 1000
    show("the same beside a slow query", _lag(busy), worst_ms < LAG_MOST_MS, "lag under 5 ms")


def _lag(found: list[float]) -> str:
    ordered = sorted(found)
    p99 = ordered[len(ordered) * 99 // 100]
    return (
        f"median {median(found) * 1000:.2f}  p99 {p99 * 1000:.2f}  max {ordered[-1] * 1000:.2f} ms"
    )


async def _lag_of(ours: Ours, work: Awaitable[Any]) -> list[float]:
    stop = asyncio.Event()

    async def read(number: int) -> None:
        random = Random(number)
        while not stop.is_set():
            await asyncio.sleep(0)
            await ours.engine.get(ours.journal, random.randint(1, ROWS))

    readers = [asyncio.create_task(read(number)) for number in range(TASKS)]
    watcher = asyncio.create_task(lags(stop))
    await asyncio.sleep(0.1)
    await work
    stop.set()
    await asyncio.gather(*readers)
    return await watcher


async def aiosqlite_beside(folder: str, seconds: float) -> None:
    """Do the same with aiosqlite."""
    try:
        from bench.orm.libraries.raw_aiosqlite import Aiosqlite
    except ImportError:
        return
    library = Aiosqlite()
    await library.open(Target("sqlite", f"{folder}/aiosqlite.db"), "small")
    await library.insert_bulk(entries("A", ROWS))

    async def read(random: Random) -> None:
        await library.get([random.randint(1, ROWS)])

    async def insert(_: Random) -> None:
        await library.insert_single(entries("A", 1))

    show("point reads, aiosqlite", str(await hammer(read, seconds)), None, "")
    show("inserts, aiosqlite, normal", str(await hammer(insert, seconds)), None, "")
    await library.close()


def show(words: str, figures: str, met: bool | None, target: str) -> None:  # noqa: FBT001 - a cell
    """Print a line with its target."""
    verdict = "" if met is None else f"{'met' if met else 'MISSED'}: {target}"
    print(f"{words:<30}{figures:<48}{verdict}", flush=True)


async def main(folder: str, seconds: float, rounds: int) -> None:
    """Run everything."""
    async with filled(folder, "normal") as ours:
        await reads(ours, seconds, rounds)
        await inserts(ours, "normal", INSERTS_LEAST, seconds, rounds)
    async with filled(folder, "full") as ours:
        await inserts(ours, "full", 0, seconds, rounds)
        await beside_slow(ours, seconds)
    await aiosqlite_beside(folder, seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the files are made")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="bench-orm-", dir=options.folder) as place:
        uvloop.run(main(place, 0.5 if options.quick else 2.0, 1 if options.quick else 3))
