"""Many rows at once: insert from a select, update_many, delete_many, returning; tuples and raw."""

import asyncio
from datetime import UTC, datetime

import pytest

from www.db import (
    Engine,
    NotNullViolation,
    RowNotFound,
    StatementError,
    UniqueViolation,
    VersionConflict,
    lower,
    value,
)
from www.db.testing import assert_statements

from .conftest import Author, Book, Colour, Place, Reply, Words

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
async def books(engine: Engine, ada: Author) -> list[Book]:
    books = [
        Book(id=i, author_id=ada.id, title=f"B{i}", cover=b"\0", extra={"i": i}, out_at=NOW)
        for i in range(150)
    ]
    await engine.insert_many(books)
    return books


async def test_it_inserts_what_a_select_finds(engine: Engine, books):
    select = Book.select(
        (Book.id + 1000).label("id"),
        *(Book.author_id, Book.pages, Book.price, Book.extra),
        lower(Book.title).label("title"),
        value(False).label("sold_out"),
        value("red").label("colour"),
        value(7).label("version"),
    )
    change = Book.insert_from(select.where(Book.id < 3)).returning(Book.id)
    assert sorted(row.id for row in await engine.all(change)) == [1000, 1001, 1002]
    copy = await engine.one(Book.select().where(Book.id == 1002))
    assert (copy.title, copy.extra, copy.version, copy.colour) == ("b2", {"i": 2}, 7, Colour.RED)
    names = Author.insert_from(Author.select(Author.id, Author.name)).or_ignore()
    assert await engine.run(names) == 0
    again = Author.insert_from(Author.select(Author.id, Author.name.label("name")))
    assert await engine.run(again.or_update(Author.id, columns=[Author.name])) == 1


async def test_it_refuses_to_insert_what_does_not_fit(engine: Engine, books):
    with pytest.raises(StatementError, match=r"Author\.name is a str, the select gives int"):
        Author.insert_from(Book.select(Book.id.label("name")))
    with pytest.raises(StatementError, match="Author has no column 'title'"):
        Author.insert_from(Book.select(Book.title))
    with pytest.raises(NotNullViolation):
        await engine.run(Author.insert_from(Book.select((Book.id + 5).label("id"))))


async def test_it_returns_what_was_changed(engine: Engine, books):
    some = Book.update(pages=Book.id + 1).where(Book.id < 3).returning(Book.id, Book.pages)
    assert sorted(row.pages for row in await engine.all(some)) == [1, 2, 3]
    gone = await engine.all(Book.delete().where(Book.id < 2).returning(Book.id, Book.out_at))
    assert sorted((row.id, row.out_at) for row in gone) == [(0, NOW), (1, NOW)]
    assert await engine.count(Book.select()) == 148


async def test_it_updates_many_rows(engine: Engine, books):
    for book in books[:100]:
        book.title, book.cover, book.extra = f"new {book.id}", None, {"n": [book.id]}
    books[100].colour = Colour.BLUE
    async with assert_statements(engine, 2) as seen:  # one for each set of columns
        await engine.update_many(books)
    assert all(sql.startswith("UPDATE") for sql in seen.sql)
    assert await engine.all(Book.select().order_by(Book.id)) == books
    assert [book.version for book in books[99:102]] == [2, 2, 1]
    await engine.update_many(books)
    await engine.update_many([])
    assert not any(book.changed() for book in books)


async def test_it_fills_in_what_the_database_chose(engine: Engine):
    authors = [Author(name=f"{number:04}") for number in range(1_500)]
    assert await engine.insert_many(authors, fill=True) == 1_500
    assert await engine.all(Author.select().order_by(Author.name)) == authors
    assert len({author.id for author in authors}) == 1_500
    authors[3].name = "new"
    assert authors[3].changed() == {"name": "new"}
    given = [Author(id=50_000, name="given")]
    assert await engine.insert_many(given, fill=True) == 1
    assert given == [{"id": 50_000, "name": "given"}]


@pytest.mark.parametrize("fill", [False, True])
@pytest.mark.parametrize("size", [3, 1_200])
async def test_it_inserts_all_or_none(engine: Engine, ada: Author, size, fill):
    authors = [*(Author(name=f"{number}") for number in range(size)), Author(name=ada.name)]
    with pytest.raises(UniqueViolation):
        await engine.insert_many(authors, fill=fill)
    assert not any("id" in author for author in authors)
    assert await engine.count(Author.select()) == 1
    authors[-1].name = None  # type: ignore[assignment] # the database refuses it
    with pytest.raises(NotNullViolation):
        await engine.insert_many(authors, fill=fill)
    with pytest.raises(StatementError, match="the same columns"):
        await engine.insert_many([*authors[:-1], Author(id=1, name="x")], fill=fill)
    assert await engine.count(Author.select()) == 1


async def test_it_inserts_long_values(engine: Engine, ada: Author):
    texts = [str(number) * (700_000 if number % 3 else 1) for number in range(7)]
    covers = [b"\0" * 2_000_000, None, b""]
    books = [
        Book(author_id=ada.id, title=text[:9], extra={"text": text}, cover=covers[len(text) % 3])
        for text in texts
    ]
    await engine.insert_many(books, fill=True)
    assert await engine.all(Book.select().order_by(Book.id)) == books
    for book in books:
        book.extra = {"again": book.extra}
    await engine.update_many(books)
    assert await engine.all(Book.select().order_by(Book.id)) == books


async def test_it_inserts_words(engine: Engine):
    texts = [Words(id=number, title=f"w{number} it's", body="common") for number in range(3)]
    await engine.insert_many(texts)
    found = Words.select(Words.id).where(Words.match((("w2",), ("common",))))
    assert await engine.scalars(found) == [2]


async def test_it_updates_all_or_none(engine: Engine, books):
    await engine.run(Book.update(version=Book.version + 1).where(Book.id == 140))
    for book in books:
        book.pages = 9
    with pytest.raises(VersionConflict, match="none is written"):
        await engine.update_many(books)
    assert await engine.count(Book.select().where(Book.pages == 9)) == 0
    assert all(book.changed() and book.version == 1 for book in books)
    async with engine.transaction() as conn:
        with pytest.raises(VersionConflict):
            await conn.update_many(books)
        await conn.update_many(books[:140])
    assert await engine.count(Book.select().where(Book.pages == 9)) == 140


async def test_it_misses_rows_without_version(engine: Engine):
    places = [Place(row=1, seat=seat) for seat in range(10)]
    await engine.insert_many(places)
    for place in places:
        place.name = f"'{place.seat}"
    await engine.update_many(places)
    assert await engine.scalars(Place.select(Place.name).order_by(Place.seat)) == [
        f"'{seat}" for seat in range(10)
    ]
    await engine.delete(places[3])
    places[3].name = "x"
    with pytest.raises(RowNotFound):
        await engine.update_many(places)


async def test_it_deletes_many_rows(engine: Engine, books):
    assert await engine.delete_many(books[:100]) == 100
    assert await engine.delete_many(books) == 50
    assert await engine.delete_many([]) == 0
    places = [Place(row=row, seat=seat) for row in (1, 2) for seat in (1, 2)]
    await engine.insert_many(places)
    assert await engine.delete_many([places[0], places[3]]) == 2
    assert await engine.all(Place.select().order_by(Place.row)) == places[1:3]


async def test_it_takes_rows_of_one_table(engine: Engine, books, ada):
    with pytest.raises(StatementError, match="rows of one table, got Author, Book"):
        await engine.delete_many([*books, ada])
    with pytest.raises(StatementError, match="a replica cannot change anything"):
        await engine.replica().delete_many(books)


async def test_it_reads_tuples(engine: Engine, books):
    select = Book.select(Book.id, Book.title).where(Book.id < 2).order_by(Book.id)
    assert await engine.tuples(select) == [(0, "B0"), (1, "B1")]
    typed = await engine.tuples(Book.select(Book.out_at, Book.extra, Book.colour).limit(1))
    assert typed == [(NOW, {"i": 0}, Colour.RED)]
    assert type(typed[0]) is tuple


async def test_it_runs_raw_sql(engine: Engine, books):
    sql = """SELECT id, 'it''s ?' AS "why?" /* ? */ FROM books -- ?
        WHERE id IN (?, ?) AND book_title <> ? AND ? IS NULL ORDER BY id"""
    rows = await engine.raw(sql, 5, 7, "'; DROP TABLE books; --", None)
    assert rows == [{"id": 5, "why?": "it's ?"}, {"id": 7, "why?": "it's ?"}]
    async with engine.transaction() as conn:
        found = await conn.raw("UPDATE books SET pages = ? WHERE id = ? RETURNING pages", 3, 1)
        assert found == [{"pages": 3}]
        assert await conn.raw("SELECT pages FROM books WHERE id = 1") == [{"pages": 3}]
    assert await engine.raw("DELETE FROM books WHERE id = ?", 1) == []
    assert await engine.raw("WITH t AS (SELECT count(*) AS n FROM books) SELECT n FROM t") == [
        {"n": 149}
    ]


async def test_it_says_what_is_wrong_with_raw_sql(engine: Engine):
    with pytest.raises(StatementError, match="0 values are too few"):
        await engine.raw("SELECT ?")
    with pytest.raises(StatementError, match="1 values are too many"):
        await engine.raw("SELECT '?'", 1)
    with pytest.raises(StatementError, match="cannot be bound"):
        await engine.raw("SELECT ?", object())
    with pytest.raises(StatementError):
        await engine.raw("SELEC 1")


async def test_it_hands_out_each_row_once(engine: Engine, books):
    taken: list[int] = []

    async def worker():
        async with engine.transaction() as conn:
            free = Book.select(Book.id).where(Book.pages == 0).order_by(Book.id).limit(1)
            book = await conn.one(free.for_update(skip_locked=True))
            taken.append(book.id)
            await asyncio.sleep(0)
            await conn.run(Book.update(pages=1).where(Book.id == book.id))

    await asyncio.gather(*(worker() for _ in range(5)))
    assert sorted(taken) == [0, 1, 2, 3, 4]


async def test_it_locks_rows_within_transactions_only(engine: Engine, books):
    with pytest.raises(StatementError, match="outside of a transaction keeps nothing"):
        await engine.all(Book.select().for_update())
    async with engine.transaction() as conn:
        select = Book.select().left_join(Reply).where(Book.id == 3)
        assert (await conn.one(select.for_update())).id == 3
