"""Commit, roll back, nest, cancel, share, and survive."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from www.db import (
    Busy,
    ConnectionLost,
    Engine,
    Limits,
    StatementError,
    Timeout,
    UniqueViolation,
    count,
)

from .conftest import Author, Book


async def test_it_commits_at_the_end(engine: Engine):
    async with engine.transaction() as conn:
        await conn.insert(Author(name="Ada"))
        assert await engine.count(Author.select()) == 0
        assert await conn.count(Author.select()) == 1
    assert await engine.count(Author.select()) == 1


async def test_it_rolls_back_on_an_error(engine: Engine):
    with pytest.raises(ZeroDivisionError):
        async with engine.transaction() as conn:
            await conn.insert(Author(name="Ada"))
            _ = 1 / 0
    assert await engine.count(Author.select()) == 0
    await engine.insert(Author(name="Ada"))


async def test_it_undoes_only_the_inner_block(engine: Engine):
    async with engine.transaction() as conn:
        await conn.insert(Author(name="Ada"))
        with pytest.raises(UniqueViolation):
            async with conn.transaction():
                await conn.insert(Author(name="Bob"))
                await conn.insert(Author(name="Ada"))
        await conn.insert(Author(name="Cleo"))
    assert await engine.scalars(Author.select(Author.name).order_by(Author.id)) == ["Ada", "Cleo"]


async def test_it_reads_one_state_in_a_read_only_transaction(engine: Engine, ada: Author):
    async with engine.transaction(read_only=True) as conn:
        assert await conn.count(Author.select()) == 1
        await engine.insert(Author(name="Bob"))
        assert await conn.count(Author.select()) == 1
        with pytest.raises(StatementError, match="read-only"):
            await conn.insert(Author(name="Cleo"))
    assert await engine.count(Author.select()) == 2


async def test_it_commits_the_changes_of_one_turn_together(engine: Engine):
    names = [f"n{i}" for i in range(200)]
    await asyncio.gather(*(engine.insert(Author(name=name)) for name in names))
    assert sorted(await engine.scalars(Author.select(Author.name))) == sorted(names)


async def test_it_fails_only_the_wrong_one_of_a_group(engine: Engine):
    results = await asyncio.gather(
        *(engine.insert(Author(name=name)) for name in ("a", "b", "a", "c")),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [Author, Author, UniqueViolation, Author]
    assert await engine.count(Author.select()) == 3


async def test_it_counts_200_concurrent_changes(engine: Engine, ada: Author):
    book = await engine.insert(Book(author_id=ada.id, title="x"))

    async def vote() -> None:
        async with engine.transaction() as conn:
            await conn.run(Book.update(pages=Book.pages + 1).where(Book.id == book.id))

    await asyncio.gather(*(vote() for _ in range(200)))
    assert (await engine.one(Book.select())).pages == 200


async def test_it_is_clean_after_cancellation_anywhere(engine: Engine):
    async def work(number: int) -> None:
        async with engine.transaction() as conn:
            await conn.insert(Author(name=f"t{number}"))
            await conn.insert_many([Author(name=f"t{number}-{i}") for i in range(5)])
        await engine.insert(Author(name=f"a{number}"))

    for number in range(60):
        task = asyncio.create_task(work(number))
        for _ in range(number % 12):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        whole = await engine.count(Author.select().where(Author.name.startswith(f"t{number}-")))
        assert whole in {0, 5}
    await engine.insert(Author(name="after"))


async def test_a_slow_read_leaves_the_loop_free(engine: Engine):
    await engine.insert_many([Author(name=f"n{i}") for i in range(3000)])
    await engine.insert_many([Book(id=i, author_id=1, title="x") for i in range(1, 3001)])
    # A join that holds for every pair: nine million of them.
    slow = Author.select(count().label("n")).join(Book, Book.pages + Author.id >= 0)
    ticks, running = 0, asyncio.create_task(engine.scalar(slow))
    while not running.done():
        await asyncio.sleep(0.001)
        ticks += 1
    assert await running == 9_000_000
    assert ticks > 20


async def test_it_stops_a_statement_that_takes_too_long(path: Path):
    async with Engine(path, limits=Limits(statement_timeout_s=0.05)) as engine:
        await engine.insert_many([Author(name=f"n{i}") for i in range(3000)])
        await engine.insert_many([Book(id=i, author_id=1, title="x") for i in range(1, 3001)])
        slow = Author.select(count().label("n")).join(Book, Book.pages + Author.id >= 0)
        with pytest.raises(Timeout):
            await engine.scalar(slow)
        assert await engine.count(Author.select()) == 3000


async def test_two_engines_wait_for_one_another(path: Path, engine: Engine):
    async with Engine(path, limits=Limits(busy_timeout_s=0.05)) as other:
        async with engine.transaction() as conn:
            await conn.insert(Author(name="Ada"))
            with pytest.raises(Busy, match=r"0\.05 s"):
                await other.insert(Author(name="Bob"))
        await other.insert(Author(name="Bob"))
    assert await engine.count(Author.select()) == 2


async def test_it_says_that_the_folder_is_missing(tmp_path: Path):
    with pytest.raises(ConnectionLost, match="folder of the database is missing"):
        await Engine(tmp_path / "no" / "x.db").open()


async def test_it_says_that_it_is_not_open(path: Path):
    engine = Engine(path)
    for call in (engine.ping, engine.close, lambda: engine.insert(Author(name="Ada"))):
        with pytest.raises(ConnectionLost, match="not open"):
            await call()


async def test_it_says_that_the_file_is_no_database(tmp_path: Path):
    (tmp_path / "x.db").write_text("hello, I am a letter to my aunt\n" * 100)
    with pytest.raises(ConnectionLost, match="not a database"):
        await Engine(tmp_path / "x.db").open()


async def test_it_makes_the_file_private(path: Path):
    assert path.stat().st_mode & 0o777 == 0o600


async def test_it_keeps_the_log_short(engine: Engine, path: Path, ada: Author):
    big = {"pages": "x" * 2000}
    log = path.with_name(path.name + "-wal")
    sizes = []
    for start in range(0, 20_000, 500):
        books = [
            Book(id=i, author_id=ada.id, title="x", extra=big) for i in range(start, start + 500)
        ]
        await engine.insert_many(books)
        sizes.append(log.stat().st_size)
    assert await engine.count(Book.select()) == 20_000
    assert path.stat().st_size > 30_000_000
    assert max(sizes) < 20_000_000


WRITER = """
import asyncio, sys
sys.path.insert(0, sys.argv[2])
from www.db import Column, Engine, Table
class Author(Table):
    id = Column(int, primary_key=True)
    name = Column(str)
async def main():
    async with Engine(sys.argv[1]) as engine:
        number = 0
        while True:
            await asyncio.gather(*(engine.insert(Author(name=f"k{number + i}")) for i in range(8)))
            number += 8
            print(number, flush=True)
asyncio.run(main())
"""


def test_what_was_acknowledged_survives_kill_9(path: Path):
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", WRITER, str(path), str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(20)]
        time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout.read().split()]

    async def stored() -> set[str]:
        async with Engine(path) as engine:
            return set(await engine.scalars(Author.select(Author.name)))

    assert {f"k{i}" for i in range(acknowledged[-1])} <= asyncio.run(stored())
