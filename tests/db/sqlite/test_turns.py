"""The reads of one turn of the loop share a transaction; nobody may notice, and nobody may starve."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.db.conftest import Author
from www.db import Engine


@pytest.fixture(params=["full", "normal"])
async def engine(path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    durability: Literal["full", "normal"] = request.param
    async with Engine(path, durability=durability) as engine:
        yield engine


async def names(engine: Engine) -> list[Any]:
    found: list[Any] = []
    for _ in range(3):  # the second and third are one transaction
        found = await engine.scalars(Author.select(Author.name).order_by(Author.id))
    return found


async def test_a_read_sees_what_was_inserted_before_it(engine: Engine):
    assert await names(engine) == []
    await engine.insert(Author(name="Ada"))
    assert await names(engine) == ["Ada"]


async def test_a_read_sees_what_was_committed_before_it(engine: Engine):
    assert await names(engine) == []
    async with engine.transaction() as conn:
        await conn.insert(Author(name="Ada"))
        assert await names(engine) == []
    assert await names(engine) == ["Ada"]


async def test_a_read_sees_what_a_group_committed(engine: Engine):
    assert await names(engine) == []
    await asyncio.gather(*(engine.insert(Author(name=f"Author {i}")) for i in range(5)))
    assert len(await names(engine)) == 5


async def test_a_read_sees_what_another_process_committed(engine: Engine, path: Path):
    async with Engine(path) as other:
        assert await names(engine) == []
        await other.insert(Author(name="Ada"))
        while not await names(engine):
            pass  # it comes after a few turns, without our waiting for anything else


async def test_a_task_that_reads_in_a_loop_lets_the_others_run(engine: Engine):
    done = asyncio.create_task(asyncio.sleep(0))
    while not done.done():
        await names(engine)


async def test_a_task_that_writes_in_a_loop_lets_the_others_run(engine: Engine):
    done = asyncio.create_task(asyncio.sleep(0))
    async with engine.transaction() as conn:
        author = await conn.insert(Author(name="Ada"))
        while not done.done():
            author.name += "!" if len(author.name) < 20 else ""
            author.name = author.name[:10]
            await conn.update(author)
            await conn.get(Author, author.id)


async def test_a_slow_read_among_quick_ones_ends_nothing(engine: Engine):
    await engine.insert(Author(name="Ada"))
    count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "
    assert await names(engine) == ["Ada"]
    assert await engine.raw(count + "SELECT max(i) AS m FROM n") == [{"m": 300_000}]
    assert await names(engine) == ["Ada"]


async def test_tasks_that_read_without_end_share_the_turns(engine: Engine):
    await engine.insert(Author(name="Ada"))
    reads = [0] * 3

    async def read(number: int) -> None:
        while sum(reads) < 60_000:
            assert await engine.get(Author, 1)
            reads[number] += 1

    await asyncio.gather(*(read(number) for number in range(3)))
    assert min(reads) > 15_000
