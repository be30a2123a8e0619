"""Random conditions about JSON and subqueries, and trees of all conditions: see random_terms."""

import operator
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.db.random_terms import (
    COMPARISONS,
    Env,
    Inner,
    Item,
    Shelf,
    Term,
    applied,
    compared,
    numbers,
    spoken,
)
from www.db import exists

PATHS: list[tuple[str | int, ...]] = [("n",), ("s",), ("list", 0), ("list", 1), ("no",), ("n", "x")]
SIDES = [-3, 0, 5, 5.5, -0.25, "a", "5", True, False, 2**53 + 1, 10**16]


def found(data: Any, path: tuple[str | int, ...], kind: type) -> Any:
    """Return what stands there if it is of the type; every int is a float as well."""
    for key in path:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    if kind is float and type(data) is int:
        return float(data)
    return data if type(data) is kind else None


def json_compared(drawn: tuple[tuple[str | int, ...], Any, Any]) -> Term:
    path, compare, side = drawn
    place: Any = Item.data
    for key in path:
        place = place[key]
    exact = compare in {operator.eq, operator.ne}
    kind = float if type(side) is int and not exact else type(side)

    def of(env: Env) -> Any:
        value = found(env["items"]["data"], path, kind) if env["items"] else None
        return None if value is None else compare(value, kind(side))

    return Term(compare(place, side), of)


def json_taken(drawn: tuple[tuple[str | int, ...], type]) -> Term:
    path, kind = drawn
    place: Any = Item.data
    for key in path:
        place = place[key]
    return Term(
        place.as_type(kind),
        lambda env: found(env["items"]["data"], path, kind) if env["items"] else None,
    )


JSON_CONDITIONS = st.tuples(
    st.sampled_from(PATHS), st.sampled_from(COMPARISONS), st.sampled_from(SIDES)
).map(json_compared)
JSON_TERMS = st.tuples(st.sampled_from(PATHS), st.sampled_from([int, float, str, bool])).map(
    json_taken
)


def in_select(drawn: tuple[Term, Term]) -> Term:
    """`term IN (SELECT metres FROM shelves WHERE ...)`: null where a null might have been it."""
    term, condition = drawn

    def of(env: Env) -> bool | None:
        rows = [row for row in env["all"]["shelves"] if condition.of({"shelves": row})]
        value, among = term.of(env), [row.metres for row in rows]
        if not among:
            return False
        if value is None:
            return None
        return True if value in among else None if None in among else False

    return Term(term.sql.in_(Shelf.select(Shelf.metres).where(condition.sql)), of)


def there_is(drawn: tuple[Term, Term]) -> Term:
    """EXISTS with a condition on both the inner and the outer row."""
    condition, outer = drawn
    select = Inner.select(Inner.id).where(condition.sql, Inner.small > outer.sql)

    def of(env: Env) -> bool:
        limit = outer.of(env)
        return any(
            condition.of({"inner_items": row})
            for row in env["all"]["items"]
            if None not in (row.small, limit) and row.small > limit
        )

    return Term(exists(select), of)


def both(drawn: tuple[Term, Term]) -> Term:
    a, b = drawn

    def of(env: Env) -> bool | None:
        values = (a.of(env), b.of(env))
        return False if False in values else None if None in values else True

    return Term(a.sql & b.sql, of)


def either(drawn: tuple[Term, Term]) -> Term:
    a, b = drawn

    def of(env: Env) -> bool | None:
        values = (a.of(env), b.of(env))
        return True if True in values else None if None in values else False

    return Term(a.sql | b.sql, of)


@cache
def conditions(tables: tuple[Any, ...], depth: int = 2) -> st.SearchStrategy[Term]:
    """Draw a tree of and, or and not over every kind of condition."""
    leaf = st.one_of(compared(tables), spoken(tables))
    if Item in tables:
        leaf |= JSON_CONDITIONS
        number = numbers(int, tables, 1)
        inner = compared((Inner,), 0)
        leaf |= st.tuples(number, compared((Shelf,), 0)).map(in_select)
        leaf |= st.tuples(inner, numbers(int, tables, 0)).map(there_is)
    if not depth:
        return leaf
    below = conditions(tables, depth - 1)
    pairs = st.tuples(below, below)
    negated = below.map(lambda term: applied(operator.not_, operator.invert)([term]))
    return st.one_of(leaf, pairs.map(both), pairs.map(either), negated)
