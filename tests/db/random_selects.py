"""Random selects beside what plain Python makes of the same rows: see random_terms."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from operator import itemgetter
from statistics import fmean
from typing import Any

from hypothesis import strategies as st

from tests.db.conftest import Colour
from tests.db.random_conditions import JSON_TERMS, conditions
from tests.db.random_terms import (
    TEXTS,
    Env,
    Item,
    Shelf,
    Term,
    column,
    columns,
    compared,
    numbers,
    texts,
)
from www.db import average, count, largest, smallest, string_agg, total
from www.db.compile import compile_node
from www.db.dialects.sqlite import SQLiteDialect

Rows = dict[str, list[Any]]
Other = Item.alias("other_items")
KINDS: list[type] = sorted({c.type.python for c in Item.info.columns.values()} - {object}, key=lambda k: k.__name__)  # fmt: skip


@dataclass(frozen=True)
class Question:
    """A select, and what comes back for these rows, in this order."""

    select: Any
    answer: Callable[[Rows], list[tuple[Any, ...]]]

    def __repr__(self) -> str:
        return str(tuple(compile_node(self.select, SQLiteDialect())))


def key(value: Any) -> tuple[Any, ...]:
    """Null stands below every value; an Enum is ordered as its text."""
    if value is None:
        return (0,)
    return (1, value.value if isinstance(value, Colour) else value)


def in_order(made: list[Any], terms: list[tuple[Callable[[Any], Any], bool]]) -> list[Any]:
    for of, descending in reversed(terms):
        made = sorted(made, key=lambda one: key(of(one)), reverse=descending)
    return made


@st.composite
def sources(draw: st.DrawFn) -> tuple[Any, tuple[Any, ...], Callable[[Rows], list[Env]], list[Any]]:
    """Draw what is joined with what; return also the tables and the pairs of rows in Python."""
    how = draw(st.sampled_from(["alone", "alone", "inner", "left", "self"]))
    if how == "alone":
        return Item, (Item,), lambda rows: [{"items": i, "all": rows} for i in rows["items"]], []
    other: Any = Other if how == "self" else Shelf
    name, source = other.info.called, "items" if how == "self" else "shelves"
    on = None
    if how == "self" or draw(st.booleans()):
        on = draw(compared((Item, other), 0))

    def pairs(rows: Rows) -> list[Env]:
        made = []
        for item in rows["items"]:
            own = [{"items": item, name: row, "all": rows} for row in rows[source]]
            fits = (lambda e: e["items"].shelf_id == e[name].id) if on is None else on.of
            own = [env for env in own if fits(env)]
            made += own or ([{"items": item, name: None, "all": rows}] if how == "left" else [])
        return made

    join = (how == "left", other, None if on is None else on.sql)
    return Item, (Item, other), pairs, [join]


def joined(select: Any, joins: list[Any]) -> Any:
    for left, other, on in joins:
        select = select.left_join(other, on) if left else select.join(other, on)
    return select


def keys_of(tables: tuple[Any, ...]) -> list[Term]:
    return [column(table, "id") for table in tables]


@st.composite
def plain(draw: st.DrawFn) -> Question:
    """SELECT [DISTINCT] ... WHERE ... ORDER BY ... LIMIT ... OFFSET."""
    start, tables, pairs, joins = draw(sources())
    condition = draw(conditions(tables))
    shown = draw(st.lists(any_term(tables), min_size=1, max_size=4))
    distinct = draw(st.booleans())
    order = [(t, draw(st.booleans())) for t in sorting(draw, tables, shown, distinct=distinct)]
    limit, offset = draw(st.none() | st.integers(0, 6)), draw(st.none() | st.integers(0, 4))
    # What is ordered by an expression with values must be the selected one: by its column.
    select = start.select(*(t.sql.label(f"c{n}") for n, t in enumerate(shown)))
    select = joined(select, joins).where(condition.sql)
    select = select.order_by(*(t.sql.desc() if down else t.sql for t, down in order))
    select = select.distinct() if distinct else select
    select = select if limit is None else select.limit(limit)
    select = select if offset is None else select.offset(offset)

    def answer(rows: Rows) -> list[tuple[Any, ...]]:
        envs = [env for env in pairs(rows) if condition.of(env)]
        made = in_order(envs, [(term.of, down) for term, down in order])
        values = [tuple(term.of(env) for term in shown) for env in made]
        values = list(dict.fromkeys(values)) if distinct else values
        return values[offset or 0 :][:limit]

    return Question(select, answer)


@cache
def any_term(tables: tuple[Any, ...]) -> st.SearchStrategy[Term]:
    own = [column(t, k) for t in tables for k in t.info.columns if k != "data"]
    made = st.sampled_from(own) | numbers(int, tables) | numbers(float, tables) | texts(tables)
    return made | JSON_TERMS


def sorting(
    draw: st.DrawFn, tables: tuple[Any, ...], shown: list[Term], *, distinct: bool
) -> list[Term]:
    """Choose what to order by; the keys at the end leave nothing open."""
    if distinct:  # PostgreSQL orders distinct rows only by what is selected, without values in it
        shown[:] = draw(st.lists(st.sampled_from(columns(tables, *KINDS)), min_size=1, max_size=3))
        return shown
    return [*draw(st.lists(any_term(tables), max_size=2)), *keys_of(tables)]


# ---- groups
def present(of: Callable[[Env], Any], envs: list[Env]) -> list[Any]:
    return [value for env in envs if (value := of(env)) is not None]


@cache
def aggregates(tables: tuple[Any, ...]) -> st.SearchStrategy[Term]:
    """Functions of a list of environments."""
    any_column = st.sampled_from(columns(tables, *KINDS))
    number = st.one_of(numbers(int, tables, 1), numbers(float, tables, 0))
    ordered = st.sampled_from(columns(tables, int, float, str, Colour, datetime, date)) | number

    def listed(drawn: tuple[Term, str]) -> Term:
        term, between = drawn
        order = keys_of(tables)
        if len(order) > 1:
            return Term(count(), len)
        return Term(
            string_agg(term.sql, between, order_by=order[0].sql.desc()),
            lambda envs: (
                between.join(present(term.of, in_order(envs, [(order[0].of, True)])))
                if present(term.of, envs)
                else None
            ),
        )

    return st.one_of(
        st.just(Term(count(), len)),
        any_column.map(lambda t: Term(count(t.sql), lambda es: len(present(t.of, es)))),
        any_column.map(
            lambda t: Term(count(t.sql, distinct=True), lambda es: len(set(present(t.of, es))))
        ),
        number.map(lambda t: Term(total(t.sql), lambda es: sum(found) if (found := present(t.of, es)) else None)),
        number.map(lambda t: Term(average(t.sql), lambda es: fmean(found) if (found := present(t.of, es)) else None)),
        ordered.map(lambda t: Term(largest(t.sql), lambda es: max(present(t.of, es), key=key, default=None))),
        ordered.map(lambda t: Term(smallest(t.sql), lambda es: min(present(t.of, es), key=key, default=None))),
        st.tuples(st.sampled_from(columns(tables, str)), TEXTS).map(listed),
    )  # fmt: skip


def filtered(drawn: tuple[Term, Term | None]) -> Term:
    term, condition = drawn
    if condition is None:
        return term
    sql: Any = term.sql
    return Term(
        sql.filter(condition.sql),
        lambda envs: term.of([env for env in envs if condition.of(env)]),
    )


@st.composite
def grouped(draw: st.DrawFn) -> Question:
    """SELECT keys, aggregates ... GROUP BY keys HAVING ... ORDER BY keys."""
    start, tables, pairs, joins = draw(sources())
    condition = draw(conditions(tables, 1))
    by = draw(st.lists(st.sampled_from(columns(tables, *KINDS)), max_size=2))
    found = st.tuples(aggregates(tables), st.none() | compared(tables, 0)).map(filtered)
    shown = [*by, *draw(st.lists(found, min_size=1, max_size=3))]
    least = draw(st.none() | st.integers(0, 3))
    select = start.select(*(t.sql.label(f"c{n}") for n, t in enumerate(shown)))
    select = joined(select, joins).where(condition.sql).group_by(*(t.sql for t in by))
    select = select if least is None else select.having(count() > least)
    select = select.order_by(*(t.sql.desc() for t in by))

    def answer(rows: Rows) -> list[tuple[Any, ...]]:
        groups: dict[Any, list[Env]] = {} if by else {(): []}
        for env in pairs(rows):
            if condition.of(env):
                groups.setdefault(tuple(t.of(env) for t in by), []).append(env)
        kept = [(k, envs) for k, envs in groups.items() if least is None or len(envs) > least]
        made = [(*k, *(t.of(envs) for t in shown[len(by) :])) for k, envs in kept]
        return in_order(made, [(itemgetter(n), True) for n in range(len(by))])

    return Question(select, answer)


# ---- unions
SETS: dict[str, Callable[[Any, Any], list[Any]]] = {
    "union": lambda a, b: list(dict.fromkeys([*a, *b])),
    "union_all": lambda a, b: [*a, *b],
    "intersect": lambda a, b: [one for one in dict.fromkeys(a) if one in b],
    "except_": lambda a, b: [one for one in dict.fromkeys(a) if one not in b],
}


@st.composite
def united(draw: st.DrawFn) -> Question:
    """Two or three selects of the same columns, one of them perhaps limited."""
    shown = draw(st.lists(st.sampled_from(columns((Item,), *KINDS)), min_size=1, max_size=2))
    selects, answers, words = [], [], []
    for _ in range(draw(st.integers(2, 3))):
        condition, limit = draw(conditions((Item,), 1)), draw(st.none() | st.integers(0, 5))
        select = Item.select(*(t.sql.label(f"c{n}") for n, t in enumerate(shown)))
        select = select.where(condition.sql)
        selects.append(select if limit is None else select.order_by(Item.id).limit(limit))
        answers.append((condition, limit))
        words.append(draw(st.sampled_from(sorted(SETS))))
    whole = selects[0]
    for word, select in zip(words, selects[1:], strict=False):
        whole = getattr(whole, word)(select)
    down = draw(st.booleans())
    names = [t.sql.label(f"c{n}") for n, t in enumerate(shown)]
    whole = whole.order_by(*(name.desc() if down else name for name in names))

    def answer(rows: Rows) -> list[tuple[Any, ...]]:
        parts = []
        for condition, limit in answers:
            envs: list[Env] = [{"items": item, "all": rows} for item in rows["items"]]
            kept = [env for env in envs if condition.of(env)][:limit]
            parts.append([tuple(t.of(env) for t in shown) for env in kept])
        made = parts[0]
        for word, part in zip(words, parts[1:], strict=False):
            made = SETS[word](made, part)
        return in_order(made, [(itemgetter(n), down) for n in range(len(shown))])

    return Question(whole, answer)


QUESTIONS = st.one_of(plain(), grouped(), united())
