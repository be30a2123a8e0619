"""32 tasks on PostgreSQL: point reads and single inserts, ours and asyncpg's pool taking turns.

Both have ten connections and answer one statement each time; asyncpg's pool as it comes resets a
connection after each use, which is a round trip more, so it is shown without the reset too.
"""

from __future__ import annotations

import argparse
import contextlib
from typing import TYPE_CHECKING, Any

import asyncpg
import uvloop

from bench.orm.libraries.ours import Ours
from bench.orm.libraries.raw_asyncpg import no_reset
from bench.orm.model import TABLE, Target, entries
from bench.orm.postgres import database, server
from bench.orm_concurrent import ROWS, Measured, hammer, show

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from random import Random

CONNECTIONS = 10
SELECT = f'SELECT id, "timestamp", level, text FROM {TABLE} WHERE id = $1'
INSERT = f'INSERT INTO {TABLE} ("timestamp", level, text) VALUES (now(), $1, $2) RETURNING id'
Operations = dict[str, "Callable[[Random], Awaitable[Any]]"]


def reads(ours: Ours, pools: dict[str, Any]) -> Operations:
    """Return a point read for each contestant."""

    async def read(random: Random) -> None:
        key = random.randint(1, ROWS)
        row = await ours.engine.get(ours.journal, key)
        assert row is not None
        assert row["id"] == key

    def raw(pool: Any) -> Callable[[Random], Awaitable[Any]]:
        async def read(random: Random) -> None:
            key = random.randint(1, ROWS)
            row = await pool.fetchrow(SELECT, key)
            assert row["id"] == key

        return read

    return {"ours": read} | {name: raw(pool) for name, pool in pools.items()}


def inserts(ours: Ours, pools: dict[str, Any]) -> Operations:
    """Return an insert of one row for each contestant."""

    async def insert(_: Random) -> None:
        await ours.engine.insert(ours.journal(level=10, text="Insert by one of 32"))

    def raw(pool: Any) -> Callable[[Random], Awaitable[Any]]:
        async def insert(_: Random) -> None:
            await pool.fetchval(INSERT, 10, "Insert by one of 32")

        return insert

    return {"ours": insert} | {name: raw(pool) for name, pool in pools.items()}


async def compare(words: str, operations: Operations, seconds: float, rounds: int) -> None:
    """Let all take turns and show the best round of each."""
    found: dict[str, list[Measured]] = {name: [] for name in operations}
    for _ in range(rounds):
        for name, operation in operations.items():
            found[name].append(await hammer(operation, seconds))
    best = {name: max(all_of, key=lambda one: one.rate) for name, all_of in found.items()}
    for name, measured in best.items():
        ratio = best["ours"].rate / measured.rate
        show(f"{words}, {name}", f"{measured}  ours / this {ratio:.2f}", None, "")


async def main(address: str, seconds: float, rounds: int) -> None:
    """Run everything on one table of 10,000 rows."""
    ours = Ours()
    await ours.open(Target("postgres", address, "full", CONNECTIONS), "small")
    await ours.insert_bulk(entries("A", ROWS))
    most = {"min_size": CONNECTIONS, "max_size": CONNECTIONS}
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(ours.close)
        pools = {
            "asyncpg": await stack.enter_async_context(
                asyncpg.create_pool(address, reset=no_reset, **most)
            ),
            "asyncpg, reset": await stack.enter_async_context(asyncpg.create_pool(address, **most)),
        }
        await compare("point reads", reads(ours, pools), seconds, rounds)
        await compare("inserts", inserts(ours, pools), seconds, rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    with server() as place, database(place, "bench_concurrent") as made:
        uvloop.run(main(made, 0.5 if options.quick else 2.0, 1 if options.quick else 3))
