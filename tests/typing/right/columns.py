# pyright: strict
"""The class gives the column, a row the value."""

from datetime import date, datetime
from typing import Any, assert_type
from uuid import UUID

from tests.typing.tables import Author, Book, Money, Novel, Role
from www.db import Check, Column, Index, Related, Table, TableMetaClass

assert_type(Author.id, Column[int])
assert_type(Author.name, Column[str])
assert_type(Author.role, Column[Role])
assert_type(Author.born_on, Column[date | None])
assert_type(Author.made_at, Column[datetime])  # from the mixin
assert_type(Author.books, Related[list[Book]])
assert_type(Author.by_role, Index)
assert_type(Book.id, Column[UUID])
assert_type(Book.weight, Column[float])
assert_type(Book.in_print, Column[bool])
assert_type(Book.banned, Column[bool | None])
assert_type(Book.cover, Column[bytes | None])
assert_type(Book.extra, Column[dict[str, Any]])
assert_type(Book.tags, Column[list[str]])
assert_type(Book.price, Column[Money])
assert_type(Book.fee, Column[Money | None])
assert_type(Book.out_at, Column[datetime | None])
assert_type(Book.author, Related[Author])
assert_type(Book.some_pages, Check)
assert_type(Novel.title, Column[str])  # inherited
assert_type(Novel.hero, Column[str])


def rows(author: Author, book: Book, novel: Novel) -> None:
    assert_type(author.id, int)
    assert_type(author.name, str)
    assert_type(author.role, Role)
    assert_type(author.born_on, date | None)
    assert_type(author.made_at, datetime)
    assert_type(author.books, list[Book])
    assert_type(author.books[0].author.name, str)
    assert_type(book.id, UUID)
    assert_type(book.weight, float)
    assert_type(book.in_print, bool)
    assert_type(book.banned, bool | None)
    assert_type(book.cover, bytes | None)
    assert_type(book.extra, dict[str, Any])
    assert_type(book.tags, list[str])
    assert_type(book.price, Money)
    assert_type(book.fee, Money | None)
    assert_type(book.out_at, datetime | None)
    assert_type(novel.hero, str)
    assert_type(novel.made_at, datetime)
    assert_type(Author(name="Ada"), Author)
    assert_type(author["name"], Any)  # as in any dict
    assert_type(author.changed(), dict[str, Any])
    assert_type(author.changed_keys(), tuple[str, ...])
    assert_type(author.mark_stored(), None)
    assert_type(author.mark_written(), None)
    assert_type(author.mark_unwritten(("name",)), None)


def changes(author: Author, book: Book) -> None:
    author.name = "Ada"
    author.born_on = None
    author.born_on = date(1815, 12, 10)
    book.tags.append("new")
    book.price = Money(500)


def any_table(table: type[Table], made_by: TableMetaClass) -> None:
    assert_type(table.info.name, str)
    assert_type(made_by.info.name, str)


def dynamic(*, nullable: bool) -> None:
    assert_type(Column(int, nullable=nullable), Column[Any])
