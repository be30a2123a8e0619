"""create_tables(): what is missing, in an order that the references allow, by two at once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from www.db import Column, Engine, ForeignKeyViolation, Index, Table


class Novel(Table):
    id = Column(int, primary_key=True)
    title = Column(str, unique=True)
    longest = Index(title.desc())


class Chapter(Table):
    id = Column(int, primary_key=True)
    novel_id = Column(int, references=lambda: Novel.id, on_delete="cascade", on_update="cascade")
    before_id = Column(int, references=lambda: Chapter.id, nullable=True, on_delete="set null")


class Phrases(Table, full_text=True):
    id = Column(int, primary_key=True, name="rowid")
    body = Column(str)


@pytest.fixture(params=["sqlite", "postgres"])
def somewhere(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "empty.db")
    return str(request.getfixturevalue("postgres").database())


@pytest.fixture
async def empty(somewhere: str) -> AsyncIterator[Engine]:
    async with Engine(somewhere) as engine:
        yield engine


async def test_it_creates_parents_first_and_leaves_what_is_there(empty: Engine):
    await empty.create_tables(Chapter, Novel, Phrases)
    novel = await empty.insert(Novel(title="Solaris"))
    await empty.create_tables(Chapter, Novel, Phrases)
    assert await empty.get(Novel, novel.id) == novel
    with pytest.raises(ForeignKeyViolation):
        await empty.insert(Chapter(novel_id=novel.id + 1))


async def test_two_may_create_at_once(empty: Engine):
    await asyncio.gather(*(empty.create_tables(Chapter, Novel) for _ in range(4)))
    assert await empty.count(Chapter.select()) == 0


async def test_a_new_key_reaches_the_rows_that_refer_to_it(empty: Engine):
    await empty.create_tables(Chapter, Novel)
    await empty.insert(Novel(id=1, title="Solaris"))
    await empty.insert(Chapter(id=1, novel_id=1))
    await empty.run(Novel.update(id=7).where(Novel.id == 1))
    assert await empty.scalars(Chapter.select(Chapter.novel_id)) == [7]
    await empty.run(Novel.delete().where(Novel.id == 7))
    assert await empty.count(Chapter.select()) == 0
