"""Commit, roll back, nest, share a turn, and come clean out of cancellation."""

import asyncio

import pytest

from www.db import (
    Connection,
    ConnectionLost,
    Engine,
    Limits,
    SerializationFailure,
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


async def test_it_repeats_what_cannot_be_serialised(engine: Engine, ada: Author):
    book = await engine.insert(Book(author_id=ada.id, title="x"))

    async def read_then_write(conn: Connection) -> int:
        pages = (await conn.one(Book.select().where(Book.id == book.id))).pages
        await asyncio.sleep(0.001)
        return await conn.run(Book.update(pages=pages + 1).where(Book.id == book.id))

    votes = [engine.repeat(read_then_write, attempts=50) for _ in range(8)]
    assert await asyncio.gather(*votes) == [1] * 8
    assert (await engine.one(Book.select())).pages == 8


@pytest.mark.parametrize("many", [False, True])
async def test_it_writes_a_row_again_when_it_repeats(engine: Engine, ada: Author, many: bool):  # noqa: FBT001
    book = await engine.insert(Book(author_id=ada.id, title="x"))
    book.pages = 7
    tries = 0

    async def work(conn: Connection) -> None:
        nonlocal tries
        tries += 1
        await (conn.update_many([book]) if many else conn.update(book))
        book.title = f"try {tries}"
        await conn.update(book)
        if tries < 3:
            raise SerializationFailure("as if somebody else had been quicker")

    await engine.repeat(work)
    assert (book.pages, book.title, book.version) == (7, "try 3", 3)
    assert await engine.get(Book, book.id) == book


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


async def test_it_stops_a_statement_that_takes_too_long(engine, address):
    await engine.insert_many([Author(name=f"n{i}") for i in range(3000)])
    await engine.insert_many([Book(id=i, author_id=1, title="x") for i in range(1, 3001)])
    slow = Author.select(count().label("n")).join(Book, Book.pages + Author.id >= 0)
    async with Engine(address, limits=Limits(statement_timeout_s=0.05)) as hurried:
        with pytest.raises(Timeout):
            await hurried.scalar(slow)
        assert await hurried.exists(Author.select())


async def test_it_says_that_it_is_not_open(address):
    engine = Engine(address)
    for call in (engine.ping, engine.close, lambda: engine.insert(Author(name="Ada"))):
        with pytest.raises(ConnectionLost, match="not open"):
            await call()
