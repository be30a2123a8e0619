"""Connections: stopped servers, cancelled tasks, full pools, locks, messages between engines."""

import asyncio
import random
from itertools import count
from typing import Any

import asyncpg
import pytest

from tests.db.conftest import Author, Book
from www.db import (
    Busy,
    Connection,
    ConnectionLost,
    Engine,
    Limits,
    OperationalError,
    SerializationFailure,
    StatementError,
    Timeout,
    UniqueViolation,
)


async def ask(engine: Engine | Connection, sql: str, *values: object) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in await engine.raw(sql, *values)]


class Load:
    """Tasks that read and write until `stop` is set; `lost` holds what writers were told."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.stop = engine, asyncio.Event()
        self.reads, self.lost, self.acknowledged = 0, list[str](), set[str]()

    async def read(self) -> None:
        while not self.stop.is_set():
            assert (await self.engine.one(Author.select().order_by(Author.id))).name == "Ada"
            self.reads += 1

    async def write(self, writer: int) -> None:
        for number in count():
            if self.stop.is_set():
                return
            try:
                row = await self.engine.insert(Author(name=f"w{writer}-{number}"))
            except ConnectionLost as err:
                self.lost.append(str(err))
            else:
                self.acknowledged.add(row.name)


async def test_it_loses_no_read_when_the_server_restarts(own_server, own_address):
    async with Engine(own_address, limits=Limits(connections=8)) as engine:
        await engine.insert(Author(name="Ada"))
        load = Load(engine)
        tasks = [asyncio.create_task(load.read()) for _ in range(8)]
        tasks += [asyncio.create_task(load.write(number)) for number in range(2)]
        for mode in ("fast", "immediate"):
            await asyncio.sleep(0.2)
            before = load.reads
            await asyncio.to_thread(own_server.stop, mode)
            await asyncio.to_thread(own_server.start)
            async with asyncio.timeout(20):
                while load.reads < before + 100:
                    await engine.ping()
        load.stop.set()
        await asyncio.gather(*tasks)
        assert all("not known whether the change was made" in message for message in load.lost)
        # The statement in flight of each writer, each time; a new connection may be ended as well.
        assert len(load.lost) <= 8
        assert load.acknowledged <= set(await engine.scalars(Author.select(Author.name)))


async def test_it_says_what_is_wrong_with_the_address(postgres_address: str, own_server):
    wrong = postgres_address.replace("/test_", "/no_such_")
    with pytest.raises(ConnectionLost, match=r"no_such_.* does not exist"):
        await Engine(wrong).open()
    with pytest.raises(ConnectionLost) as refused:
        await Engine("postgresql://tests:hush@127.0.0.1:1/x").open()
    assert "hush" not in str(refused.value)
    with pytest.raises(ConnectionLost, match="password authentication failed"):
        await Engine(own_server.url.replace("secret", "public")).open()


async def test_it_is_clean_whenever_it_is_cancelled(postgres_address: str):
    random_ = random.Random(7)
    async with Engine(postgres_address, limits=Limits(connections=3)) as engine:

        async def work(number: int) -> None:
            async with engine.transaction() as conn:
                await conn.insert(Author(name=f"t{number}"))
                async with conn.transaction():
                    await conn.insert_many([Author(name=f"t{number}-{i}") for i in range(5)])
            await engine.insert(Author(name=f"a{number}"))
            async for _ in engine.stream(Author.select(), chunk=2):
                pass
            await engine.all(Author.select())

        async def cancelled(number: int) -> None:
            task = asyncio.create_task(work(number))
            await asyncio.wait([task], timeout=random_.random() * 0.03)
            task.cancel()
            (result,) = await asyncio.gather(task, return_exceptions=True)
            assert result is None or isinstance(result, asyncio.CancelledError), result

        for start in range(0, 120, 6):
            await asyncio.gather(*(cancelled(start + i) for i in range(6)))
        names = await engine.scalars(Author.select(Author.name))
        for number in range(120):
            assert sum(name.startswith(f"t{number}-") for name in names) in {0, 5}
        async with asyncio.timeout(5):
            await asyncio.gather(*(engine.ping() for _ in range(9)))
        await _no_transaction_is_open(engine)


async def _no_transaction_is_open(engine: Engine) -> None:
    open_ones = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
    async with asyncio.timeout(5):  # the last of them may be in the middle of its ROLLBACK
        while (await ask(engine, open_ones))[0][0]:
            await engine.ping()


async def test_a_cancelled_statement_ends_at_the_server(engine: Engine):
    task = asyncio.create_task(ask(engine, "SELECT pg_sleep(60)::text"))
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep%'"
    async with asyncio.timeout(5):
        while (await ask(engine, asleep))[0][0]:
            await engine.ping()


async def test_it_says_that_all_connections_are_in_use(postgres_address: str):
    limits = Limits(connections=2, acquire_timeout_s=0.5)
    async with Engine(postgres_address, limits=limits) as engine:
        async with engine.transaction(), engine.transaction():
            with pytest.raises(Busy, match=r"all 2 connections .* in use for 0\.5 s"):
                await engine.ping()
        await asyncio.gather(*(engine.ping() for _ in range(8)))


async def test_who_waits_gets_the_next_free_connection(postgres_address: str):
    async with Engine(postgres_address, limits=Limits(connections=1)) as engine:
        order: list[int] = []

        async def wait(number: int) -> None:
            await engine.ping()
            order.append(number)

        async with engine.transaction():
            tasks = [asyncio.create_task(wait(number)) for number in range(6)]
            await asyncio.sleep(0)
            tasks[2].cancel()
            await asyncio.sleep(0.01)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert order == [0, 1, 3, 4, 5]


async def test_it_replaces_connections_that_are_old(postgres_address: str):
    async with Engine(postgres_address, limits=Limits(connection_age_s=0.0)) as engine:
        pids = {(await ask(engine, "SELECT pg_backend_pid()"))[0][0] for _ in range(3)}
        assert len(pids) == 3


async def test_it_reads_again_when_a_connection_was_ended(engine: Engine, own_server):
    for _ in range(3):
        ((pid,),) = await ask(engine, "SELECT pg_backend_pid()")
        async with Engine(own_address_of(engine)) as other:
            await ask(other, "SELECT pg_terminate_backend(?::int)", pid)
        assert await engine.count(Author.select()) == 0
        async with engine.transaction() as conn:
            assert await conn.count(Author.select()) == 0


def own_address_of(engine: Engine) -> str:
    url: str = engine.driver.options.url  # type: ignore[attr-defined] # this one has a server
    return url


async def test_it_says_that_a_transaction_was_lost(engine: Engine):
    with pytest.raises(ConnectionLost):
        async with engine.transaction() as conn:
            ((pid,),) = await ask(conn, "SELECT pg_backend_pid()")
            await ask(engine, "SELECT pg_terminate_backend(?::int)", pid)
            await conn.insert(Author(name="Ada"))
    assert await engine.count(Author.select()) == 0


async def test_it_stops_waiting_for_a_lock(postgres_address: str, engine: Engine):
    async with Engine(postgres_address, limits=Limits(busy_timeout_s=0.05)) as other:
        async with engine.transaction() as conn:
            await conn.insert(Author(name="Ada"))
            with pytest.raises(Busy, match="kept its lock"):
                await other.insert(Author(name="Ada"))
        with pytest.raises(UniqueViolation):
            await other.insert(Author(name="Ada"))


async def test_an_error_that_was_passed_over_fails_the_commit(engine: Engine):
    await engine.insert(Author(name="Ada"))
    with pytest.raises(OperationalError, match="rolled this transaction back"):
        async with engine.transaction() as conn:
            with pytest.raises(UniqueViolation):
                await conn.insert(Author(name="Ada"))
    with pytest.raises(OperationalError, match="rolled this transaction back"):
        async with engine.transaction() as conn:
            with pytest.raises(UniqueViolation):
                await conn.insert(Author(name="Ada"))
            await conn.insert(Author(name="Bob"))
    assert await engine.count(Author.select()) == 1


async def test_it_names_what_cannot_be_serialised(engine: Engine):
    ada = await engine.insert(Author(name="Ada"))
    with pytest.raises(SerializationFailure):
        async with engine.transaction(isolation="repeatable read") as conn:
            await conn.count(Author.select())
            await engine.run(Author.update(name="Eve").where(Author.id == ada.id))
            await conn.run(Author.update(name="Bob").where(Author.id == ada.id))
    assert (await engine.one(Author.select())).name == "Eve"


async def test_of_two_who_wait_for_each_other_one_gives_up(engine: Engine):
    one, two = [await engine.insert(Author(name=name)) for name in ("one", "two")]
    met = asyncio.Barrier(2)

    async def cross(first: Author, second: Author) -> None:
        async with engine.transaction() as conn:
            await conn.run(Author.update(name=first.name + "!").where(Author.id == first.id))
            await met.wait()
            await conn.run(Author.update(name=second.name + "?").where(Author.id == second.id))

    results = await asyncio.gather(cross(one, two), cross(two, one), return_exceptions=True)
    assert sorted(str(type(result).__name__) for result in results) == [
        "NoneType",
        "SerializationFailure",
    ]


async def test_two_tasks_cannot_share_a_transaction(engine: Engine):
    with pytest.raises(StatementError, match="two tasks use one connection"):
        async with engine.transaction() as conn:
            await asyncio.gather(*(conn.count(Author.select()) for _ in range(2)))


async def test_it_stops_what_runs_too_long(postgres_address: str):
    async with Engine(postgres_address, limits=Limits(statement_timeout_s=0.05)) as engine:
        with pytest.raises(Timeout):
            await ask(engine, "SELECT pg_sleep(10)::text")
        await engine.ping()


async def test_it_goes_on_when_the_schema_changes(own_address: str):
    async with Engine(own_address, limits=Limits(connections=1)) as engine:
        raw = await asyncpg.connect(own_address)
        await engine.all(Book.select())
        await raw.execute("ALTER TABLE books ALTER pages TYPE int")
        await engine.all(Book.select())
        await raw.close()
        await ask(engine, "DEALLOCATE ALL")
        await engine.all(Book.select())


async def test_a_name_is_locked_until_the_end(engine: Engine):
    order: list[str] = []

    async def hold(name: str) -> None:
        async with engine.transaction() as conn:
            await conn.lock("door")
            order.append(name)
            await asyncio.sleep(0.01)
            order.append(name)

    await asyncio.gather(hold("a"), hold("b"))
    assert order in (["a", "a", "b", "b"], ["b", "b", "a", "a"])


async def test_messages_reach_every_engine_when_committed(postgres_address: str, engine: Engine):
    async with Engine(postgres_address) as other, other.listen("Odd name") as messages:
        with pytest.raises(ZeroDivisionError):
            async with engine.transaction() as conn:
                await conn.notify("Odd name", "never")
                _ = 1 / 0
        async with engine.transaction() as conn:
            await conn.notify("elsewhere", "no")
            await conn.notify("Odd name", "yes 中")
        assert await asyncio.wait_for(anext(messages), 5) == "yes 中"


async def test_listening_survives_a_restart(own_server, own_address: str):
    async with Engine(own_address) as engine, engine.listen("changed") as messages:
        await asyncio.to_thread(own_server.stop, "fast")
        await asyncio.to_thread(own_server.start)
        assert await asyncio.wait_for(anext(messages), 10) is None
        async with engine.transaction() as conn:
            await conn.notify("changed", "1")
        assert await asyncio.wait_for(anext(messages), 5) == "1"
