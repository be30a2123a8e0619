# pyright: strict
"""A select knows the class of its rows, and what each is as a tuple."""

from datetime import datetime
from typing import Any, assert_type
from uuid import UUID

from tests.typing.tables import Author, Book
from www.db import Alias, Column, Compound, Expression, Query, Select, count, row_number, total

assert_type(Book.select(), Select[Book])
assert_type(Book.select(), Select[Book, tuple[Any, ...]])
assert_type(Book.select(Book.id), Select[Book, tuple[UUID]])
assert_type(Book.select(Book.title, Author.name), Select[Book, tuple[str, str]])
assert_type(
    Book.select(Book.title, Book.out_at, count().label("n")),
    Select[Book, tuple[str, datetime | None, int]],
)
assert_type(
    Book.select(Book.id, Book.pages, Book.title, Book.pages, Book.pages),
    Select[Book, tuple[UUID, int, str, int, int]],
)
EIGHT = (Book.pages, Book.title, Book.pages, Book.title, Book.pages, Book.title, Book.pages)
assert_type(
    Book.select(*EIGHT, Book.weight),
    Select[Book, tuple[int, str, int, str, int, str, int, float]],
)
assert_type(Book.select(*EIGHT, Book.title, Book.title), Select[Book])  # too many to know

# Every word keeps what is known.
titles = Book.select(Book.title, Book.pages)
Titles = Select[Book, tuple[str, int]]
assert_type(titles.where(Book.pages > 1, Book.in_print).having(count() > 1), Titles)
assert_type(titles.join(Author).left_join(Author, on=Book.author_id == Author.id), Titles)
assert_type(titles.order_by(Book.title, Book.pages.desc()).limit(1).offset(2), Titles)
assert_type(titles.group_by(Book.title).distinct().for_update(skip_locked=True), Titles)
assert_type(titles.with_related(Book.author), Titles)
assert_type(titles.with_related(Book.author_id, Author.select(Author.name), key="by"), Titles)
assert_type(titles.add(Book.weight), Select[Book])

# One among others
assert_type(titles.union(titles), Compound[Book, tuple[str, int]])
assert_type(titles.union_all(titles).order_by(Book.title), Compound[Book, tuple[str, int]])
assert_type(titles.intersect(titles), Compound[Book, tuple[str, int]])
assert_type(titles.except_(titles).limit(2), Compound[Book, tuple[str, int]])
assert_type(Book.select(total(Book.pages)).as_scalar(), Expression[int | None])
assert_type(Book.weight > Book.select(Book.weight).as_scalar(), Expression[bool])

Other = Book.alias("other")
assert_type(Other.title, Column[str])
assert_type(Book.select(Other.title).join(Other), Select[Book, tuple[str]])
table = titles.as_table("t")
assert_type(table, Alias[Book])
assert_type(table[Book.title], Column[str])
assert_type(table["title"], Column[Any])
assert_type(table.select(), Select[Book])
assert_type(table.select(table[Book.title]), Select[Book, tuple[str]])
assert_type(table.alias("u"), Alias[Book])
cte = titles.as_cte("c")
assert_type(Book.select().with_(cte), Select[Book])
tree = titles.recursive("tree", lambda found: Book.select(Book.title, Book.pages).join(found))
assert_type(tree, Alias[Book])
ranked = Book.select(Book.title, row_number().over(order_by=Book.pages).label("place"))
assert_type(ranked, Select[Book, tuple[str, int]])

assert_type(Book.match((("word",),), prefix=True), Expression[bool])
assert_type(Book.rank(1.0, 2), Expression[float])


def takes_any(query: Query[Book], exact: Query[Book, tuple[str, int]]) -> None:
    assert_type(query.limit(1), Query[Book])
    assert_type(exact.limit(1), Query[Book, tuple[str, int]])


takes_any(titles, titles)
