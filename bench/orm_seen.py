"""What it costs to see: a point select by key on SQLite with and without observers.

    python bench/orm_seen.py

Prints the time of one `engine.get` with nobody looking, with the figures per statement, and with
the log of slow statements; and what each adds. The shortest of many short runs counts,
taken in turns, so that what else the machine does touches all of them alike.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from www.db import Column, Engine, Table
from www.db.drivers.sqlite.lane import Options
from www.db.schema.ddl import create_all
from www.db.schema.migrate import Migration, apply
from www.db.seen.counters import Counters
from www.db.seen.slow import SlowLog

if TYPE_CHECKING:
    from www.db.seen import Observer

ROWS, CALLS, ROUNDS = 1_000, 2_000, 60


class Item(Table):
    """Something small."""

    id = Column(int, primary_key=True)
    name = Column(str)
    number = Column(int)


async def seconds(engine: Engine) -> float:
    """Return how long one `get` takes."""
    get = engine.get
    started = perf_counter()
    for number in range(CALLS):
        await get(Item, number % ROWS)
    return (perf_counter() - started) / CALLS


async def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        options = Options(path=Path(folder) / "seen.db")
        apply(options, [Migration(1, "items", create_all([Item]))])
        async with Engine(options.path, durability="normal") as engine:
            await engine.insert_many([Item(id=i, name=f"n{i}", number=i) for i in range(ROWS)])
            counters, slow = Counters(), SlowLog(0.2)
            both = Counters(slow=slow.observe)
            settings: dict[str, list[Observer]] = {
                "nobody": [],
                "figures": [counters.observe],
                "figures and log of slow ones": [both.observe],
                "log of slow ones": [slow.observe],
            }
            best = dict.fromkeys(settings, 1.0)
            for _ in range(ROUNDS):
                for name, observers in settings.items():
                    engine.observers[:] = observers
                    best[name] = min(best[name], await seconds(engine))
    first = best["nobody"]
    for name, time_s in best.items():
        added = (time_s - first) * 1e6
        print(f"{name:30} {time_s * 1e6:6.2f} us  +{added:.2f} us  {time_s / first:.2f}")


if __name__ == "__main__":
    asyncio.run(main())
