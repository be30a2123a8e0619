"""Selects that are written once, and only bound afterwards."""

from datetime import UTC, datetime

import pytest

from www.db import BadValue, Engine, Prepared, StatementError, given, lower

from .conftest import Author, Book, Colour

AT = datetime(2026, 11, 22, 20, 0, 0, 123456, UTC)


@pytest.fixture
async def books(engine: Engine) -> list[Book]:
    author = await engine.insert(Author(name="Ada"))
    books = [
        Book(
            author_id=author.id,
            title=f"Book {number}",
            pages=number * 10,
            colour=Colour.BLUE if number % 2 else Colour.RED,
            cover=bytes([number]),
            out_at=AT.replace(hour=number),
        )
        for number in range(6)
    ]
    for book in books:
        await engine.insert(book)
    return books


@pytest.mark.parametrize("number", range(6))
async def test_it_gives_what_the_select_gives(engine: Engine, books, number):
    told = books[number]
    values = {
        "title": told.title,
        "pages": told.pages,
        "colour": told.colour,
        "cover": told.cover,
        "out_at": told.out_at,
    }
    for name, value in values.items():
        column = getattr(Book, name)
        prepared = Prepared(Book.select().where(column == given("value"), Book.pages < 100))
        plain = Book.select().where(column == value, Book.pages < 100)
        for _ in range(2):
            found = await engine.prepared(prepared, value=value)
            assert found == await engine.all(plain)
            assert [type(row) for row in found] == [Book] * len(found)


async def test_its_values_change_and_its_own_stay(engine: Engine, books):
    select = Book.select(Book.title).join(Author).where(Author.name == "Ada")
    between = Prepared(
        select.where(Book.pages >= given("low"), Book.pages < given("high"))
        .order_by(Book.id)
        .limit(2)
    )
    for low, high, titles in ((10, 60, [1, 2]), (40, 60, [4, 5]), (50, 60, [5]), (60, 90, [])):
        rows = await engine.prepared(between, high=high, low=low)
        assert [row["title"] for row in rows] == [f"Book {number}" for number in titles]


async def test_a_value_may_stand_in_two_places(engine: Engine, books):
    twice = Prepared(
        Book.select(Book.id).where((Book.title == given("t")) | (lower(Book.title) == given("t")))
    )
    assert len(await engine.prepared(twice, t="Book 3")) == 1
    assert len(await engine.prepared(twice, t="book 3")) == 1


async def test_it_sees_its_own_transaction(engine: Engine, books):
    by_title = Prepared(Book.select(Book.pages).where(Book.title == given("title")))
    async with engine.transaction() as conn:
        await conn.run(Book.update(pages=7).where(Book.title == "Book 1"))
        assert [row["pages"] for row in await conn.prepared(by_title, title="Book 1")] == [7]


@pytest.mark.parametrize("values", [{}, {"page": 1}, {"pages": 1, "more": 2}])
async def test_it_takes_the_values_that_it_names(engine: Engine, values):
    prepared = Prepared(Book.select().where(Book.pages == given("pages")))
    with pytest.raises(StatementError, match=r"takes values for \['pages'\]"):
        await engine.prepared(prepared, **values)


@pytest.mark.parametrize("value", ["1", 1.5, 2**63, None, True])
async def test_it_says_which_value_is_wrong(engine: Engine, value):
    prepared = Prepared(Book.select().where(Book.pages == given("pages"), Book.title == given("t")))
    with pytest.raises(BadValue, match="pages: "):
        await engine.prepared(prepared, pages=value, t="a")


async def test_a_place_without_a_value_is_refused(engine: Engine):
    select = Book.select().where(Book.pages == given("pages"))
    assert repr(select).endswith('WHERE ("books"."pages" = ?)>')
    with pytest.raises(StatementError, match="Prepared"):
        await engine.all(select)


def test_it_takes_no_related_rows_and_no_locks():
    for select in (Book.select().with_related(Book.author), Book.select().for_update()):
        with pytest.raises(StatementError, match="Prepared"):
            Prepared(select)
