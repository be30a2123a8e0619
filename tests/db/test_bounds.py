"""What goes on for long stays small: memory, files, caches; and what is too large is said."""

import asyncio
import gc
import time
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.db.conftest import Author, Book
from www.db import Engine, Limits, StatementError


@pytest.fixture
async def engine(address: Path | str) -> AsyncIterator[Engine]:
    async with Engine(address, durability="normal", limits=Limits(connections=4)) as engine:
        await engine.insert(Author(name="Ada"))
        yield engine


def in_use() -> tuple[int, int, int]:
    """Files, bytes of Python and bytes of SQLite."""
    gc.collect()
    return (
        len(list(Path("/proc/self/fd").iterdir())),
        tracemalloc.get_traced_memory()[0],
        apsw.memory_used(),
    )


async def work(engine: Engine, times: int) -> None:
    for number in range(times):
        async with engine.transaction() as conn:
            await conn.run(Author.update(name=f"n{number}").where(Author.id == 1))
            async with conn.transaction():
                await conn.all(Author.select().where(Author.id == number))


async def test_thousands_of_transactions_leave_nothing_behind(engine: Engine):
    times = 10_000 if engine.dialect.name == "sqlite" else 800
    tracemalloc.start()
    try:
        await work(engine, 600)  # the caches are full
        before = in_use()
        await work(engine, times)
        files, python, sqlite = (b - a for a, b in zip(before, in_use(), strict=True))
    finally:
        tracemalloc.stop()
    assert files <= 4  # of the connection that copies SQLite's log
    assert python < 200_000  # 20 bytes a transaction
    assert sqlite < 500_000


async def test_thousands_of_shapes_of_statements_do_not_pile_up(engine: Engine):
    tracemalloc.start()
    try:
        await shapes(engine, range(1_000))
        before = in_use()
        await shapes(engine, range(1_000, 6_000 if engine.dialect.name == "sqlite" else 2_500))
        _, python, sqlite = (b - a for a, b in zip(before, in_use(), strict=True))
    finally:
        tracemalloc.stop()
    assert python < 2_000_000
    assert sqlite < 2_000_000
    if engine.dialect.name == "postgres":
        ((kept),) = await engine.raw("SELECT count(*) AS n FROM pg_prepared_statements")
        assert kept["n"] <= 1_000


async def shapes(engine: Engine, numbers: Any) -> None:
    for number in numbers:
        label = Author.name.label(f"name_{number}")
        found = await engine.all(Author.select(label).where(Author.id + number > number))
        assert found == [{f"name_{number}": "Ada"}]


@pytest.mark.parametrize("size", [30_000, 40_000, 100_000])
async def test_a_long_list_is_found_or_refused(engine: Engine, size: int):
    await engine.insert_many([Book(id=i, author_id=1, title="x") for i in range(0, size, 1000)])
    select = Book.select(Book.id).where(Book.id.in_(range(size)))
    change = Book.delete().where(Book.id.not_in(range(1, size)))
    started = time.monotonic()
    if size < 32_766:
        assert len(await engine.all(select)) == size // 1000
        assert await engine.run(change) == 1
        return
    for call in (engine.all(select), engine.run(change)):
        with pytest.raises(StatementError, match="at most 32,766 values: hand them over in parts"):
            await call
    async with engine.transaction() as conn:
        assert await conn.count(Book.select()) == size // 1000
    assert time.monotonic() - started < Limits().acquire_timeout_s  # nobody tried it again


SLOW = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 2000000) SELECT count(*) AS n FROM c"


async def test_a_slow_query_is_moved_away_from_32_readers(engine: Engine):
    """Counted in the time that the loop's own thread computes, whatever else the machine does."""
    reads, longest_s, last_s = 0, 0.0, time.thread_time()
    slow = asyncio.create_task(engine.raw(SLOW))

    async def read() -> None:
        nonlocal reads, longest_s, last_s
        while not slow.done():
            assert await engine.get(Author, 1)
            now_s = time.thread_time()
            longest_s, last_s = max(longest_s, now_s - last_s), now_s
            reads += 1
            await asyncio.sleep(0)

    await asyncio.gather(*(read() for _ in range(32)))
    assert await slow == [{"n": 2_000_000}]
    assert reads > 100
    assert longest_s < 0.05  # on the loop it computes for a quarter of a second and more
