"""assert_statements: what ran in the block and in this task, no more and no less."""

import asyncio
from contextlib import aclosing

import pytest

from www.db import Engine, SerializationFailure, StatementError, UniqueViolation
from www.db.testing import assert_statements, statements

from .conftest import Author, Book


async def test_it_counts_what_runs_in_the_block(engine: Engine, ada: Author):
    async with assert_statements(engine, 3) as seen:
        await engine.get(Author, ada.id)
        async with engine.transaction() as conn:
            await conn.insert(Author(name="Bob"))
            await conn.all(Author.select())
    await engine.get(Author, ada.id)
    assert [ran.sql.split()[0] for ran in seen] == ["SELECT", "INSERT", "SELECT"]
    assert [ran.rows for ran in seen] == [1, 1, 2]
    assert [ran.sql for ran in seen.commands] == ["BEGIN", "COMMIT"]
    assert all(0 < ran.seconds < 10 for ran in seen)
    assert not engine.observers


async def test_it_tells_of_nested_transactions(engine: Engine):
    with statements(engine) as seen:
        async with engine.transaction() as conn:
            with pytest.raises(ZeroDivisionError):
                async with conn.transaction():
                    raise ZeroDivisionError
            async with conn.transaction():
                await conn.insert(Author(name="Bob"))
    words = "SAVEPOINT level_1", "ROLLBACK TO level_1", "RELEASE level_1"
    rest = "SAVEPOINT level_1", "RELEASE level_1", "COMMIT"
    assert [ran.sql for ran in seen.commands] == ["BEGIN", *words, *rest]
    assert len(seen) == 1


async def test_a_failure_lists_the_statements_with_their_plans(engine: Engine, ada: Author):
    with pytest.raises(AssertionError) as failure:
        async with assert_statements(engine, 1):
            await engine.get(Author, ada.id)
            await engine.all(Book.select().where(Book.pages == 7))
    told = str(failure.value)
    assert told.startswith("2 statements ran instead of 1:")
    assert told.count(" ms, ") == 2
    assert '"pages" = ' in told
    assert "SCAN books" in told or "Seq Scan on books" in told


def test_it_is_a_plain_with_too(path):
    async def work() -> None:
        async with Engine(path) as engine:
            with (
                pytest.raises(AssertionError, match="0 statements ran instead of 1"),
                assert_statements(engine, 1),
            ):
                pass
            with assert_statements(engine, 1):
                await engine.count(Author.select())

    asyncio.run(work())


async def test_an_error_of_the_block_is_not_replaced(engine: Engine):
    with pytest.raises(ZeroDivisionError):
        async with assert_statements(engine, 5):
            raise ZeroDivisionError
    assert not engine.observers


async def test_it_counts_no_other_tasks(engine: Engine):
    go, done = asyncio.Event(), asyncio.Event()

    async def other() -> None:
        await go.wait()
        await engine.count(Author.select())
        done.set()

    task = asyncio.create_task(other())
    async with assert_statements(engine, 1), statements(engine, everywhere=True) as all_of_them:
        go.set()
        await done.wait()
        await engine.count(Author.select())
    await task
    assert len(all_of_them) == 2


async def test_it_counts_the_tasks_of_the_block(engine: Engine):
    async with assert_statements(engine, 3), asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(engine.count(Author.select()))


async def test_blocks_nest(engine: Engine):
    async with assert_statements(engine, 2):
        await engine.count(Author.select())
        async with assert_statements(engine, 1):
            await engine.count(Author.select())


async def test_it_counts_what_fails(engine: Engine, ada: Author):
    async with assert_statements(engine, 2) as seen:
        with pytest.raises(UniqueViolation):
            await engine.insert(Author(name=ada.name))
        with pytest.raises(StatementError):
            await engine.raw("SELECT no_such_column FROM authors")
    assert [type(ran.error) for ran in seen] == [UniqueViolation, StatementError]
    assert "UniqueViolation" in repr(seen[0])


async def test_it_counts_what_is_cancelled(engine: Engine):
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    async with assert_statements(engine, 1) as seen:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await engine.raw(numbers)
    assert type(seen[0].error) is asyncio.CancelledError
    assert seen[0].seconds > 0.1


async def test_a_stream_is_one_statement(engine: Engine):
    await engine.insert_many([Author(name=f"a{n}") for n in range(100)])
    async with assert_statements(engine, 2) as seen:
        async for _ in engine.stream(Author.select(), chunk=30):
            await asyncio.sleep(0)
        async with aclosing(engine.stream(Author.select(), chunk=30)) as rows:
            assert await anext(rows)
    assert [(ran.rows, ran.error) for ran in seen] == [(100, None), (30, None)]


async def test_many_rows_are_one_statement(engine: Engine):
    async with assert_statements(engine, 1) as seen:
        await engine.insert_many([Author(name=f"a{n}") for n in range(100)])
    assert seen[0].rows == 100
    assert "a0" not in repr(seen[0])


async def test_it_counts_every_try_of_repeat(engine: Engine):
    tries = 0

    async def work(conn):
        nonlocal tries
        tries += 1
        await conn.count(Author.select())
        if tries < 3:
            raise SerializationFailure("again")

    async with assert_statements(engine, 3) as seen:
        await engine.repeat(work)
    assert [ran.sql for ran in seen.commands].count("ROLLBACK") == 2
