"""Columns where they do not belong: both databases hear of it before they are asked."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.db.conftest import Author, Book, Place, Reply, Words
from www.db import Column, Engine, StatementError, Table, count, exists, value
from www.db.statements.base import Statement

any_book: Any = Book  # a type checker would refuse what is wrong here


class Meal(Table):
    id = Column(int, primary_key=True)
    price = Column(Decimal, nullable=True)
    takes = Column(timedelta, nullable=True)
    day = Column(date, nullable=True)
    at = Column(datetime, nullable=True)


meal: Any = Meal
OF_ANOTHER_KIND: dict[str, Callable[[], object]] = {
    "<Column books.title> is str, what it stands beside int: .as_type(str) converts that":
        lambda: any_book.pages == Book.title,
    "<Column books.pages> is int, what it stands beside str: .as_type(str) converts it":
        lambda: any_book.title < Book.pages,
    "<Column books.sold_out> is bool, what it stands beside int: .as_type(int) converts it":
        lambda: any_book.pages + Book.sold_out,
    "<Column meals.day> is date, what it stands beside datetime": lambda: meal.at > Meal.day,
    "<Column meals.takes> is timedelta, what it stands beside int": lambda: meal.id == Meal.takes,
    "<Column books.price> is float, what it stands beside decimal": lambda: meal.price == Book.price,
    "<Column books.cover> is bytes, what it stands": lambda: any_book.title.in_([Book.cover]),
    "<Column replies.body> is str, what it stands": lambda: any_book.pages.in_(
        Reply.select(Reply.body)
    ),
    "<Column books.out_at> is datetime, what it stands": lambda: any_book.update(
        title=Book.out_at
    ),
    "<Column books.pages> is int, <Column books.price> is float: .as_type(int) cuts it":
        lambda: any_book.update(pages=Book.price),
    "Book.pages is a int, the select gives float": lambda: Book.insert_from(
        Book.select(Book.price.label("pages"))
    ),
    "UNION needs selects with the same columns": lambda: Meal.select(Meal.day).union(
        Reply.select(Reply.body)
    ),
    "& joins conditions, and 7 is none: write (a == 1) & (b == 2), in parentheses":
        lambda: (Book.pages > 1) & any_book.pages.type.encode(7),
    "| joins conditions, and <Column books.pages> is none": lambda: any_book.pages | (
        Book.pages > 1
    ),
}  # fmt: skip


@pytest.mark.parametrize("message", OF_ANOTHER_KIND)
def test_it_refuses_columns_of_different_kinds(message: str):
    with pytest.raises(StatementError) as caught:
        OF_ANOTHER_KIND[message]()
    assert message in str(caught.value)


async def test_it_compares_and_assigns_what_is_of_one_kind(engine: Engine, ada: Author):
    await engine.insert(Book(author_id=ada.id, title="red", pages=3, extra={"n": 3, "t": "new"}))
    same = [
        Book.colour == Book.title,
        Book.pages < Book.price + 2,
        Book.title.in_(Book.select(Book.colour)),
        Book.pages == Book.extra["n"],
        Book.pages.as_type(str) != Book.title,
        Book.pages.in_([Book.id, Book.pages]),
    ]
    for condition in same:
        assert await engine.count(Book.select().where(condition)) == 1, condition
    change = Book.update(price=Book.pages, title=Book.extra["t"]).where(Book.pages == 3)
    made = await engine.all(change.returning(Book.price, Book.title))
    assert made == [{"price": 3.0, "title": "new"}]


@pytest.mark.parametrize(
    "values", [Book, "12", b"12", 12, None, {"id": 1}, Book.title, Book.alias("b")]
)
def test_in_says_what_it_takes(values: Any):
    with pytest.raises(StatementError, match=r"in_\(\) takes a list of values, or a select"):
        Book.pages.in_(values)
    with pytest.raises(StatementError, match=r"in_\(\) takes|in_ needs a type"):
        Book.extra["pages"].in_(values)


def test_in_takes_a_select_of_one_column():
    with pytest.raises(StatementError, match=r"a select of one column, not of \['id', 'body'\]"):
        Book.id.in_(Reply.select(Reply.id, Reply.body))


other = Author.alias("other")
of_reply = Reply.select(count().label("n")).where(Reply.book_id == Book.id)
NOT_THERE: dict[str, Statement[Any]] = {
    "select": Book.select(Reply.body),
    "where": Book.select().where(Reply.body == "x"),
    "order": Book.select().order_by(Reply.body),
    "group": Book.select(count().label("n")).group_by(Reply.body),
    "having": Book.select(count().label("n")).group_by(Book.id).having(Reply.body == "x"),
    "on": Book.select().join(Author, on=Reply.book_id == Author.id),
    "on too early": Book.select()
    .join(Author, on=Reply.book_id == Author.id)
    .join(Reply, on=Reply.book_id == Book.id),
    "update": Book.update(title=Reply.body).where(Book.id == 1),
    "update where": Book.update(title="x").where(Reply.body == "x"),
    "delete": Book.delete().where(Reply.body == "x"),
    "returning": Book.delete().where(Book.id == 1).returning(Reply.body),
    "insert": Place.insert({"row": 1, "seat": 1}).returning(Reply.body),
    "within": Book.select().where(exists(Author.select().where(Reply.body == "x"))),
    "from": Book.select(Book.id, Reply.body).as_table("t").select(),
    "beside": Reply.select(Reply.id).join(
        Book.select(Book.id).where(Reply.body == "x").as_table("t"), on=Reply.id == 1
    ),
    "union": Book.select(Book.title).union(Author.select(Reply.body)),
}


CHANGES = {"update", "update where", "delete"}


@pytest.mark.parametrize("place", NOT_THERE)
async def test_it_names_a_column_of_a_table_that_is_not_read(engine: Engine, place: str):
    message = r"\Areplies\.(body|book_id) is a column of a table that this statement does not read"
    for _ in range(2):
        with pytest.raises(StatementError, match=message):
            statement: Any = NOT_THERE[place]
            await (engine.run(statement) if place in CHANGES else engine.all(statement))


async def test_it_names_what_is_read_instead(engine: Engine):
    known = "it reads authors and books, join replies to it"
    with pytest.raises(StatementError, match=known):
        await engine.count(Book.select(Reply.body).join(Author))
    with pytest.raises(StatementError, match=r"other\.name is a column of .* it reads authors"):
        await engine.all(Author.select(other.name))
    with pytest.raises(StatementError, match=r"match\(\) is of a table .* join words"):
        await engine.all(Book.select().where(Words.match((("a",),))))


async def test_inner_selects_see_the_outer_rows(engine: Engine, ada: Author):
    book = await engine.insert(Book(author_id=ada.id, title="Notes"))
    await engine.insert(Reply(book_id=book.id, body="Notes"))
    answers = Reply.select(Reply.id).where(Reply.book_id == Book.id, Reply.body == Book.title)
    inner = Author.select().where(Author.id == Book.author_id, exists(answers))
    assert await engine.count(Book.select().where(exists(inner))) == 1
    shown = Book.select(Book.id, of_reply.as_scalar().label("n"))
    assert await engine.tuples(shown.order_by(of_reply.as_scalar())) == [(book.id, 1)]
    counted = Book.update(pages=of_reply.as_scalar()).where(exists(answers))
    assert await engine.run(counted) == 1
    table = Reply.select(Reply.book_id, value(7).label("n")).as_table("t")
    joined = Book.select(Book.title, table.n).join(table, on=table.book_id == Book.id)
    assert await engine.tuples(joined) == [("Notes", 7)]
