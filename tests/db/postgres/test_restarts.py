"""The server goes away under load, in three ways: no read is lost, no change is made twice."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count

import asyncpg
import pytest

from tests.db.conftest import Author
from tests.postgres import Server
from www.db import ConnectionLost, Engine, Limits

CONNECTIONS = 8


class Load:
    """Tasks that read and write until `stop` is set."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.stop = engine, asyncio.Event()
        self.done = Counter[str]()
        self.unknown, self.refused = 0, set[str]()
        self.acknowledged: list[str] = []

    async def read(self) -> None:
        while not self.stop.is_set():
            assert (await self.engine.one(Author.select().order_by(Author.id))).name == "Ada"
            assert await self.engine.count(Author.select()) >= 1
            self.done["read"] += 1

    async def one(self, name: str) -> list[str]:
        return [(await self.engine.insert(Author(name=name))).name]

    async def pair(self, name: str) -> list[str]:
        names = [f"{name}-a", f"{name}-b"]
        async with self.engine.transaction() as conn:
            for each in names:
                await conn.insert(Author(name=each))
        return names

    async def many(self, name: str) -> list[str]:
        names = [f"{name}-a", f"{name}-b"]
        await self.engine.insert_many([Author(name=each) for each in names])
        return names

    async def write(self, kind: Callable[[str], Awaitable[list[str]]], writer: int) -> None:
        for number in count():
            if self.stop.is_set():
                return
            try:  # any other error, such as that of a row that was written twice, fails the test
                self.acknowledged += await kind(f"{kind.__name__}{writer}-{number}")
            except ConnectionLost as error:
                if "it is not known whether" in str(error):
                    self.unknown += 1
                else:
                    self.refused.add(f"{kind.__name__}{writer}-{number}")
            else:
                self.done[kind.__name__] += 1

    def start(self, group: asyncio.TaskGroup) -> None:
        for _ in range(CONNECTIONS):
            group.create_task(self.read())
        for number in range(3):
            for kind in (self.one, self.pair, self.many):
                group.create_task(self.write(kind, number))

    async def goes_on(self) -> None:
        """Wait until everybody has done some more."""
        before = self.done.copy()
        async with asyncio.timeout(20):
            for kind in ("read", "one", "pair", "many"):
                while self.done[kind] < before[kind] + 5:
                    await self.engine.ping()


@pytest.fixture
async def engine(own_address: str) -> AsyncIterator[Engine]:
    limits = Limits(connections=CONNECTIONS, acquire_timeout_s=15)
    async with Engine(own_address, limits=limits) as engine:
        await engine.insert(Author(name="Ada"))
        yield engine


async def fast(server: Server, _: Engine) -> None:
    await asyncio.to_thread(server.stop, "fast")
    await asyncio.to_thread(server.start)


async def immediate(server: Server, _: Engine) -> None:
    await asyncio.to_thread(server.stop, "immediate")
    await asyncio.to_thread(server.start)


OURS = "SELECT pid FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"


async def terminated(server: Server, engine: Engine) -> None:
    """One backend after the other, whatever it is doing."""
    chance = random.Random(5)
    name = (await engine.raw("SELECT current_database() AS name"))[0]["name"]
    administrator = await asyncpg.connect(server.url)
    for _ in range(20):
        pids = [row["pid"] for row in await administrator.fetch(OURS, name)]
        if pids:
            await administrator.execute(f"SELECT pg_terminate_backend({chance.choice(pids)})")
        await asyncio.sleep(0.01)
    await administrator.close()


@pytest.mark.parametrize("happens", [fast, immediate, terminated])
async def test_nothing_is_lost_or_made_twice(own_server, engine: Engine, happens):
    load = Load(engine)
    async with engine.listen("changed") as messages, asyncio.TaskGroup() as group:
        load.start(group)
        for _ in range(2):
            await load.goes_on()
            await happens(own_server, engine)
        await load.goes_on()
        load.stop.set()
        await heard_again(engine, messages, was_lost=happens is not terminated)
    stored = await engine.scalars(Author.select(Author.name))
    assert set(load.acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))
    pairs = Counter(name[:-2] for name in stored if name[-2:] in {"-a", "-b"})
    assert set(pairs.values()) == {2}
    assert load.unknown + len(load.refused) > 0
    # Whoever was told of a lost connection, and not that nobody knows, has nothing there.
    assert not load.refused & {name.removesuffix("-a").removesuffix("-b") for name in stored}
    await everybody_has_one(engine)


async def heard_again(
    engine: Engine, messages: AsyncIterator[str | None], *, was_lost: bool
) -> None:
    found: list[str | None] = [None]
    async with asyncio.timeout(20):
        while found[-1] is None:  # whoever hears None asks, because something may be missed
            async with engine.transaction() as conn:
                await conn.notify("changed", "last")
            found.append(await anext(messages))
    found = found[1:]
    assert set(found[:-1]) <= {None}
    assert None in found or not was_lost


async def everybody_has_one(engine: Engine) -> None:
    """The pool is as large as it was: so many transactions are open at once."""
    everybody = asyncio.Barrier(CONNECTIONS)

    async def hold() -> None:
        async with engine.transaction() as conn:
            await conn.exists(Author.select())
            await everybody.wait()

    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        for _ in range(CONNECTIONS):
            tasks.create_task(hold())
