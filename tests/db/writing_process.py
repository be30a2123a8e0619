"""A process that writes through an engine, for tests that kill it or run several of it.

    writing_process.py ADDRESS DURABILITY PREFIX TASKS ROUNDS

Each task writes in three ways in turn, and prints the names that were acknowledged, a line each
time. ROUNDS 0 means without end.
"""

import asyncio
import os
import sys
from itertools import count, islice
from typing import Literal

from www.db import Column, Engine, Table


class Author(Table):
    id = Column(int, primary_key=True, autoincrement=True)
    name = Column(str)


async def one(engine: Engine, name: str) -> list[str]:
    return [(await engine.insert(Author(name=name))).name]


async def pair(engine: Engine, name: str) -> list[str]:
    names = [f"{name}a", f"{name}b"]
    async with engine.transaction() as conn:
        for each in names:
            await conn.insert(Author(name=each))
    return names


async def many(engine: Engine, name: str) -> list[str]:
    names = [f"{name}c{i}" for i in range(3)]
    await engine.insert_many([Author(name=each) for each in names])
    return names


async def write(engine: Engine, prefix: str, rounds: int) -> None:
    for number in islice(count(), rounds or None):
        names = await (one, pair, many)[number % 3](engine, f"{prefix}-{number}")
        os.write(1, (" ".join(names) + "\n").encode())  # a pipe takes a line whole or not at all


async def main(address: str, durability: str, prefix: str, tasks: str, rounds: str) -> None:
    level: Literal["full", "normal"] = "full" if durability == "full" else "normal"
    async with Engine(address, durability=level) as engine, asyncio.TaskGroup() as group:
        for number in range(int(tasks)):
            group.create_task(write(engine, f"{prefix}{number}", int(rounds)))


asyncio.run(main(*sys.argv[1:]))
