"""What only SQLite has: a file, its mode and its log, and one writer."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.db.conftest import Author, Book
from www.db import Busy, ConnectionLost, Engine, Limits


@pytest.fixture
async def engine(path: Path) -> AsyncIterator[Engine]:
    async with Engine(path) as engine:
        yield engine


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


async def test_it_says_that_the_file_is_no_database(tmp_path: Path):
    (tmp_path / "x.db").write_text("hello, I am a letter to my aunt\n" * 100)
    with pytest.raises(ConnectionLost, match="not a database"):
        await Engine(tmp_path / "x.db").open()


async def test_it_makes_the_file_private(path: Path):
    assert path.stat().st_mode & 0o777 == 0o600


async def test_it_closes_in_the_turn_of_a_read(path: Path):
    """Two reads of one turn share a transaction, which ends with the turn."""
    loop, troubles = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda _loop, context: troubles.append(context))
    async with Engine(path) as engine:
        await engine.count(Author.select())
        await engine.count(Author.select())
    await asyncio.sleep(0)
    loop.set_exception_handler(None)
    assert not troubles


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


async def test_it_copies_nothing_more_when_it_closes(path: Path):
    async with Engine(path) as engine:
        await engine.insert(Author(name="Ada"))
        log = engine.driver._writer._log  # type: ignore[attr-defined] # this one has a file
        log._start()  # SQLite tells of a long log, and, while that is copied, once more
        last = log._copying
        last.add_done_callback(lambda _: log._start())
    assert log._copying is last


async def test_it_makes_no_empty_file_where_one_was_deleted(engine: Engine, path: Path):
    await engine.insert(Author(name="Ada"))
    path.unlink()
    assert await engine.count(Author.select()) == 1
    with pytest.raises(ConnectionLost, match="was deleted"):
        async with engine.transaction(read_only=True):
            pass
    assert not path.exists()
