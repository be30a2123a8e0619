"""What a wrong statement says, before the database has seen it; and that both say the same."""

from typing import Any

import pytest

from tests.db.conftest import Author, Book, Reply
from www.db import (
    BadValue,
    Engine,
    ForeignKeyViolation,
    StatementError,
    UniqueViolation,
    count,
    total,
)

any_book: Any = Book  # a type checker would refuse what is wrong here
BAD_STATEMENTS = {
    "where() takes conditions, and <Column books.pages> is int": lambda: any_book.select().where(
        Book.pages
    ),
    "select() takes columns such as Book.id, got 'title'": lambda: any_book.select("title"),
    "order by a column or column.desc(), not by 'title'": lambda: any_book.select().order_by(
        "title"
    ),
    "<Column books.pages> is int: only text is like a pattern": lambda: any_book.pages.like("1%"),
    "<Column books.extra> is json: only text is like a pattern": lambda: any_book.extra.contains(
        "a"
    ),
    "-<Column books.title>: that is no number": lambda: -Book.title,
    "abs(<Column books.title>): that is no number": lambda: abs(Book.title),
    "0 foreign keys join authors and replies": lambda: Author.select().join(Reply),
}


@pytest.mark.parametrize("message", BAD_STATEMENTS)
def test_it_says_what_is_wrong_with_a_statement(message: str):
    with pytest.raises(StatementError) as caught:
        BAD_STATEMENTS[message]()
    assert message in str(caught.value)


def test_it_names_the_column_that_a_value_does_not_fit():
    with pytest.raises(BadValue, match=r"\Abooks\.pages: expected an int, got str '300'"):
        any_book.pages > "300"  # noqa: B015 - the comparison is what fails
    with pytest.raises(BadValue, match=r"\Abooks\.pages: expected an int, got NoneType None"):
        any_book.pages.in_([1, None])


def test_an_expression_shows_its_sql():
    shown = repr((Book.pages + 1 > 3) & (Book.title == "secret"))
    assert shown == '<((("books"."pages" + ?) > ?) AND ("books"."book_title" = ?))>'


async def test_it_says_which_verb_fits(engine: Engine):
    anything: Any = engine
    with pytest.raises(StatementError, match=r"run\(\) takes a change: .* take all"):
        await anything.run(Book.select())
    with pytest.raises(StatementError, match=r"count\(\) takes a select"):
        await anything.count(Book.delete())
    for verb in (anything.insert, anything.update, anything.delete):
        with pytest.raises(StatementError, match=r"takes a row of a table.*not a dict"):
            await verb({"name": "Ada"})
    with pytest.raises(AttributeError, match="Book is a table, not a statement"):
        await anything.all(Book)
    with pytest.raises(StatementError, match="a number of rows from 1, got 0"):
        await anything.page(Book.select().order_by(Book.id), size=0)
    with pytest.raises(StatementError, match=r"one of 'read committed', .* not 'serialisable'"):
        async with anything.transaction(isolation="serialisable"):
            pass


async def test_it_says_that_a_row_was_never_stored(engine: Engine):
    reply = Reply(book_id=1)
    reply.body = "x"
    for verb in (engine.update, engine.delete):
        with pytest.raises(StatementError, match=r"the row has no 'id': .* insert the row first"):
            await verb(reply)


async def test_it_asks_for_returning(engine: Engine, ada: Author):
    with pytest.raises(StatementError, match=r"gives no rows: say returning"):
        await engine.all(Author.update(name="Bea").where(Author.id == ada.id))
    assert await engine.get(Author, ada.id) == ada


async def test_a_unique_violation_says_the_same_on_both(engine: Engine, ada: Author):
    with pytest.raises(UniqueViolation, match=r"\AUNIQUE constraint failed: authors\.name\Z"):
        await engine.insert(Author(name=ada.name))


async def test_a_row_that_is_referred_to_cannot_be_deleted(engine: Engine, ada: Author):
    book = await engine.insert(Book(author_id=ada.id, title="Notes"))
    await engine.insert(Reply(book_id=book.id))
    with pytest.raises(ForeignKeyViolation):
        await engine.delete(book)
    with pytest.raises(ForeignKeyViolation):
        await engine.insert(Reply(book_id=book.id + 1))


async def test_an_ended_transaction_says_the_same_on_both(engine: Engine):
    async with engine.transaction() as conn:
        pass
    with pytest.raises(StatementError, match="this transaction has ended"):
        await conn.insert(Author(name="Ada"))


async def test_a_join_finds_the_foreign_key_of_a_table_joined_before(engine: Engine, ada: Author):
    book = await engine.insert(Book(author_id=ada.id, title="Notes"))
    await engine.insert(Reply(book_id=book.id))
    select = Reply.select(Author.name, count().label("n")).join(Book).join(Author)
    assert await engine.all(select.group_by(Author.id, Author.name)) == [{"name": "Ada", "n": 1}]


NOT_ONE_STATEMENT = {
    "raw() takes no BEGIN: transaction()": "BEGIN",
    "raw() takes no COMMIT": "-- all of it\n commit",
    "raw() takes no SAVEPOINT": " /* a */ SAVEPOINT x",
    "raw() takes a statement": " -- nothing",
    "one statement": "SELECT 1; DELETE FROM authors",
}


@pytest.mark.parametrize("message", NOT_ONE_STATEMENT)
async def test_raw_takes_one_statement_that_leaves_the_connection_as_it_was(
    engine: Engine, ada: Author, message: str
):
    with pytest.raises(StatementError) as caught:
        await engine.raw(NOT_ONE_STATEMENT[message])
    assert message in str(caught.value) or "multiple commands" in str(caught.value)
    assert await engine.scalars(Author.select(Author.name)) == ["Ada"]


async def test_raw_takes_semicolons_that_end_nothing(engine: Engine):
    assert await engine.raw("SELECT ';' AS a ; -- SELECT 1; SELECT 2\n") == [{"a": ";"}]
    if engine.dialect.name == "sqlite":
        await engine.raw("CREATE TRIGGER t DELETE ON books BEGIN SELECT 1; SELECT 2; END")
    else:
        await engine.raw("DO $$ BEGIN PERFORM 1; PERFORM 2; END $$")


async def test_a_page_needs_rows_to_go_on_from(engine: Engine, ada: Author):
    authors = Book.select(Book.author_id).order_by(Book.author_id)
    for wrong in (authors.distinct(), authors.group_by(Book.author_id)):
        with pytest.raises(
            StatementError, match=r"behind a row of books: add the primary key \(id\)"
        ):
            await engine.page(wrong, size=1)
    names: Any = Author.select(Author.name)
    with pytest.raises(StatementError, match="takes a select of a table, not a Compound"):
        await engine.page(names.union(names), size=1)
    counted = Author.select(Author.name, count(Book.id).label("n")).left_join(Book)
    counted = counted.group_by(Author.id, Author.name).order_by(Author.name)
    for right in (counted, Author.select().distinct().order_by(Author.name)):
        assert (await engine.page(right, size=1)).rows[0]["name"] == "Ada"


MANY: dict[str, Any] = {"name": "Ada"}


@pytest.mark.parametrize("verb", ["insert_many", "update_many", "delete_many"])
async def test_many_rows_are_rows_of_one_table(engine: Engine, verb: str):
    run: Any = getattr(engine, verb)
    for wrong, named in (([MANY], "dict"), ([Author], "TableMetaClass"), (["Ada"], "str")):
        with pytest.raises(
            StatementError, match=rf"{verb}\(\) takes rows of a table, .*, not a {named}"
        ):
            await run(wrong)
    with pytest.raises(StatementError, match=r"got Author, Reply: call it for each"):
        await run([Author(id=1, name="a"), Reply(id=1, body="a")])


async def test_many_rows_may_come_from_a_generator(engine: Engine):
    rows = [Author(name=f"Author {number}") for number in range(3)]
    assert await engine.insert_many((row for row in rows), fill=True) == 3
    for row in rows:
        row.name += "!"
    await engine.update_many(row for row in rows)
    assert set(await engine.scalars(Author.select(Author.name.endswith("!").label("e")))) == {True}
    assert await engine.delete_many(row for row in rows) == 3


async def test_a_pattern_does_not_end_with_half_an_escape(engine: Engine, ada: Author):
    for like in (Author.name.like, Author.name.ilike):
        assert await engine.count(Author.select().where(like("A\\da"))) == 1
        assert await engine.count(Author.select().where(like("Ada\\\\"))) == 0
        with pytest.raises(BadValue, match="the backslash at the end escapes nothing"):
            like("Ada\\")


async def test_a_number_that_grows_out_of_its_column_is_a_bad_value(engine: Engine, ada: Author):
    await engine.insert(Book(author_id=ada.id, title="Notes", pages=2**62))
    for wrong in (
        Book.update(pages=Book.pages * 4).all_rows(),
        Book.update(pages=Book.pages + 2**62),
    ):
        with pytest.raises(BadValue, match="a value cannot be stored"):
            await engine.run(wrong.where(Book.title == "Notes"))
    await engine.insert(Book(author_id=ada.id, title="More", pages=2**62))
    if engine.dialect.name == "sqlite":  # PostgreSQL adds them up in more digits
        with pytest.raises(BadValue, match="integer overflow"):
            await engine.scalar(Book.select(total(Book.pages).label("sum")))


def test_a_statement_shows_its_sql():
    assert repr(Author.select(Author.id).where(Author.name == "Ada")) == (
        '<SELECT "authors"."id" FROM "authors" WHERE ("authors"."name" = ?)>'
    )
    assert repr(Author.delete()) == (
        "<Delete of authors: delete of every row of authors: add where() or all_rows()>"
    )
