"""Random rows and random expressions, each beside the Python function that says what it is worth.

A function takes an environment: a row (or None) for each table that the select reads, by the name
under which it reads it. Null is None, and conditions know three answers, as in SQL. Arithmetic
keeps to small numbers, where both databases are exact; the extremes stand in columns of their own.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from tests.db.conftest import Colour
from www.db import Column, Expression, Table, case, coalesce, length, lower, value
from www.db.functions import date_part

Env = dict[str, Any]


class Shelf(Table, name="shelves"):
    id = Column(int, primary_key=True)
    room = Column(str)
    metres = Column(int, nullable=True)


class Item(Table):
    id = Column(int, primary_key=True)
    shelf_id = Column(int, references=lambda: Shelf.id, nullable=True)
    kind = Column(str, name="item_kind")
    note = Column(str, nullable=True)
    small = Column(int, nullable=True)
    count = Column(int, default=0)
    price = Column(float, nullable=True)
    flag = Column(bool, nullable=True)
    big = Column(int)
    real = Column(float)
    at = Column(datetime, nullable=True)
    day = Column(date)
    token = Column(UUID, nullable=True)
    colour = Column(Colour)
    blob = Column(bytes, nullable=True)
    data = Column(dict)


TABLES = (Shelf, Item)
Inner = Item.alias("inner_items")

LETTERS = st.text("aAbzé %_\\'\"中😀ß\u0130", max_size=4)  # few, so that they meet again
TEXTS = LETTERS | st.sampled_from(["", "a", "A", "aA", "Ab", "ab%", "_b", "\\", "a\\%", "中😀"])
PIECES = ["%", "_", "a", "A", "b", "\\%", "\\\\", "中", "é"]  # of patterns
PATTERNS = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
SMALL = st.integers(-9, 9)
QUARTERS = st.integers(-40, 40).map(lambda n: n / 4)
BIG = st.sampled_from([-(2**63), -(2**63) + 1, -1, 0, 1, 2**53, 2**53 + 1, 2**63 - 1])
REALS = st.sampled_from([float("-inf"), -1.5, -5e-324, 0.0, 0.1, 5e-324, 1e308, float("inf")])
TIMES = st.sampled_from([
    datetime(1, 1, 1, 0, 0, 0, 1, UTC), datetime(1999, 12, 31, 23, 59, 59, 999999, UTC),
    datetime(2024, 2, 29, 12, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC),
])  # fmt: skip
DAYS = st.sampled_from([date(1, 1, 1), date(2024, 2, 29), date(9999, 12, 31)])
TOKENS = st.sampled_from([UUID(int=0), UUID(int=2**127 + 10), UUID(int=2**128 - 1)])
BLOBS = st.sampled_from([b"", b"\0", b"\0\xff", b"a", b"\xff" * 3])
JSONS = SMALL | st.sampled_from([5.5, -0.25, 1e16, 2**53 + 1, True, False, None, "a", "5", "aA", [1]])  # fmt: skip
DATA = st.fixed_dictionaries({}, optional={"n": JSONS, "s": JSONS, "list": st.lists(JSONS, max_size=3)})  # fmt: skip
VALUES: dict[type, st.SearchStrategy[Any]] = {
    int: SMALL, float: QUARTERS, str: TEXTS, bool: st.booleans(), datetime: TIMES, date: DAYS,
    UUID: TOKENS, Colour: st.sampled_from(list(Colour)), bytes: BLOBS,
}  # fmt: skip
OWN: dict[str, st.SearchStrategy[Any]] = {"big": BIG, "real": REALS, "data": DATA, "count": SMALL}


@st.composite
def contents(draw: st.DrawFn, most: int = 9) -> dict[str, list[Any]]:
    """Draw the rows of both tables; ids have gaps, much else is equal to its neighbour's."""
    shelves = [draw(shelf(number)) for number in range(draw(st.integers(0, 3)))]
    places = st.sampled_from([None, *(row.id for row in shelves)])
    items = [draw(item(number * 2, places)) for number in range(draw(st.integers(0, most)))]
    return {"items": items, "shelves": shelves}


def shelf(number: int) -> st.SearchStrategy[Shelf]:
    return st.builds(Shelf, id=st.just(number), room=TEXTS, metres=st.none() | SMALL)


def item(number: int, places: st.SearchStrategy[int | None]) -> st.SearchStrategy[Item]:
    values = {}
    for key, found in Item.info.columns.items():
        one = OWN[key] if key in OWN else VALUES[found.type.python]
        values[key] = st.none() | one if found.nullable else one
    return st.builds(Item, **(values | {"id": st.just(number), "shelf_id": places}))


@dataclass(frozen=True)
class Term:
    """An expression, and what it is worth."""

    sql: Expression[Any]
    of: Callable[[Any], Any]

    def __repr__(self) -> str:
        return f"Term({self.sql!r})"


def strict(function: Callable[..., Any], *terms: Term) -> Callable[[Env], Any]:
    """Null where one of the terms is null, as nearly every operator of SQL has it."""

    def of(env: Env) -> Any:
        values = [term.of(env) for term in terms]
        return None if None in values else function(*values)

    return of


def column(table: Any, key: str) -> Term:
    name = table.info.called
    return Term(table.info.columns[key], lambda env: env[name][key] if env[name] else None)


@cache
def columns(tables: tuple[Any, ...], *kinds: type) -> list[Term]:
    """Return the columns of these types with values that are safe to count with."""
    return [
        column(table, key)
        for table in tables
        for key, found in table.info.columns.items()
        if found.type.python in kinds and key not in {"big", "real"}
    ]


@cache
def constant(kind: type) -> st.SearchStrategy[Term]:
    return VALUES[kind].map(lambda v: Term(value(v), lambda _: v))


def rest(a: int, b: int) -> int | None:
    return a % b if b else None


def quotient(a: float, b: float) -> float | None:
    return a / b if b else None


def folded(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in text)


ARITHMETIC = [operator.add, operator.sub, operator.mul]


def applied(
    function: Callable[..., Any], in_sql: Callable[..., Any] | None = None
) -> Callable[[Any], Term]:
    """Return what makes a term of terms, by one function for both sides or one for each."""
    return lambda terms: Term(
        (in_sql or function)(*(term.sql for term in terms)), strict(function, *terms)
    )


@cache
def numbers(kind: type, tables: tuple[Any, ...], depth: int = 2) -> st.SearchStrategy[Term]:
    leaf = st.sampled_from(columns(tables, kind) or columns(tables, int)) | constant(kind)
    if not depth:
        return leaf
    below = numbers(kind, tables, depth - 1)
    pairs = st.tuples(below, below)
    made = [st.tuples(st.sampled_from(ARITHMETIC), pairs).map(lambda d: applied(d[0])(d[1]))]
    made.append(st.tuples(SMALL, below).map(lambda d: applied(lambda v: d[0] - v)([d[1]])))
    if kind is int:
        made.append(pairs.map(applied(rest, operator.mod)))
        made.append(st.sampled_from(columns(tables, str)).map(lambda t: applied(len, length)([t])))
        made.append(parts(tables))
    else:
        made.append(pairs.map(applied(quotient, operator.truediv)))
        ints = numbers(int, tables, 0)
        made.append(st.tuples(ints, ints).map(applied(quotient, operator.truediv)))
    return st.one_of(leaf, *made, chosen(kind, below, tables))


@cache
def parts(tables: tuple[Any, ...]) -> st.SearchStrategy[Term]:
    found = columns(tables, datetime, bool) or columns(tables, int)

    def part(drawn: tuple[Term, Any]) -> Term:
        term, name = drawn
        if term.sql.type.python is datetime:
            in_sql = lambda moment: date_part(name, moment)  # noqa: E731
            return applied(lambda v: getattr(v, name), in_sql)([term])
        if term.sql.type.python is bool:
            return applied(int, lambda flag: flag.as_type(int))([term])
        return term

    names = st.sampled_from(["year", "month", "day", "hour", "minute", "second"])
    return st.tuples(st.sampled_from(found), names).map(part)


def chosen(
    kind: type, below: st.SearchStrategy[Term], tables: tuple[Any, ...]
) -> st.SearchStrategy[Term]:
    """CASE and coalesce."""

    def cases(drawn: tuple[Term, Term, Term]) -> Term:
        condition, then, otherwise = drawn
        sql = case((condition.sql, then.sql), otherwise=otherwise.sql)
        return Term(sql, lambda env: (then if condition.of(env) else otherwise).of(env))

    def instead(drawn: tuple[Term, Any]) -> Term:
        term, other = drawn
        return Term(
            coalesce(term.sql, other),
            lambda env: other if (found := term.of(env)) is None else found,
        )

    pair = st.tuples(below, VALUES[kind]).map(instead)
    return st.tuples(compared(tables, 0), below, below).map(cases) | pair


@cache
def texts(tables: tuple[Any, ...], depth: int = 1) -> st.SearchStrategy[Term]:
    leaf = st.sampled_from(columns(tables, str)) | constant(str)
    if not depth:
        return leaf
    below = texts(tables, depth - 1)
    joined = st.tuples(below, below).map(applied(operator.add))
    low = below.map(lambda term: applied(folded, lower)([term]))
    numbered = numbers(int, tables, 0).map(lambda t: applied(str, lambda n: n.as_type(str))([t]))
    return st.one_of(leaf, joined, low, numbered, chosen(str, below, tables))


# ---- conditions: True, False or None
COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]


def ordered(kind: type, v: Any) -> Any:
    return v.value if kind is Colour else v


def comparison(drawn: tuple[Any, Term, Any]) -> Term:
    compare, left, right = drawn
    kind = left.sql.type.python
    if isinstance(right, Term):
        return applied(lambda a, b: compare(ordered(kind, a), ordered(kind, b)), compare)(
            [left, right]
        )
    return applied(
        lambda a: compare(ordered(kind, a), ordered(kind, right)), lambda a: compare(a, right)
    )([left])


@cache
def compared(tables: tuple[Any, ...], depth: int = 1) -> st.SearchStrategy[Term]:
    made = []
    for kind in (int, float, str):
        terms = texts(tables, depth) if kind is str else numbers(kind, tables, depth)
        if columns(tables, kind):
            made.append(st.tuples(st.sampled_from(COMPARISONS), terms, terms | VALUES[kind]))
    for name in ("big", "real", "flag", "at", "day", "token", "colour", "blob"):
        own = [column(table, name) for table in tables if name in table.info.columns]
        if own:
            values = OWN[name] if name in OWN else VALUES[own[0].sql.type.python]
            sides = st.sampled_from(own)
            made.append(st.tuples(st.sampled_from(COMPARISONS), sides, sides | values))
    return st.one_of(made).map(comparison)


def pattern(like: str) -> re.Pattern[str]:
    """Return what LIKE means: % and _ are wild, a backslash makes the next one plain."""
    pieces = re.findall(r"\\?.", like, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return re.compile("".join(wild.get(p) or re.escape(p[-1]) for p in pieces), re.DOTALL)


@cache
def spoken(tables: tuple[Any, ...]) -> st.SearchStrategy[Term]:
    """like, ilike, contains, startswith, in, between, is null."""
    text, number = texts(tables, 1), numbers(int, tables, 1)

    def like(drawn: tuple[Term, str]) -> Term:
        return applied(lambda t: bool(pattern(drawn[1]).fullmatch(t)), lambda t: t.like(drawn[1]))(
            [drawn[0]]
        )

    def ilike(drawn: tuple[Term, str]) -> Term:
        wanted = pattern(folded(drawn[1]))
        return applied(lambda t: bool(wanted.fullmatch(folded(t))), lambda t: t.ilike(drawn[1]))(
            [drawn[0]]
        )

    def holds(drawn: tuple[Term, str]) -> Term:
        return applied(lambda t: drawn[1] in t, lambda t: t.contains(drawn[1]))([drawn[0]])

    def begins(drawn: tuple[Term, str]) -> Term:
        return applied(lambda t: t.startswith(drawn[1]), lambda t: t.startswith(drawn[1]))(
            [drawn[0]]
        )

    def within(drawn: tuple[Term, int, int]) -> Term:
        term, low, high = drawn
        return applied(lambda v: low <= v <= high, lambda v: v.between(low, high))([term])

    return st.one_of(
        st.tuples(st.sampled_from(columns(tables, str)) | text, PATTERNS).map(like),
        st.tuples(st.sampled_from(columns(tables, str)) | text, PATTERNS).map(ilike),
        st.tuples(text, TEXTS).map(holds),
        st.tuples(text, TEXTS).map(begins),
        st.tuples(number, SMALL, SMALL).map(within),
        st.tuples(number, st.lists(SMALL, max_size=4), st.booleans()).map(among),
        st.tuples(text, st.lists(TEXTS, max_size=4), st.booleans()).map(among),
        st.tuples(text | number, st.booleans()).map(nothing),
    )


def among(drawn: tuple[Term, list[Any], bool]) -> Term:
    term, values, wanted = drawn
    sql = term.sql.in_(values) if wanted else term.sql.not_in(values)
    if not values:  # no value is among none, not even null
        return Term(sql, lambda _: not wanted)
    return Term(sql, strict(lambda v: (v in values) is wanted, term))


def nothing(drawn: tuple[Term, bool]) -> Term:
    term, wanted = drawn
    sql = term.sql.is_(None) if wanted else term.sql.is_not(None)
    return Term(sql, lambda env: (term.of(env) is None) is wanted)
