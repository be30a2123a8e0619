"""Somebody else has the file: everybody waits on the loop, which goes on, and is told in the end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.db.conftest import Author
from tests.db.stepping import WAYS, Stepped, outcome
from www.db import Busy, Engine, Limits

WAIT_S = 0.25
COUNT = "SELECT count(*) FROM authors"
TEXT = "another process kept the database for 0.25 s"


@pytest.fixture(params=["normal", "full"])
async def engine(path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    limits = Limits(busy_timeout_s=WAIT_S)
    async with Engine(path, durability=request.param, limits=limits) as engine:
        await engine.insert_many([Author(name=name) for name in "ab"])
        yield engine


@pytest.fixture
def stranger(path: Path) -> Iterator[apsw.Connection]:
    """Not of the standard library: two SQLites in one process do not see each other's locks."""
    with closing(apsw.Connection(str(path))) as connection:
        yield connection


async def in_a_transaction(engine: Engine) -> None:
    async with engine.transaction() as conn:
        await conn.insert(Author(name="x"))


VERBS: dict[str, Callable[[Engine], Any]] = {
    "insert": lambda engine: engine.insert(Author(name="x")),
    "many": lambda engine: engine.insert_many([Author(name=f"n{i}") for i in range(100)]),
    "update": lambda engine: engine.run(Author.update(name=Author.name + "!").all_rows()),
    "transaction": in_a_transaction,
    "delete_many": lambda engine: engine.delete_many([Author(id=1, name="a")]),
}


@pytest.mark.parametrize("verb", VERBS)
async def test_it_says_so_after_the_timeout_and_not_before(engine: Engine, stranger, verb):
    ticks = 0
    stranger.execute("BEGIN IMMEDIATE")
    loop = asyncio.get_running_loop()
    started = loop.time()
    running = asyncio.create_task(VERBS[verb](engine))
    while not running.done():
        assert await engine.count(Author.select()) == 2  # those who read do not wait
        await asyncio.sleep(0)
        ticks += 1
    with pytest.raises(Busy, match=TEXT):
        await running
    assert loop.time() - started >= WAIT_S
    assert ticks > 20  # the loop went on: a wait that blocks it leaves two or three
    stranger.execute("ROLLBACK")
    await VERBS[verb](engine)


async def test_it_goes_on_when_the_other_is_ready_in_time(engine: Engine, stranger):
    stranger.execute("BEGIN IMMEDIATE")
    running = [asyncio.create_task(engine.insert(Author(name=f"n{i}"))) for i in range(20)]
    await asyncio.sleep(WAIT_S / 5)
    assert not any(task.done() for task in running)
    stranger.execute("COMMIT")
    await asyncio.gather(*running)
    assert await engine.count(Author.select()) == 22


async def test_a_group_is_told_and_nothing_of_it_stays(engine: Engine, stranger):
    stranger.execute("BEGIN IMMEDIATE")
    calls = [engine.insert(Author(name=f"n{i}")) for i in range(20)]
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(error) for error in found} == {Busy}
    stranger.execute("ROLLBACK")
    await engine.insert(Author(name="x"))
    assert await engine.count(Author.select()) == 3


async def test_it_waits_for_a_reader_that_keeps_an_old_state(engine: Engine, stranger):
    """It stands in the way of nobody: not of writers, and not of the log's end."""
    stranger.execute("BEGIN")
    stranger.execute(COUNT).fetchall()
    for number in range(30):
        await engine.insert(Author(name=f"n{number}"))
    assert stranger.execute(COUNT).get == 2
    stranger.execute("ROLLBACK")
    assert stranger.execute(COUNT).get == 32


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("verb", VERBS)
async def test_who_is_cancelled_meanwhile_leaves_nothing(engine: Engine, stranger, verb, way):
    for step in range(1, 6):  # the steps behind these are the same wait again
        stranger.execute("BEGIN IMMEDIATE")
        stepped = Stepped(VERBS[verb](engine), step, way)
        result = await outcome(stepped.run())
        stranger.execute("ROLLBACK")
        if not stepped.fired:
            assert isinstance(result, Busy)
            break
        assert isinstance(result, asyncio.CancelledError)
        async with asyncio.timeout(5):
            await engine.insert(Author(name=f"after {step}"))
    names = await engine.scalars(Author.select(Author.name))
    assert [name for name in names if not name.startswith("after")] == ["a", "b"]
