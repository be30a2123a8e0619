"""Cancelled at every await, in every verb: all is clean, the change is whole or not there at all."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import closing
from itertools import count as numbers
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.db.conftest import Author, Book
from tests.db.stepping import WAYS, Stepped, outcome
from www.db import Connection, Engine, Limits, UniqueViolation

STEPS_MOST = 300
READERS = 4  # so many reading transactions at once, and a writing one, need every connection
BASE = ["a", "b", "c"]
OURS = Author.name.in_(BASE)
SLOW = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 40000) SELECT count(*) AS n FROM c"
Names = list[str]


@pytest.fixture
async def engine(address: Path | str) -> AsyncIterator[Engine]:
    limits = Limits(connections=READERS + 1, acquire_timeout_s=5, busy_timeout_s=5)
    async with Engine(address, limits=limits) as engine:
        yield engine


async def insert(engine: Engine) -> None:
    await engine.insert(Author(name="x"))


async def insert_returning(engine: Engine) -> None:
    await engine.all(Author.insert({"name": "x"}, {"name": "y"}).returning(Author.id))


async def insert_many(engine: Engine) -> None:
    await engine.insert_many([Author(name=f"n{i}") for i in range(60)])


async def update(engine: Engine) -> None:
    row = await engine.one(Author.select().where(Author.name == "a"))
    row.name = "x"
    await engine.update(row)


async def update_where(engine: Engine) -> None:
    await engine.run(Author.update(name=Author.name + "!").where(OURS))


async def update_many(engine: Engine) -> None:
    rows = await engine.all(Author.select().where(OURS))
    for row in rows:
        row.name += "!"
    await engine.update_many(rows)


async def delete(engine: Engine) -> None:
    row = await engine.one(Author.select().where(Author.name == "a"))
    await engine.delete(row)


async def delete_many(engine: Engine) -> None:
    rows = await engine.all(Author.select().where(OURS))
    await engine.delete_many(rows)


async def read(engine: Engine) -> None:
    assert await engine.count(Author.select()) >= len(BASE)
    await engine.all(Author.select().with_related(Book.author_id))
    assert (await engine.page(Author.select().order_by(Author.id), size=2)).next


async def read_slowly(engine: Engine) -> None:
    assert await engine.raw(SLOW) == [{"n": 40000}]


async def stream(engine: Engine) -> None:
    assert len([row async for row in engine.stream(Author.select(), chunk=2)]) >= len(BASE)


async def stream_and_change(engine: Engine) -> None:
    async with engine.transaction() as conn:
        async for row in conn.stream(Author.select().where(OURS).order_by(Author.id), chunk=1):
            await conn.insert(Author(name=f"{row.name}2"))
            assert await conn.exists(Author.select())
        async for _ in conn.stream(Author.select(), chunk=2):
            break


async def transaction(engine: Engine) -> None:
    async with engine.transaction() as conn:
        await conn.lock("names")
        await conn.insert(Author(name="x"))
        with pytest.raises(UniqueViolation):
            async with conn.transaction():
                await conn.insert(Author(name="never"))
                await conn.insert(Author(name="a"))
        async with conn.transaction():
            await conn.insert_many([Author(name=f"n{i}") for i in range(60)])
            await conn.raw(SLOW)


async def read_only(engine: Engine) -> None:
    async with engine.transaction(read_only=True) as conn:
        assert await conn.count(Author.select()) >= len(BASE)
        await conn.raw(SLOW)


async def repeated(engine: Engine) -> None:
    async def work(conn: Connection) -> None:
        await conn.insert(Author(name="x"))
        await conn.insert(Author(name="y"))

    await engine.repeat(work)


async def group(engine: Engine) -> None:
    await asyncio.gather(*(engine.insert(Author(name=name)) for name in "xyz"))


MANY = [f"n{i}" for i in range(60)]
CASES: dict[Callable[[Engine], Coroutine[Any, Any, None]], list[Names]] = {
    insert: [[*BASE, "x"]],
    insert_returning: [[*BASE, "x", "y"]],
    insert_many: [[*BASE, *MANY]],
    update: [["b", "c", "x"]],
    update_where: [["a!", "b!", "c!"]],
    update_many: [["a!", "b!", "c!"]],
    delete: [["b", "c"]],
    delete_many: [[]],
    read: [],
    read_slowly: [],
    stream: [],
    stream_and_change: [[*BASE, "a2", "b2", "c2"]],
    transaction: [[*BASE, *MANY, "x"]],
    read_only: [],
    repeated: [[*BASE, "x", "y"]],
    group: [[*BASE, *(c for c, bit in zip("xyz", f"{n:03b}", strict=True) if bit == "1")] for n in range(8)],
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("work", CASES, ids=lambda work: work.__name__)
async def test_it_is_clean_when_cancelled_at_any_await(engine: Engine, work, way):
    whole = [sorted(names) for names in CASES[work]] or [BASE]
    for step in range(1, STEPS_MOST):
        await engine.run(Author.delete().all_rows())
        await engine.insert_many([Author(name=name) for name in BASE])
        stepped = Stepped(work(engine), step, way)
        others = [engine.insert(Author(name="other")), engine.count(Author.select())]
        async with asyncio.timeout(10):
            result, *rest = await asyncio.gather(outcome(stepped.run()), *others)
        assert [type(one) for one in rest] == [Author, int]
        names = sorted(await engine.scalars(Author.select(Author.name)))
        names.remove("other")
        if not stepped.fired:
            assert (result, step > 1, names) == (None, stepped.steps > 0, whole[-1])
            return
        assert isinstance(result, asyncio.CancelledError), result
        assert names in [BASE, *whole]
        await all_is_free(engine)
    pytest.fail("it never came to its end")


async def all_is_free(engine: Engine) -> None:
    """Every connection can be had at once, none holds a lock or an old state of the database."""
    everybody = asyncio.Barrier(READERS + 1)

    async def hold(*, read_only: bool) -> None:
        async with engine.transaction(read_only=read_only) as conn:
            await conn.exists(Author.select())
            await everybody.wait()

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        for number in range(READERS + 1):
            tasks.create_task(hold(read_only=number > 0))
    if engine.dialect.name == "sqlite":
        with closing(apsw.Connection(str(engine.path))) as stranger:
            busy, *_ = stranger.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0]
        assert not busy
        return
    held = """SELECT count(*) AS n FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND (state LIKE 'idle in%' OR locktype = 'advisory')"""
    assert await engine.raw(held) == [{"n": 0}]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["change", "transaction", "stream"])
async def test_who_is_cancelled_while_waiting_takes_nothing(address, way, kind):
    """One connection, which somebody else has: whoever waits for it is cancelled at each await."""
    limits = Limits(connections=1, acquire_timeout_s=5, busy_timeout_s=5)

    async def waits(engine: Engine) -> None:
        if kind == "change":
            await engine.insert(Author(name="x"))
        elif kind == "transaction":
            async with engine.transaction() as conn:
                await conn.insert(Author(name="x"))
        else:
            assert [row.name async for row in engine.stream(Author.select())] == []

    async with Engine(address, limits=limits) as engine:
        for step in range(1, STEPS_MOST):
            async with asyncio.timeout(10):
                async with engine.transaction():
                    stepped = Stepped(waits(engine), step, way)
                    task = asyncio.create_task(stepped.run())
                    behind = asyncio.create_task(engine.run(Author.delete().all_rows()))
                    for _ in range(step):
                        await asyncio.sleep(0)
                result = await outcome(task)
                await behind
                await engine.run(Author.delete().all_rows())
            if not stepped.fired:
                return
            assert isinstance(result, asyncio.CancelledError), result
        pytest.fail("it never came to its end")


@pytest.mark.parametrize("way", WAYS)
async def test_it_opens_after_an_opening_that_was_cancelled(address: Path | str, way: str):
    for step in range(1, STEPS_MOST):
        engine = Engine(address)
        stepped = Stepped(engine.open(), step, way)
        result = await outcome(stepped.run())
        if isinstance(result, asyncio.CancelledError):
            await engine.open()
        else:
            assert result is engine
        await engine.ping()
        await engine.close()
        if not stepped.fired:
            return
    pytest.fail("it never came to its end")


async def test_it_is_clean_after_random_cancellation(engine: Engine):
    """Many at once, each its own rows; a third of them is cancelled somewhere."""
    chance = random.Random(7)
    works = numbers()
    done: set[int] = set()

    async def work() -> None:
        number = next(works)
        async with engine.transaction() as conn:
            for i in range(3):
                await conn.insert(Author(name=f"t{number}-{i}"))
        await engine.insert_many([Author(name=f"m{number}-{i}") for i in range(3)])
        await engine.raw(SLOW)
        done.add(number)

    async def perhaps_cancelled() -> None:
        task = asyncio.create_task(work())
        for _ in range(chance.randrange(60)):
            await asyncio.sleep(0)
        if chance.random() < 0.33:
            task.cancel()
        result = await outcome(task)
        assert result is None or isinstance(result, asyncio.CancelledError), result

    for _ in range(12):
        async with asyncio.timeout(20):
            await asyncio.gather(*(perhaps_cancelled() for _ in range(8)))
    names = await engine.scalars(Author.select(Author.name))
    for number in range(next(works)):
        there = [sum(n.startswith(f"{kind}{number}-") for n in names) for kind in "tm"]
        assert there == [3, 3] if number in done else set(there) <= {0, 3}
    assert done
    await all_is_free(engine)
