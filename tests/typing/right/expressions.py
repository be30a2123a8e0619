# pyright: strict
"""What operators, functions and aggregates give."""

from datetime import UTC, date, datetime
from typing import Any, assert_type

from tests.typing.tables import Author, Book, Money
from www.db import (
    Expression,
    average,
    case,
    coalesce,
    count,
    date_part,
    dense_rank,
    exists,
    lag,
    largest,
    lead,
    length,
    lower,
    now,
    rank,
    row_number,
    smallest,
    string_agg,
    today,
    total,
    upper,
    value,
)
from www.db.aggregates import Aggregate, Ranking
from www.db.expression import Label, Ordering

Condition = Expression[bool]
NOW = datetime(2026, 11, 22, tzinfo=UTC)

# Comparisons: with a value, with null, with an expression that may be null.
assert_type(Book.title == "Notes", Condition)
assert_type(Book.title != "Notes", Condition)
assert_type(Book.subtitle == None, Condition)  # noqa: E711 - it means IS NULL
assert_type(Book.subtitle == Book.title, Condition)
assert_type(Book.title == Book.subtitle, Condition)
assert_type(Book.out_at <= NOW, Condition)
assert_type(Book.made_at >= Book.out_at, Condition)
assert_type(Book.pages < Book.weight, Condition)  # numbers among themselves
assert_type(Book.weight > 3, Condition)
assert_type(Book.price == Money(500), Condition)
assert_type(Book.subtitle.is_(None), Condition)
assert_type(Book.subtitle.is_not(None), Condition)
assert_type(Book.pages.in_([1, 2]), Condition)
assert_type(Book.pages.not_in({3, 4}), Condition)
assert_type(Book.author_id.in_(Author.select(Author.id)), Condition)
assert_type(Book.pages.between(1, Book.pages), Condition)
assert_type(Book.title.contains("x"), Condition)
assert_type(Book.subtitle.startswith("x"), Condition)
assert_type(Book.title.endswith("x"), Condition)
assert_type(Book.title.like("x%"), Condition)
assert_type(Author.role.ilike("x%"), Condition)  # a StrEnum is text
assert_type((Book.pages > 1) & Book.in_print | ~(Book.title == "x"), Condition)
assert_type(Book.banned & Book.in_print, Condition)

# Arithmetic
assert_type(Book.pages + 1, Expression[int])
assert_type(1 + Book.pages, Expression[int])
assert_type(Book.pages - Book.pages, Expression[int])
assert_type(10 - Book.pages, Expression[int])
assert_type(2 * Book.weight * 2, Expression[float])
assert_type(Book.pages / 2, Expression[float])
assert_type(2 / Book.pages, Expression[float])
assert_type(Book.pages // 2, Expression[int])
assert_type(7 // Book.pages, Expression[int])
assert_type(Book.pages % 2, Expression[int])
assert_type(7 % Book.pages, Expression[int])
assert_type(-Book.pages, Expression[int])
assert_type(abs(Book.weight), Expression[float])
assert_type(Book.title + " (copy)", Expression[str])
assert_type(Book.pages.as_type(str), Expression[str])
assert_type(Book.pages.lift(3), Expression[Any])

# JSON, names and order
assert_type(Book.extra["size"][0], Expression[Any])
assert_type(Book.extra["size"].as_type(int), Expression[int])
assert_type(Book.tags[0] == "new", Condition)
assert_type(Book.title.label("name"), Label[str])
assert_type(Book.title.label("name").key, str)
assert_type(Book.title.desc(), Ordering)
assert_type(Book.title.asc(), Ordering)
assert_type(Book.title.key, str)

# Functions
assert_type(coalesce(Book.subtitle, "none"), Expression[str])
assert_type(coalesce(Book.subtitle, Book.title), Expression[str])
assert_type(lower(Book.title), Expression[str])
assert_type(lower(Book.subtitle), Expression[str | None])
assert_type(upper(Book.title), Expression[str])
assert_type(length(Book.cover), Expression[int])
assert_type(exists(Book.select()), Condition)
assert_type(value(3), Expression[int])
assert_type(date_part("year", Book.out_at), Expression[int])
assert_type(date_part("day", Author.born_on), Expression[int])
assert_type(case((Book.pages > 300, "long"), otherwise="short"), Expression[str])
assert_type(case((Book.pages > 300, Book.title), otherwise="short"), Expression[str])
assert_type(case((Book.pages > 300, "long"), (Book.pages > 9, "short")), Expression[str | None])
assert_type(case((Book.pages > 300, Book.title)), Expression[str | None])

# Aggregates and windows
assert_type(count(), Aggregate[int])
assert_type(count(Book.author_id, distinct=True), Aggregate[int])
assert_type(total(Book.pages), Aggregate[int | None])
assert_type(average(Book.pages), Aggregate[float | None])
assert_type(largest(Book.out_at), Aggregate[datetime | None])
assert_type(smallest(Author.born_on), Aggregate[date | None])
assert_type(string_agg(Book.title, ", ", order_by=Book.title), Aggregate[str | None])
assert_type(count().filter(Book.in_print), Aggregate[int])
assert_type(total(Book.pages).over(partition_by=Book.author_id), Aggregate[int | None])
assert_type(row_number().over(order_by=[Book.pages.desc(), Book.id]), Ranking[int])
assert_type(rank(), Ranking[int])
assert_type(dense_rank(), Ranking[int])
assert_type(lag(Book.pages), Ranking[int | None])
assert_type(lead(Book.subtitle, 2), Ranking[str | None])

# The clock.
assert_type(now(), Expression[datetime])
assert_type(today(), Expression[date])
assert_type(Book.out_at < now(), Condition)
