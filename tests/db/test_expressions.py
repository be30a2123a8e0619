"""Arithmetic, CASE, conversions, dates, JSON, aggregates and windows, as plain Python has them."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate
from statistics import mean

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from www.db import (
    Engine,
    StatementError,
    average,
    case,
    count,
    date_part,
    dense_rank,
    lag,
    lead,
    rank,
    row_number,
    smallest,
    string_agg,
    total,
    upper,
    value,
)

from .conftest import Author, Book

START = datetime(2023, 12, 30, 22, 59, 58, 999999, UTC)
EXTRAS = [
    {"n": 5, "deep": {"list": ["a", 7, True]}, "s": "x"},
    {"n": 5.5, "deep": {"list": []}, "s": "'; --"},
    {"n": "5", "deep": None, "s": 5},
    {"n": True, "s": "y%"},
    {"n": None},
    {"n": -3, "deep": {"list": ["b", 2**53 + 1, False]}},
    {},
]


@pytest.fixture
async def books(engine: Engine) -> list[Book]:
    authors = [await engine.insert(Author(name=name)) for name in ("Ada", "Bob")]
    books = [
        Book(
            id=i + 1,
            author_id=authors[i % 2].id,
            title=f"B{i % 4}",
            pages=i * 7 % 11,
            price=i - 3.75,
            sold_out=i % 3 == 0,
            extra=EXTRAS[i],
            out_at=None if i == 6 else START + timedelta(days=i * 40, hours=i),
        )
        for i in range(7)
    ]
    await engine.insert_many(books)
    return books


def _rest(a, b):
    return a % b if b else None


def _fits(a, b):
    return a // b if b else None


VALUES = [
    (Book.pages / 2, lambda b: b.pages / 2),
    (Book.id / Book.pages, lambda b: b.id / b.pages if b.pages else None),
    (Book.pages % 4, lambda b: b.pages % 4),
    ((Book.id - 4) % 3, lambda b: (b.id - 4) % 3),
    ((Book.id - 4) % (Book.pages - 5), lambda b: _rest(b.id - 4, b.pages - 5)),
    (Book.pages // 4, lambda b: b.pages // 4),
    ((Book.id - 4) // 3, lambda b: (b.id - 4) // 3),
    ((Book.id - 4) // (Book.pages - 5), lambda b: _fits(b.id - 4, b.pages - 5)),
    (100 // Book.id, lambda b: 100 // b.id),
    (-100 % Book.id, lambda b: -100 % b.id),
    (100 / Book.pages, lambda b: 100 / b.pages if b.pages else None),
    (-Book.pages, lambda b: -b.pages),
    (-(Book.price - 1), lambda b: -(b.price - 1)),
    (abs(Book.id - 4), lambda b: abs(b.id - 4)),
    (upper(Book.title + "é"), lambda b: b.title.upper() + "é"),
    (Book.title.endswith("1"), lambda b: b.title.endswith("1")),
    (100 - Book.pages * 2, lambda b: 100 - b.pages * 2),
    (3 * Book.id + 1, lambda b: 3 * b.id + 1),
    (Book.title + "!", lambda b: b.title + "!"),
    ("a'" + Book.title + Book.title, lambda b: "a'" + b.title * 2),
    (Book.price.as_type(int), lambda b: int(b.price)),
    (Book.sold_out.as_type(int), lambda b: int(b.sold_out)),
    (Book.pages.as_type(str), lambda b: str(b.pages)),
    (Book.pages.as_type(float), lambda b: float(b.pages)),
    (
        case((Book.pages > 7, "much"), (Book.pages > 3, "some"), otherwise="little"),
        lambda b: "much" if b.pages > 7 else "some" if b.pages > 3 else "little",
    ),
    (case((Book.pages > 7, Book.id)), lambda b: b.id if b.pages > 7 else None),
    (value(True), lambda b: True),
    (value(START), lambda b: START),
    *(
        (date_part(part, Book.out_at), lambda b, part=part: b.out_at and getattr(b.out_at, part))
        for part in ("year", "month", "day", "hour", "minute", "second")
    ),
]


@pytest.mark.parametrize("case", VALUES, ids=range(len(VALUES)))
async def test_it_counts_as_python_does(engine: Engine, books, case):
    expression, expected = case
    select = Book.select(expression.label("v")).order_by(Book.id)
    found = await engine.scalars(select)
    assert found == [expected(book) for book in books]
    assert [type(v) for v in found] == [type(expected(book)) for book in books]


N, LIST = Book.extra["n"], Book.extra["deep"]["list"]


def _list(book, at):
    deep = book.extra.get("deep") or {}
    items = deep.get("list", [])
    return items[at] if at < len(items) else None


PATHS = [
    (N == 5, lambda b: b.extra.get("n") == 5),
    (N != 5, lambda b: b.extra.get("n") == -3),
    (N > 4, lambda b: b.extra.get("n") in (5, 5.5)),
    (N >= 5.5, lambda b: b.extra.get("n") == 5.5),
    (N == "5", lambda b: b.extra.get("n") == "5"),
    (N == True, lambda b: b.extra.get("n") is True),  # noqa: E712
    (N.in_([5, -3]), lambda b: b.extra.get("n") in (5, -3)),
    (Book.id + 4 == N, lambda b: b.extra.get("n") == b.id + 4),
    (N.is_(None), lambda b: "n" not in b.extra),
    (Book.extra["s"].startswith("'"), lambda b: str(b.extra.get("s")).startswith("'")),
    (LIST[0] == "a", lambda b: _list(b, 0) == "a"),
    (LIST[1] == 2**53 + 1, lambda b: _list(b, 1) == 2**53 + 1),
    (LIST[2].as_type(bool) == False, lambda b: _list(b, 2) is False),  # noqa: E712
]


@pytest.mark.parametrize("case", PATHS, ids=range(len(PATHS)))
async def test_it_looks_into_json(engine: Engine, books, case):
    condition, expected = case
    found = await engine.scalars(Book.select(Book.id).where(condition).order_by(Book.id))
    assert found == [book.id for book in books if expected(book)]


async def test_it_selects_what_stands_in_json(engine: Engine, books):
    lists = Book.select(LIST.label("list"), N.as_type(float).label("n")).order_by(Book.id)
    rows = await engine.all(lists)
    assert [row["list"] for row in rows][:3] == [["a", 7, True], [], None]
    assert [row["n"] for row in rows] == [5.0, 5.5, None, None, None, -3.0, None]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None
)
@given(key=st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters='"\\')))
async def test_it_finds_any_key(engine, key):
    author = await engine.insert(Author(name=f"n{await engine.count(Author.select())}"))
    book = await engine.insert(Book(author_id=author.id, title="x", extra={key: {key: key}}))
    found = Book.select(Book.id).where(Book.extra[key][key] == key, Book.id == book.id)
    assert await engine.scalars(found) == [book.id]


async def test_it_aggregates(engine: Engine, books):
    names = string_agg(Book.title, ", ", order_by=Book.id.desc()).label("names")
    mean_ = average(Book.pages).label("mean")
    kinds = count(Book.title, distinct=True).label("kinds")
    thick = count().filter(Book.pages > 5).label("thick")
    row = await engine.one(Book.select(names, mean_, kinds, thick))
    assert row["names"] == ", ".join(book.title for book in reversed(books))
    assert row["mean"] == mean(book.pages for book in books)
    assert (row["kinds"], row["thick"]) == (4, sum(book.pages > 5 for book in books))


async def test_it_looks_through_windows(engine: Engine, books):
    by_id = {"partition_by": Book.author_id, "order_by": Book.id}
    select = Book.select(
        Book.id,
        row_number().over(**by_id).label("number"),
        total(Book.pages).over(**by_id).label("sum"),
        smallest(Book.pages).over(partition_by=[Book.author_id]).label("least"),
        lag(Book.id).over(**by_id).label("before"),
        lead(Book.id, 2).over(**by_id).label("behind"),
    ).order_by(Book.author_id, Book.id)
    rows = await engine.all(select)
    for author in (1, 2):
        own = [book for book in books if book.author_id == author]
        ids = [book.id for book in own]
        found = [tuple(row.values()) for row in rows if row.id in ids]
        sums = accumulate(book.pages for book in own)
        least = min(book.pages for book in own)
        assert found == [
            (id_, i + 1, sum_, least, ids[i - 1] if i else None, (ids[i + 2 :] or [None])[0])
            for i, (id_, sum_) in enumerate(zip(ids, sums, strict=True))
        ]


async def test_it_ranks(engine: Engine, books):
    down = [Book.title.desc()]
    by_rank, dense = rank().over(order_by=down), dense_rank().over(order_by=down)
    ranks = Book.select(Book.title, by_rank.label("r"), dense.label("d"))
    titles = sorted((book.title for book in books), reverse=True)
    rows = await engine.all(ranks.order_by(Book.title.desc()))
    kinds = sorted(set(titles), reverse=True)
    assert [(r["r"], r["d"]) for r in rows] == [
        (titles.index(title) + 1, kinds.index(title) + 1) for title in titles
    ]
    best = row_number().over(partition_by=Book.author_id, order_by=Book.pages.desc())
    first = Book.select(Book.id, best.label("place")).as_table("first")
    found = await engine.scalars(first.select(first.id).where(first.place == 1).order_by(first.id))
    assert found == sorted(
        max((b for b in books if b.author_id == a), key=lambda b: b.pages).id for a in (1, 2)
    )


async def test_it_says_what_is_wrong_with_an_expression(engine: Engine):
    with pytest.raises(StatementError, match="only ints have a rest"):
        _ = Book.price % 2
    with pytest.raises(StatementError, match="is not converted in SQL alike"):
        Book.title.as_type(int)
    with pytest.raises(StatementError, match="only JSON has something inside"):
        _ = Book.title["a"]  # type: ignore[misc]
    with pytest.raises(TypeError, match="not iterable"):
        list(Book.extra)  # type: ignore[call-overload]
    with pytest.raises(StatementError, match="is not found"):
        _ = Book.extra['a"']
    with pytest.raises(StatementError, match="places count from 0"):
        _ = Book.extra[-1]
    with pytest.raises(StatementError, match=r"order_by needs a type, such as .as_type\(int\)"):
        Book.select().order_by(Book.extra["a"])
    with pytest.raises(StatementError, match="take int, float, str or bool"):
        _ = Book.extra["a"] == {"b": 1}
    with pytest.raises(StatementError, match=r"rank\(\) needs .over\(order_by"):
        await engine.all(Book.select(rank().label("r")))
    with pytest.raises(StatementError, match="that is neither datetime nor date"):
        date_part("year", Book.title)  # type: ignore[arg-type]
    with pytest.raises(StatementError, match="needs pairs"):
        case()
    for what in (Book.cover, Book.sold_out, Book.extra["a"]):
        with pytest.raises(StatementError, match=r"smallest\(.* is not there on every database"):
            smallest(what)
    with pytest.raises(StatementError, match="needs a column"):
        count(distinct=True)
