"""Rows in and out: insert, get, update, delete, types."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from www.db import (
    BadValue,
    CheckViolation,
    Engine,
    ForeignKeyViolation,
    NotNullViolation,
    RowNotFound,
    StatementError,
    UniqueViolation,
    VersionConflict,
)
from www.db.testing import assert_statements

from .conftest import Author, Book, Colour, Place


async def test_it_returns_what_was_inserted(engine: Engine, ada: Author):
    out_at = datetime(2026, 11, 22, 9, 30, 0, 123456, UTC)
    book = Book(
        author_id=ada.id, title="Notes 😀", cover=b"\0\xff", extra={"a": [1, None]}, out_at=out_at
    )
    await engine.insert(book)
    found = await engine.get(Book, book.id)
    assert found == book
    assert found is not None
    assert (found.sold_out, found.colour, found.out_at) == (False, Colour.RED, out_at)
    assert type(found.sold_out) is bool


async def test_what_is_stored_is_equal_until_the_row_changes(engine: Engine, ada: Author):
    out_at = datetime(2026, 11, 22, 9, 30, 0, 123456, UTC)
    book = Book(author_id=ada.id, title="Notes 😀", extra={"a": [1, None]}, out_at=out_at)
    await engine.insert(book)
    first = await engine.stored(Book, book.id)
    assert first is not None
    assert engine.decoded(Book, first) == book
    assert await engine.stored(Book, book.id) == first
    other = {"pages": 9, "price": 2.5, "extra": {"a": [1]}, "sold_out": True, "out_at": None}
    for key, value in other.items():
        await engine.run(Book.update(**{key: value}).where(Book.id == book.id))
        changed = await engine.stored(Book, book.id)
        assert changed != first
        assert changed is not None
        assert engine.decoded(Book, changed)[key] == value
        first = changed
    async with engine.transaction() as conn:
        assert await conn.stored(Book, book.id) == first
        await conn.run(Book.delete().where(Book.id == book.id))
        assert await conn.stored(Book, book.id) is None
    assert await engine.stored(Book, book.id) is None


async def test_it_stores_times_in_utc(engine: Engine, ada: Author):
    east = datetime(2026, 1, 1, 3, tzinfo=timezone(timedelta(hours=8)))
    book = await engine.insert(Book(author_id=ada.id, title="x", out_at=east))
    found = await engine.one(Book.select().where(Book.id == book.id))
    assert found.out_at == east
    assert found.out_at is not None
    assert found.out_at.tzinfo is UTC


# No text holds a NUL; tests/db/test_types.py says what becomes of it.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(
    number=st.integers(-(2**63), 2**63 - 1),
    text=TEXTS,
    real=st.floats(allow_nan=False),
    blob=st.binary(),
    moment=st.datetimes(timezones=st.just(UTC)),
    extra=st.dictionaries(TEXTS, st.integers(), max_size=3),
)
async def test_it_keeps_every_value(engine, number, text, real, blob, moment, extra):
    author = await engine.insert(Author(name=f"n{await engine.count(Author.select())}"))
    await engine.run(Book.delete().where(Book.id == number))
    book = Book(
        id=number,
        author_id=author.id,
        title=text,
        price=real,
        cover=blob,
        out_at=moment,
        extra=extra,
    )
    await engine.insert(book)
    assert await engine.get(Book, number) == book


async def test_it_is_a_dict_and_json(ada: Author):
    assert ada == {"id": 1, "name": "Ada"}
    assert json.loads(json.dumps(ada)) == ada


async def test_it_updates_only_what_changed(engine: Engine, ada: Author):
    book = await engine.insert(Book(author_id=ada.id, title="old"))
    book.title = "new"
    async with assert_statements(engine, 1) as seen:
        await engine.update(book)
        await engine.update(book)
    assert re.search('SET "book_title" = [^,"]+, "version" = [^,]+ WHERE', seen[0].sql)
    found = await engine.one(Book.select())
    assert (found.title, found.version) == ("new", 2)


async def test_it_loses_nobodys_update(engine: Engine, ada: Author):
    mine = await engine.insert(Book(author_id=ada.id, title="old"))
    theirs = await engine.one(Book.select())
    theirs.title = "theirs"
    await engine.update(theirs)
    mine.title = "mine"
    with pytest.raises(VersionConflict):
        await engine.update(mine)
    assert (await engine.one(Book.select())).title == "theirs"


async def test_it_reports_an_update_of_a_row_that_is_gone(engine: Engine, ada: Author):
    assert await engine.delete(ada)
    assert not await engine.delete(ada)
    ada.name = "Eve"
    with pytest.raises(RowNotFound):
        await engine.update(ada)


async def test_it_uses_every_column_of_a_composite_key(engine: Engine):
    await engine.insert_many([Place(row=1, seat=1), Place(row=1, seat=2)])
    place = await engine.get(Place, 1, 2)
    assert place is not None
    place.name = "mine"
    await engine.update(place)
    names = await engine.scalars(Place.select(Place.name).order_by(Place.seat))
    assert names == ["", "mine"]


async def test_it_translates_violations(engine: Engine, ada: Author):
    with pytest.raises(UniqueViolation) as unique:
        await engine.insert(Author(name="Ada"))
    assert (unique.value.table, unique.value.columns) == ("authors", ("name",))
    with pytest.raises(ForeignKeyViolation):
        await engine.insert(Book(author_id=99, title="x"))
    with pytest.raises(CheckViolation) as check:
        await engine.insert(Book(author_id=ada.id, title="x", pages=-1))
    assert check.value.constraint == "positive"
    with pytest.raises(NotNullViolation) as null:
        await engine.insert(Book(author_id=ada.id, title=None))
    assert null.value.columns == ("book_title",)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("title", 5, "books.title: expected a str, got int 5"),
        ("title", "\ud800", "books.title: text with a lone surrogate at position 0"),
        ("pages", "5", "books.pages: expected an int, got str '5'"),
        ("pages", True, "books.pages: expected an int, got bool True"),
        ("pages", 2**63, "books.pages: 65 bits do not fit into the 64 of an int"),
        ("pages", 2**100, "books.pages: 102 bits do not fit into the 64 of an int"),
        ("colour", "green", "books.colour: expected one of red, blue, got 'green'"),
        ("out_at", datetime(2026, 1, 1), "expected a datetime with a time zone"),  # noqa: DTZ001
        ("extra", {"a": {1}}, "books.extra: cannot be stored as JSON"),
    ],
)
async def test_it_refuses_values_of_the_wrong_type(engine: Engine, column, value, message):
    book = Book(author_id=1, title="x")
    book[column] = value
    with pytest.raises(BadValue) as error:
        await engine.insert(book)
    assert message in str(error.value)


async def test_it_refuses_text_that_is_too_long(engine: Engine):
    with pytest.raises(BadValue, match="21 characters, at most 20"):
        await engine.insert(Author(name="x" * 21))


async def test_it_skips_or_updates_what_is_there(engine: Engine, ada: Author):
    twin = {"name": "Ada", "id": 7}
    assert await engine.run(Author.insert(twin).or_ignore(Author.name)) == 0
    await engine.run(Author.insert(twin).or_update(Author.name, columns=[Author.id]))
    assert await engine.scalars(Author.select(Author.id)) == [7]


async def test_it_counts_without_losing_any(engine: Engine, ada: Author):
    book = await engine.insert(Book(author_id=ada.id, title="x"))
    more = Book.update(pages=Book.pages + 1).where(Book.id == book.id)
    for _ in range(5):
        await engine.run(more)
    assert (await engine.one(Book.select())).pages == 5


async def test_it_says_that_a_column_was_not_selected(engine: Engine, ada: Author):
    author = await engine.one(Author.select(Author.id))
    with pytest.raises(AttributeError, match=r"Author\.name was not selected"):
        _ = author.name


@pytest.mark.parametrize("verb", ["update", "delete", "update_many", "delete_many"])
async def test_a_row_that_was_never_inserted_is_refused(engine: Engine, ada: Author, verb):
    new = Author(name="Grace")
    run = getattr(engine, verb)
    for _ in range(2):
        with pytest.raises(StatementError, match=r"no 'id'.*insert the row first"):
            await run([ada, new] if verb.endswith("many") else new)
        new["name"] = "Hopper"
    assert await engine.all(Author.select()) == [ada]


async def test_a_lower_limit_stays(engine: Engine, ada: Author):
    none = Author.select().limit(0)
    assert not await engine.exists(none)
    assert await engine.first(none) is None
    assert await engine.scalar(none) is None
    with pytest.raises(RowNotFound):
        await engine.one(none)
    assert await engine.one(Author.select().limit(5)) == ada


async def test_several_values_are_assigned_at_once(engine: Engine, ada: Author):
    book = await engine.insert(Book(author_id=ada.id, title="Notes"))
    book |= {"pages": 7}
    assert book.changed() == {"pages": 7}
    await engine.update(book)
    part = await engine.one(Book.select(Book.id, Book.version))
    assert part.setdefault("title", "More notes") == "More notes"
    assert part.setdefault("id", 99) == book.id
    await engine.update(part)
    stored = await engine.one(Book.select())
    assert (stored.pages, stored.title, stored.version) == (7, "More notes", 3)


@pytest.mark.parametrize("verb", ["insert", "update", "delete"])
def test_a_row_lacks_the_verbs_of_its_table(verb: str):
    with pytest.raises(
        AttributeError, match=rf"does nothing to this row: await engine\.{verb}\(row"
    ):
        getattr(Author(name="Ada"), verb)
