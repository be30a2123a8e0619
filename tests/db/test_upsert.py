"""INSERT of rows that may be there already."""

from typing import Any

import pytest

from tests.db.conftest import Author, Book, Place
from www.db import Column, Engine, Index, StatementError, Table, excluded, lower

author: Any = Author


async def test_it_counts_with_the_row_that_is_there_and_the_new_one(engine: Engine, ada: Author):
    await engine.insert(Book(id=1, author_id=ada.id, title="Notes", pages=10))
    again = Book.insert(Book(id=1, author_id=ada.id, title="More", pages=5))
    change = again.or_update(
        Book.id,
        columns=[Book.title],
        values={"pages": Book.pages + excluded(Book.pages), "price": 9.5},
    )
    made = await engine.all(change.returning(Book.title, Book.pages, Book.price))
    assert made == [{"title": "More", "pages": 15, "price": 9.5}]


async def test_it_leaves_rows_alone_that_do_not_meet_the_condition(engine: Engine):
    await engine.insert_many([Place(row=1, seat=n, name=name) for n, name in enumerate("ac")])
    rows = [{"row": 1, "seat": n, "name": "b"} for n in range(3)]
    newer = Place.insert(*rows).or_update(
        Place.seat, Place.row, columns=[Place.name], where=excluded(Place.name) > Place.name
    )
    assert await engine.run(newer) == 2
    assert await engine.scalars(Place.select(Place.name).order_by(Place.seat)) == ["b", "c", "b"]


async def test_it_updates_from_a_select(engine: Engine):
    await engine.insert_many([Place(row=1, seat=n) for n in range(3)])
    copies = Place.insert_from(
        Place.select(Place.row, Place.seat, (Place.name + "x").label("name"))
    )
    longer = copies.or_update(
        Place.row, Place.seat, values={"name": excluded(Place.name) + Place.name + "y"}
    )
    assert await engine.run(longer) == 3
    assert set(await engine.scalars(Place.select(Place.name))) == {"xy"}


class Member(Table):
    id = Column(int, primary_key=True)
    name = Column(str)
    team = Column(str, unique=True)
    place = Column(int)

    folded = Index(lower(name), unique=True)
    some = Index(place, unique=True, where=place > 0)
    both = Index(name, place.desc(), unique=True)


def test_it_needs_the_columns_of_a_unique_index():
    insert = Member.insert({"id": 1})
    for fine in ((Member.id,), (Member.team,), (Member.place, Member.name)):
        insert.or_update(*fine, columns=[Member.team])
        insert.or_ignore(*fine)
    insert.or_ignore()
    for wrong in ((Member.name,), (Member.place,), (Member.id, Member.team)):
        with pytest.raises(StatementError, match=r"take the columns of a unique index of members"):
            insert.or_update(*wrong, columns=[Member.team])
        with pytest.raises(StatementError, match=r"or_ignore\(.*or its primary key \(id\)"):
            insert.or_ignore(*wrong)


def test_it_says_what_is_wrong():
    insert: Any = author.insert({"name": "Ada"})
    with pytest.raises(StatementError, match=r"or_update\(nothing\): take the columns of a unique"):
        insert.or_update(columns=[Author.name])
    with pytest.raises(StatementError, match=r"or_update\(\) changes nothing"):
        insert.or_update(Author.id)
    for column in ("name", Book.id):
        with pytest.raises(StatementError, match="that is no column of authors"):
            insert.or_update(column, columns=[Author.name])
    with pytest.raises(StatementError, match="Author has no column 'pages'"):
        insert.or_update(Author.id, values={"pages": 1})
    with pytest.raises(StatementError, match=r"excluded\(7\): take a column"):
        excluded(7)  # type: ignore[arg-type] # which is what fails
    with pytest.raises(StatementError, match="is str, what it stands beside int"):
        insert.or_update(Author.id, values={"id": excluded(Author.name)})


async def test_excluded_is_known_in_an_upsert_only(engine: Engine):
    with pytest.raises(StatementError, match=r"excluded\.name is a column of a table"):
        await engine.all(Author.select(excluded(Author.name)))


async def test_a_stored_row_keeps_its_primary_key(engine: Engine, ada: Author):
    book = await engine.insert(Book(author_id=ada.id, title="Notes"))
    number, book.id = book.id, 77
    message = r"Book\.id was assigned: a stored row keeps its primary key; Book\.update\("
    with pytest.raises(StatementError, match=message):
        await engine.update(book)
    with pytest.raises(StatementError, match=message):
        await engine.update_many([book])
    assert await engine.run(Book.update(id=77).where(Book.id == number)) == 1
    assert await engine.get(Book, 77) is not None
