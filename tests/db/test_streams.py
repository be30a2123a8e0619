"""Streams: one state of the database, flat memory, and other statements between two rows."""

import asyncio
import gc
import tracemalloc
from contextlib import aclosing
from typing import Any

import apsw
import pytest

from tests.db.conftest import Author, Book
from www.db import Connection, DiskFull, Engine, StatementError, count

NAMES = [f"n{number:02}" for number in range(25)]
BY_NAME = Author.select(Author.name).order_by(Author.name)


@pytest.fixture(autouse=True)
async def authors(engine: Engine) -> None:
    await engine.insert_many([Author(name=name) for name in NAMES])


async def names(verbs: Any, chunk: int = 4) -> list[str]:
    return [row.name async for row in verbs.stream(BY_NAME, chunk)]


async def nothing_is_open(engine: Engine) -> None:
    """A stranger may write at once, and SQLite's log can be emptied."""
    await engine.insert(Author(name="stranger"))
    if engine.dialect.name == "sqlite":
        stranger = apsw.Connection(str(engine.path))
        busy, *_ = stranger.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0]
        stranger.close()
        assert not busy


@pytest.mark.parametrize("chunk", [1, 4, 25, 500])
async def test_every_reader_streams(engine: Engine, chunk: int):
    assert await names(engine, chunk) == NAMES
    assert await names(engine.replica(), chunk) == NAMES
    async with engine.transaction(read_only=True) as conn:
        assert await names(conn, chunk) == NAMES
    async with engine.transaction() as conn:
        await conn.insert(Author(name="zz, of this one"))
        assert len(await names(conn, chunk)) == len(NAMES) + 1
        assert await names(engine, chunk) == NAMES
    await nothing_is_open(engine)


async def test_a_chunk_has_a_row(engine: Engine):
    with pytest.raises(StatementError, match=r"stream\(chunk=...\) takes a number of rows from 1"):
        await names(engine, 0)


@pytest.mark.parametrize("chunk", [1, 4, 500])
async def test_it_sees_nothing_of_what_its_transaction_changes(engine: Engine, chunk: int):
    async with engine.transaction() as conn:
        seen = []
        async for row in conn.stream(BY_NAME, chunk):
            seen.append(row.name)
            await conn.insert(Author(name=f"{row.name} and more"))
            if len(seen) == 3:
                await conn.run(Author.delete().where(Author.name > "n20"))
                assert await conn.count(Author.select()) == len(NAMES) - 4 + 3
    assert seen == NAMES
    assert await engine.count(Author.select().where(Author.name.endswith("more"))) == len(NAMES)
    await nothing_is_open(engine)


async def test_rows_are_changed_while_they_come(engine: Engine):
    async with engine.transaction() as conn:
        async for author in conn.stream(Author.select().order_by(Author.id), chunk=3):
            author.name += "!"
            await conn.update(author)
    assert await names(engine) == [f"{name}!" for name in NAMES]


async def test_a_part_that_is_undone_does_not_end_it(engine: Engine):
    async with engine.transaction() as conn:
        seen = []
        async for row in conn.stream(BY_NAME, chunk=2):
            seen.append(row.name)
            with pytest.raises(ZeroDivisionError):
                async with conn.transaction():
                    await conn.run(Author.delete().all_rows())
                    raise ZeroDivisionError
    assert seen == NAMES == await names(engine)


async def test_several_run_beside_each_other(engine: Engine):
    for read_only in (True, False):
        async with engine.transaction(read_only=read_only) as conn:
            pairs = []
            async for row in conn.stream(BY_NAME, chunk=10):
                async for other in conn.stream(BY_NAME.limit(3), chunk=2):
                    assert await conn.count(Author.select()) == len(NAMES)
                    pairs.append((row.name, other.name))
        assert pairs == [(name, other) for name in NAMES for other in NAMES[:3]]


async def test_leaving_early_leaves_nothing_open(engine: Engine):
    async with engine.transaction() as conn:
        async with aclosing(conn.stream(BY_NAME, chunk=2)) as rows:
            async for _ in rows:
                break
        await conn.insert(Author(name="later"))
        async for _ in conn.stream(BY_NAME, chunk=2):  # which nobody closes
            break
        await conn.insert(Author(name="latest"))
    await nothing_is_open(engine)
    assert await engine.count(Author.select()) == len(NAMES) + 3


@pytest.mark.parametrize("read_only", [True, False])
async def test_it_ends_with_its_transaction(engine: Engine, *, read_only: bool):
    async with engine.transaction(read_only=read_only) as conn:
        rows = conn.stream(BY_NAME, chunk=2)
        assert (await anext(rows)).name == NAMES[0]
    await nothing_is_open(engine)
    assert (await anext(rows)).name == NAMES[1]  # which was read with the first
    with pytest.raises(StatementError, match="this transaction has ended"):
        await anext(rows)
    with pytest.raises(StatementError, match="this transaction has ended"):
        await anext(conn.stream(BY_NAME))


async def test_an_error_within_undoes_and_closes(engine: Engine):
    with pytest.raises(ZeroDivisionError):
        async with engine.transaction() as conn:
            async for row in conn.stream(BY_NAME, chunk=2):
                await conn.insert(Author(name=f"{row.name}!"))
                raise ZeroDivisionError
    assert await names(engine) == NAMES
    await nothing_is_open(engine)


async def test_a_neighbour_that_is_cancelled_does_not_end_it(engine: Engine):
    if engine.dialect.name == "postgres":
        pytest.skip("there a cancelled statement ends the transaction")
    slow = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"
    async with engine.transaction() as conn:
        rows = conn.stream(BY_NAME, chunk=2)
        seen = [(await anext(rows)).name]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await conn.raw(slow)
        seen += [row.name async for row in rows]
    assert seen == NAMES


async def test_for_update_keeps_the_rows(engine: Engine):
    with pytest.raises(StatementError, match=r"for_update\(\) outside of a transaction"):
        await anext(engine.stream(Author.select().for_update()))
    async with engine.transaction() as conn:
        found = [row.id async for row in conn.stream(Author.select(Author.id).for_update())]
        assert len(found) == len(NAMES)


async def test_memory_stays_flat_when_rows_are_put_aside(engine: Engine, ada: Author):
    rows, text = 3_000, "x" * 4_000
    for _ in range(3):
        await engine.insert_many([Book(author_id=ada.id, title=text) for _ in range(rows // 3)])
    async with engine.transaction() as conn:
        await read_and_change(conn, most=20)  # the caches are full
        gc.collect()
        tracemalloc.start()
        try:
            assert await read_and_change(conn, most=rows) == rows
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 6_000_000  # of 12 MB


async def read_and_change(conn: Connection, most: int) -> int:
    read = 0
    async for book in conn.stream(Book.select(Book.title).limit(most), chunk=50):
        read += len(book.title) // 4_000
        if read == 10:
            await conn.run(Book.update(pages=Book.pages + 1).all_rows())
    return read


async def test_it_says_that_nothing_can_be_put_aside(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    if engine.dialect.name == "postgres":
        pytest.skip("the server holds the rows")

    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(DiskFull, match="put aside before a change: make room"):
        async with engine.transaction() as conn:
            async for _ in conn.stream(BY_NAME, chunk=2):
                await conn.insert(Author(name="x"))
    assert await engine.scalar(Author.select(count().label("n"))) == len(NAMES)
