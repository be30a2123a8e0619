"""What goes wrong on a lane must not cost the next one its turn."""

import asyncio
import time

import apsw
import pytest

from tests.db.conftest import Author, Book
from www.db import Busy, Engine, Limits, OperationalError, StatementError, UniqueViolation, count
from www.db.drivers.sqlite import SQLiteDriver

SLOW = """
WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 30000000)
INSERT INTO authors (name) SELECT 's' || x FROM c
"""


async def slow(conn) -> None:
    await conn._session.write(SLOW, (), short=False)


@pytest.fixture
async def engine(path):
    async with Engine(path, limits=Limits(busy_timeout_s=5)) as engine:
        yield engine
        async with asyncio.timeout(5):
            await engine.insert(Author(name="the last"))  # nobody kept the turn


async def test_it_ends_what_another_task_runs_on_the_connection(engine: Engine):
    async def fails() -> None:
        await asyncio.sleep(0)
        raise KeyError("no")

    with pytest.raises(KeyError, match="no"):
        async with engine.transaction() as conn:
            await asyncio.gather(slow(conn), fails())


async def test_it_says_that_two_tasks_use_one_connection(engine: Engine):
    with pytest.raises(StatementError, match="two tasks use one connection"):
        async with engine.transaction() as conn:
            await asyncio.gather(slow(conn), slow(conn))


async def test_it_passes_the_turn_on_after_a_timeout_inside(engine: Engine):
    with pytest.raises(OperationalError, match="rolled this transaction back"):
        async with engine.transaction() as conn:
            await conn.insert(Author(name="a"))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await slow(conn)
    assert not await engine.exists(Author.select())


async def test_it_shows_the_first_error_of_a_nested_block(engine: Engine):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), engine.transaction() as conn, conn.transaction():
            await slow(conn)


async def test_it_tells_everybody_of_a_group(engine: Engine, monkeypatch):
    assert isinstance(engine.driver, SQLiteDriver)
    lane = engine.driver._writer._lane
    here = lane.here

    def broken(sql, params, *rest):
        if "boom" in params:
            raise apsw.ProtocolError("locking protocol")
        return here(sql, params, *rest)

    monkeypatch.setattr(lane, "here", broken)
    calls = (engine.insert(Author(name=name)) for name in ("x", "boom", "y"))
    found = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 5)
    assert [type(result) for result in found] == [Author, apsw.ProtocolError, Author]


async def test_it_refuses_a_connection_after_its_block(engine: Engine):
    async with engine.transaction() as old:
        await old.insert(Author(name="old"))
    async with engine.transaction(read_only=True) as reader:
        pass
    async with engine.transaction() as conn:
        for call in (old.insert(Author(name="intruder")), reader.count(Author.select())):
            with pytest.raises(StatementError, match="this transaction has ended"):
                await call
        await conn.insert(Author(name="mine"))
    assert await engine.scalars(Author.select(Author.name).order_by(Author.id)) == ["old", "mine"]


async def test_a_cancelled_statement_ends_soon(engine: Engine):
    await engine.insert_many([Author(name=f"n{i}") for i in range(3000)])
    await engine.insert_many([Book(id=i, author_id=1, title="x") for i in range(1, 3001)])
    pairs = Author.select(count().label("n")).join(Book, Book.pages + Author.id >= 0)
    for turns in range(40):
        task = asyncio.create_task(engine.scalar(pairs))
        for _ in range(turns % 5 + 1):
            await asyncio.sleep(0)
        task.cancel()
        started = time.monotonic()
        await asyncio.gather(task, return_exceptions=True)
        assert time.monotonic() - started < 2  # the whole statement takes longer than all of them


async def test_it_says_that_all_readers_are_busy(path):
    hurried = Engine(path, limits=Limits(busy_timeout_s=0.05))
    async with hurried as engine, asyncio.TaskGroup() as tasks:
        full, free = asyncio.Barrier(5), asyncio.Event()

        async def reads() -> None:
            async with engine.transaction(read_only=True):
                await full.wait()
                await free.wait()

        for _ in range(4):
            tasks.create_task(reads())
        await full.wait()
        with pytest.raises(Busy, match="all 4 readers were busy"):
            async with engine.transaction(read_only=True):
                pass
        free.set()


async def test_a_long_reader_does_not_stop_writers(engine: Engine, path):
    ada = await engine.insert(Author(name="Ada"))
    async with engine.transaction(read_only=True) as conn:
        assert await conn.count(Author.select()) == 1
        for start in range(0, 10_000, 500):
            more = [
                Book(id=i, author_id=ada.id, title="x" * 2000) for i in range(start, start + 500)
            ]
            await engine.insert_many(more)
        assert await conn.count(Book.select()) == 0
    for name in range(30):
        await engine.insert(Author(name=f"after {name}"))
    with pytest.raises(UniqueViolation):
        await engine.insert(Author(name="Ada"))
