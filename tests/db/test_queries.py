"""SELECT in all its parts, compared with plain Python."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from www.db import (
    Engine,
    InvalidCursor,
    RowNotFound,
    StatementError,
    coalesce,
    count,
    exists,
    largest,
    length,
    lower,
    smallest,
    total,
)

from .conftest import Author, Book, Words


@pytest.fixture
async def books(engine: Engine) -> list[Book]:
    ada = await engine.insert(Author(name="Ada"))
    bob = await engine.insert(Author(name="Bob"))
    await engine.insert(Author(name="Cleo"))
    books = [
        Book(author_id=(ada, bob)[i % 2].id, title=f"Book {i % 7}%_", pages=i * 10 % 70)
        for i in range(20)
    ]
    for book in books:
        await engine.insert(book)
    return books


CONDITIONS = [
    (Book.pages == 30, lambda b: b.pages == 30),
    (Book.pages != 30, lambda b: b.pages != 30),
    (Book.pages < 30, lambda b: b.pages < 30),
    (Book.pages <= 30, lambda b: b.pages <= 30),
    (Book.pages > 30, lambda b: b.pages > 30),
    (Book.pages >= 30, lambda b: b.pages >= 30),
    (Book.pages.between(20, 40), lambda b: 20 <= b.pages <= 40),
    (Book.pages.in_([10, 20]), lambda b: b.pages in {10, 20}),
    (Book.pages.in_([]), lambda b: False),
    (Book.pages.not_in([10, 20]), lambda b: b.pages not in {10, 20}),
    (Book.title.contains("3%"), lambda b: "3%" in b.title),
    (Book.title.contains("k_"), lambda b: "k_" in b.title),
    (Book.title.startswith("Book 4"), lambda b: b.title.startswith("Book 4")),
    (Book.title.like("%4\\%%"), lambda b: "4%" in b.title),
    (lower(Book.title) == "book 1%_", lambda b: b.title.lower() == "book 1%_"),
    (length(Book.title) == 8, lambda b: len(b.title) == 8),
    (Book.out_at == None, lambda b: b.out_at is None),  # noqa: E711
    (Book.out_at != None, lambda b: b.out_at is not None),  # noqa: E711
    (~(Book.pages > 30), lambda b: not b.pages > 30),
    ((Book.pages > 30) & (Book.author_id == 1), lambda b: b.pages > 30 and b.author_id == 1),
    ((Book.pages > 30) | (Book.author_id == 1), lambda b: b.pages > 30 or b.author_id == 1),
    (Book.pages + Book.id == 21, lambda b: b.pages + b.id == 21),
    (Book.pages * 2 - 20 > 40, lambda b: b.pages * 2 - 20 > 40),
]


@pytest.mark.parametrize("case", CONDITIONS, ids=range(len(CONDITIONS)))
async def test_it_filters_as_python_does(engine: Engine, books, case):
    condition, expected = case
    found = await engine.all(Book.select().where(condition).order_by(Book.id))
    assert found == [book for book in books if expected(book)]


async def test_it_joins_by_the_foreign_key(engine: Engine, books):
    select = Book.select(Book.id, Author.name.label("who")).join(Author).order_by(Book.id).limit(2)
    assert await engine.all(select) == [{"id": 1, "who": "Ada"}, {"id": 2, "who": "Bob"}]


async def test_it_keeps_rows_without_partner_in_a_left_join(engine: Engine, books):
    select = (
        Author.select(Author.name, count(Book.id).label("n"), largest(Book.pages).label("most"))
        .left_join(Book)
        .group_by(Author.id)
        .order_by(Author.name)
    )
    rows = [tuple(row.values()) for row in await engine.all(select)]
    assert [row[:2] for row in rows] == [("Ada", 10), ("Bob", 10), ("Cleo", 0)]
    assert rows[2][2] is None


async def test_it_groups_and_aggregates(engine: Engine, books):
    sums = total(Book.pages).label("sum")
    select = Book.select(Book.author_id, sums, smallest(Book.id).label("first"))
    select = select.group_by(Book.author_id).having(count() > 5).order_by(Book.author_id)
    assert [row["sum"] for row in await engine.all(select)] == [
        sum(b.pages for b in books if b.author_id == author) for author in (1, 2)
    ]
    nothing = Book.select(coalesce(total(Book.pages), 0).label("sum")).where(Book.id < 0)
    assert await engine.scalar(nothing) == 0


async def test_it_nests_selects(engine: Engine, books):
    busy = Book.select(Book.author_id).where(Book.pages > 50)
    assert await engine.count(Author.select().where(Author.id.in_(busy))) == 2
    idle = Author.select().where(~exists(Book.select().where(Book.author_id == Author.id)))
    assert [author.name for author in await engine.all(idle)] == ["Cleo"]


async def test_it_limits_offsets_and_drops_repeats(engine: Engine, books):
    titles = Book.select(Book.title).distinct().order_by(Book.title)
    assert len(await engine.all(titles)) == 7
    assert await engine.scalars(titles.limit(1).offset(6)) == ["Book 6%_"]
    assert await engine.first(titles.offset(7)) is None
    with pytest.raises(RowNotFound):
        await engine.one(titles.offset(7))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
)
@given(size=st.integers(1, 25), first=st.booleans(), second=st.booleans())
async def test_it_pages_over_everything_once(engine, books, size, first, second):
    one = Book.title.desc() if first else Book.title
    two = Book.pages.desc() if second else Book.pages
    select = Book.select(Book.id).order_by(one, two)
    seen, cursor = [], None
    while True:
        page = await engine.page(select, after=cursor, size=size)
        seen += [row.id for row in page.rows]
        assert all(set(row) == {"id"} for row in page.rows)
        if (cursor := page.next) is None:
            break
    assert sorted(seen) == [book.id for book in books]
    expected = await engine.scalars(
        select.order_by(one, two, Book.id.desc() if second else Book.id)
    )
    assert seen == expected


@pytest.mark.parametrize("size", [1, 2, 3, 20])
@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("then_down", [False, True])
async def test_pages_show_what_has_no_value(engine, books, size, down, then_down):
    """Null stands below every value, and its rows are shown once too."""
    for book in books[::3]:
        book.out_at = datetime(2020, 1, 1 + book.id % 2, tzinfo=UTC)
    await engine.update_many(books)
    one, two = (
        Book.out_at,
        length(Author.name),
    )  # the one is nullable, the other's row may be missing
    select = Book.select(Book.id).left_join(Author, on=Author.id == Book.pages)
    order = (one.desc() if down else one, two.desc() if then_down else two)
    key = Book.id.desc() if then_down else Book.id
    seen: list[int] = []
    cursor: str | None = None
    while cursor is not None or not seen:
        page = await engine.page(select.order_by(*order), after=cursor, size=size)
        seen += [row.id for row in page.rows]
        if (cursor := page.next) is None:
            break
    assert seen == await engine.scalars(select.order_by(*order, key))
    assert len(seen) == len(books)


@pytest.mark.parametrize(
    "condition",
    [Book.out_at != None, Book.out_at <= datetime(2030, 1, 1, tzinfo=UTC)],  # noqa: E711 - IS NULL
)
async def test_a_page_is_one_range_where_nothing_is_null(engine, books, condition):
    ran = []
    await engine.run(Book.update(out_at=datetime(2020, 1, 1, tzinfo=UTC)).all_rows())
    select = Book.select(Book.id).where(condition).order_by(Book.out_at.desc())
    first = await engine.page(select, size=2)
    engine.observers.append(lambda sql, *_: ran.append(sql))
    assert [row.id for row in (await engine.page(select, after=first.next, size=2)).rows] == [
        18,
        17,
    ]
    assert " OR " not in ran[0]


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "é", "W10", "WzEsMl0", "WyJhIl0", "bnVsbA", "A" * 2000, "WzFlOTk5LDFd", "W3RydWVd"],
)
async def test_it_refuses_foreign_cursors(engine: Engine, cursor):
    with pytest.raises(InvalidCursor):
        await engine.page(Book.select().order_by(Book.id), after=cursor, size=2)


async def test_it_streams_every_row(engine: Engine, books):
    select = Book.select(Book.id).order_by(Book.id)
    assert [row.id async for row in engine.stream(select, chunk=3)] == [b.id for b in books]


async def test_it_finds_words_phrases_and_beginnings(engine: Engine):
    await engine.insert(Words(id=1, title="the quick fox", body="jumps"))
    await engine.insert(Words(id=2, title="a fox", body='quick "brown" jumper'))
    by_rank = Words.select(Words.id).order_by(Words.rank(10.0, 1.0))
    found = await engine.scalars(by_rank.where(Words.match((("quick",), ("fox",)))))
    assert found == [1, 2]
    assert await engine.scalars(by_rank.where(Words.match((("quick", "fox"),)))) == [1]
    assert len(await engine.all(by_rank.where(Words.match((("jump",),), prefix=True)))) == 2
    assert await engine.scalars(by_rank.where(Words.match((('"', "OR", "*"),)))) == []


@pytest.mark.parametrize("text", ["'; DROP TABLE books; --", '" OR 1=1 --', "\\", "%", "?", ":a"])
async def test_it_binds_every_value(engine: Engine, books, text):
    await engine.run(Book.update(title=text).where(Book.id == 3))
    assert await engine.scalars(Book.select(Book.id).where(Book.title == text)) == [3]
    assert await engine.scalars(Book.select(Book.id).where(Book.title.contains(text))) == [3] or (
        text == "%"
    )


def test_it_says_what_is_wrong_with_a_statement():
    with pytest.raises(StatementError, match="no truth value in Python"):
        Book.select().where((Book.id == 1) and (Book.pages == 2))
    with pytest.raises(StatementError, match="takes conditions such as"):
        Book.select().where(True)  # type: ignore[arg-type]  # the mistake that is meant
    with pytest.raises(StatementError, match="Book has no column 'nope'; it has id"):
        Book.update(nope=1)
    with pytest.raises(StatementError, match="needs at least one row"):
        Book.insert()
    with pytest.raises(StatementError, match=r"limit\(\) takes a number"):
        Book.select().limit(-1)
    with pytest.raises(StatementError, match="not a full text table"):
        Book.match((("a",),))


async def test_it_refuses_changes_of_every_row(engine: Engine, books):
    with pytest.raises(StatementError, match=r"add where\(\) or all_rows\(\)"):
        await engine.run(Book.delete())
    with pytest.raises(StatementError, match=r"add where\(\) or all_rows\(\)"):
        await engine.run(Book.update(pages=1))
    assert await engine.run(Book.update(pages=1).all_rows()) == 20
    assert await engine.run(Book.delete().all_rows()) == 20


async def test_a_page_refuses_a_limit_of_its_own(engine: Engine):
    ordered = Book.select().order_by(Book.id)
    for select in (ordered.limit(3), ordered.offset(2)):
        with pytest.raises(StatementError, match=r"leave out limit\(\) and offset\(\)"):
            await engine.page(select, size=5)
