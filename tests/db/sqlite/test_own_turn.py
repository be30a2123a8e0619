"""Turns: of the one writer, for which a task may not wait twice; and of the loop, at the end."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.db.conftest import Author
from www.db import Busy, Engine, Limits, StatementError
from www.db.drivers.sqlite.lane import Options
from www.db.drivers.sqlite.quick import Quick

MISTAKES: dict[str, Callable[[Engine], Awaitable[object]]] = {
    "insert": lambda engine: engine.insert(Author(name="Bob")),
    "insert_many": lambda engine: engine.insert_many([Author(name="Bob")]),
    "delete": lambda engine: engine.run(Author.delete().all_rows()),
    "transaction": lambda engine: engine.transaction().__aenter__(),
}


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_it_says_so_at_once(path: Path, mistake: str):
    async with Engine(path) as engine, asyncio.timeout(5):
        async with engine.transaction() as conn:
            await conn.insert(Author(name="Ada"))
            with pytest.raises(StatementError, match="would wait for itself: use its `conn`"):
                await MISTAKES[mistake](engine)
        assert await engine.scalars(Author.select(Author.name)) == ["Ada"]
        await engine.insert(Author(name="Bob"))


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_another_task_waits_until_the_timeout(path: Path, mistake: str):
    async with Engine(path, limits=Limits(busy_timeout_s=0.05)) as engine, asyncio.timeout(5):
        async with engine.transaction() as conn:
            with pytest.raises(Busy, match=r"kept the writer for 0\.05 s"):
                await asyncio.ensure_future(MISTAKES[mistake](engine))
            await conn.insert(Author(name="Ada"))
        assert await engine.scalars(Author.select(Author.name)) == ["Ada"]
        await engine.insert(Author(name="Bob"))


async def test_a_reader_may_be_closed_in_the_turn_of_its_reads(path: Path):
    went_wrong: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: went_wrong.append(what))
    with ThreadPoolExecutor(1) as executor:
        quick = Quick(Options(path=path), executor)
        for _ in range(3):
            quick.find("SELECT count(*) FROM authors", ())
        quick.close()
        await asyncio.sleep(0)
    assert went_wrong == []
