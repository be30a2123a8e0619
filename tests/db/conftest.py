"""Tables and an engine on a real database for the tests of the data layer: on each, by `address`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import pytest

from tests.postgres import emptied, execute
from www.db import Check, Column, Engine, Index, Related, Table
from www.db.dialects.postgres import PostgresDialect
from www.db.drivers.sqlite.lane import Options
from www.db.schema.ddl import create_all
from www.db.schema.migrate import Migration, apply


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Author(Table):
    id = Column(int, primary_key=True, autoincrement=True)
    name = Column(str, unique=True, max_length=20)


class Book(Table):
    id = Column(int, primary_key=True)
    author_id = Column(int, references=lambda: Author.id, on_delete="cascade", index=True)
    title = Column(str, name="book_title")
    pages = Column(int, default=0)
    price = Column(float, default=1.5)
    sold_out = Column(bool, default=False)
    colour = Column(Colour, default=Colour.RED)
    cover = Column(bytes, nullable=True)
    extra = Column(dict, default=dict)
    out_at = Column(datetime, nullable=True)
    version = Column(int, default=1, version=True)

    positive = Check(pages >= 0)
    by_title = Index(title, id)
    author = Related[Author](lambda: Book.author_id)
    replies = Related[list["Reply"]](lambda: Reply)


class Reply(Table, name="replies"):
    id = Column(int, primary_key=True)
    book_id = Column(int, references=lambda: Book.id, index=True)
    parent_id = Column(int, references=lambda: Reply.id, nullable=True, index=True)
    body = Column(str, default="")


class Place(Table):
    row = Column(int, primary_key=True)
    seat = Column(int, primary_key=True)
    name = Column(str, default="")


class Words(Table, full_text=True):
    id = Column(int, primary_key=True, name="rowid")
    title = Column(str)
    body = Column(str)


TABLES = (Author, Book, Reply, Place, Words)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "test.db"
    apply(Options(path=file), [Migration(1, "tables", create_all(TABLES))])
    return file


@pytest.fixture(scope="session")
def _postgres_tables(postgres) -> str:
    url: str = postgres.database()
    execute(url, create_all(TABLES, PostgresDialect()))
    return url


@pytest.fixture
def postgres_address(_postgres_tables: str) -> str:
    return str(emptied(_postgres_tables))


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest) -> Path | str:
    fixture = "path" if request.param == "sqlite" else "postgres_address"
    found: Path | str = request.getfixturevalue(fixture)
    return found


@pytest.fixture(scope="session")
def _random_tables(postgres) -> str:
    from tests.db.random_terms import TABLES as RANDOM

    url: str = postgres.database()
    execute(url, create_all(RANDOM, PostgresDialect()))
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def random_address(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """A database with the tables of `random_terms`."""
    from tests.db.random_terms import TABLES as RANDOM

    if request.param == "postgres":
        return str(request.getfixturevalue("_random_tables"))
    file = tmp_path / "random.db"
    apply(Options(path=file), [Migration(1, "tables", create_all(RANDOM))])
    return file


@pytest.fixture
async def engine(address: Path | str) -> AsyncIterator[Engine]:
    async with Engine(address) as engine:
        yield engine


@pytest.fixture
async def ada(engine: Engine) -> Author:
    return await engine.insert(Author(name="Ada"))
