"""Related rows: one more statement for each kind, however many rows there are."""

import json

import pytest

from www.db import Column, Engine, Related, StatementError, Table, count
from www.db.testing import assert_statements, statements

from .conftest import Author, Book, Place, Reply


@pytest.fixture
async def books(engine: Engine) -> list[Book]:
    ada, bob = [await engine.insert(Author(name=name)) for name in ("Ada", "Bob")]
    books = [Book(id=i, author_id=(ada, bob)[i % 2].id, title=f"B{i}") for i in range(1, 8)]
    await engine.insert_many(books)
    replies = [Reply(id=i, book_id=i % 3 + 1, body=f"r{i}") for i in range(1, 12)]
    replies += [Reply(id=20, book_id=1, parent_id=2, body="deep")]
    await engine.insert_many([Reply(**{"parent_id": None, **reply}) for reply in replies])
    return books


async def test_it_reads_what_refers_to_the_rows(engine: Engine, books):
    thread = Reply.select(Reply.id, Reply.body).order_by(Reply.id.desc())
    async with assert_statements(engine, 2):
        found = await engine.all(
            Book.select().with_related(Reply.book_id, thread).order_by(Book.id)
        )
    everything = [(20, 1), *((i, i % 3 + 1) for i in range(11, 0, -1))]
    for book, original in zip(found, books, strict=True):
        own = [i for i, of in everything if of == book.id]
        assert [reply.id for reply in book.replies] == own
        assert {key: value for key, value in book.items() if key != "replies"} == original
    assert set(found[0].replies[0]) == {"id", "body"}
    assert json.loads(json.dumps(found[0]["replies"]))[0]["id"] == 20


async def test_it_reads_what_the_rows_refer_to(engine: Engine, books):
    titles = Book.select(Book.title).with_related(Book.author_id).order_by(Book.id)
    async with assert_statements(engine, 2):
        found = await engine.all(titles)
    assert [(b.title, b.author.name) for b in found][:2] == [("B1", "Bob"), ("B2", "Ada")]
    assert set(found[0]) == {"title", "author"}
    assert not found[0].changed()


async def test_it_reads_pages_with_what_belongs_to_them(engine: Engine, books):
    select = Book.select(Book.title).with_related(Book.replies).with_related(Book.author)
    seen: list[tuple[str, int, int]] = []
    cursor = None
    async with assert_statements(engine, 9):
        while not seen or cursor is not None:
            page = await engine.page(select.order_by(Book.title), after=cursor, size=3)
            seen += [(book.title, len(book.replies), book.author.id) for book in page.rows]
            cursor = page.next
    assert seen == [(f"B{i}", {1: 4, 2: 4, 3: 4}.get(i, 0), 1 + i % 2) for i in range(1, 8)]


async def test_it_goes_deeper(engine: Engine, books):
    below = Reply.alias("below")
    inner = Reply.select().with_related(below.parent_id, key="answers").with_related(Reply.book_id)
    authors = Author.select().where(Author.id == 2)
    async with assert_statements(engine, 5):
        author = await engine.one(
            authors.with_related(Book.author_id, Book.select().with_related(Reply.book_id, inner))
        )
    first = next(book for book in author["books"] if book.id == 1)
    assert {reply.id: [r.id for r in reply["answers"]] for reply in first.replies} == {
        3: [], 6: [], 9: [], 20: []
    }  # fmt: skip
    assert first.replies[0]["book"].title == "B1"


async def test_it_finds_parent_and_children_in_one_table(engine: Engine, books):
    below = Reply.alias("below")
    found = await engine.all(
        Reply.select(Reply.id)
        .with_related(below.parent_id, key="answers")
        .with_related(Reply.parent_id)
        .where(Reply.id.in_([2, 20]))
        .order_by(Reply.id)
    )
    assert [[reply.id for reply in row["answers"]] for row in found] == [[20], []]
    assert [row["parent"] and row["parent"].body for row in found] == [None, "r2"]


async def test_it_asks_nothing_for_no_rows(engine: Engine):
    async with assert_statements(engine, 1):
        assert await engine.all(Book.select().with_related(Book.replies)) == []


async def test_it_prepares_few_texts(engine: Engine, books):
    async with statements(engine) as seen:
        for size in range(1, 8):
            await engine.all(Book.select(Book.id).with_related(Book.replies).limit(size))
    assert len(set(seen.sql)) == 5  # of 1, 2, 4 and 8 values


async def test_it_does_not_read_behind_an_attribute(engine: Engine, books):
    book = await engine.one(Book.select())
    with pytest.raises(AttributeError, match=r"add .with_related\(Book.replies\)"):
        _ = book.replies


async def test_it_says_what_is_wrong_with_a_relation(engine: Engine):
    with pytest.raises(StatementError, match="take a column that refers to another"):
        Book.select().with_related(Book.title)
    with pytest.raises(StatementError, match=r"books\.id>, not to authors"):
        Author.select().with_related(Reply.book_id)
    with pytest.raises(StatementError, match="would count the rows of all together"):
        Book.select().with_related(Reply.book_id, Reply.select().limit(3))
    with pytest.raises(StatementError, match="select from replies, not from places"):
        Book.select().with_related(Reply.book_id, Place.select())
    with pytest.raises(StatementError, match="is a column of the row, say key="):
        Book.select().with_related(Book.author_id, key="title")
    grouped = Book.select(Book.title, count().label("n")).group_by(Book.title)
    with pytest.raises(StatementError, match="author_id> too"):
        await engine.all(grouped.with_related(Book.author))
    with pytest.raises(StatementError, match=r"0 foreign keys join books and places"):
        Book.select().with_related(Related(lambda: Place))
    with pytest.raises(StatementError, match="reads no related rows"):
        [row async for row in engine.stream(Book.select().with_related(Book.author))]
    with pytest.raises(TypeError, match="a row has a method of that name"):

        class Bad(Table):
            id = Column(int, primary_key=True)
            items = Related[Author](lambda: Book.author_id)  # type: ignore[assignment]
