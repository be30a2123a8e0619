"""Random selects over random rows give what plain Python gives, on both databases."""

from collections.abc import AsyncIterator
from datetime import date
from itertools import chain, product
from operator import itemgetter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.db.conftest import Colour
from tests.db.random_conditions import PATHS, SIDES, conditions, json_compared
from tests.db.random_selects import QUESTIONS, Question, in_order
from tests.db.random_terms import (
    COMPARISONS,
    PIECES,
    Item,
    Shelf,
    Term,
    columns,
    contents,
    folded,
    pattern,
)
from www.db import Engine

# The same examples in every run; to look for others: pytest --hypothesis-seed=random.
HOUSE = settings(
    derandomize=True, max_examples=40, deadline=None, report_multiple_bugs=False,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@pytest.fixture
async def engine(random_address: Path | str) -> AsyncIterator[Engine]:
    async with Engine(random_address, durability="normal") as engine:
        yield engine


async def fill(engine: Engine, rows: dict[str, list[Any]]) -> None:
    async with engine.transaction() as conn:
        await conn.run(Item.delete().all_rows())
        await conn.run(Shelf.delete().all_rows())
        await conn.insert_many(rows["shelves"])
        await conn.insert_many(rows["items"])


def typed(rows: list[tuple[Any, ...]]) -> list[list[tuple[type, Any]]]:
    """Tell 1 from 1.0 and True; asyncpg's UUID is one of Python's."""
    return [[(UUID if isinstance(v, UUID) else type(v), v) for v in row] for row in rows]


@HOUSE
@given(rows=contents(most=12), terms=st.lists(conditions((Item,), 0), min_size=12, max_size=12))
async def test_it_finds_what_python_finds(engine, rows, terms):
    await fill(engine, rows)
    for term in terms:
        answers = [term.of({"items": item, "all": rows}) for item in rows["items"]]
        for condition, wanted in ((term.sql, True), (~term.sql, False)):
            found = await engine.scalars(Item.select(Item.id).where(condition).order_by(Item.id))
            ids = [
                i.id for i, answer in zip(rows["items"], answers, strict=True) if answer is wanted
            ]
            assert found == ids, repr(Question(Item.select().where(condition), lambda _: []))


WORDS = [
    "",
    "a",
    "A",
    "ab",
    "Ab",
    "aB",
    "b%",
    "%",
    "a%b",
    "a\\",
    "\\",
    "a_",
    "中",
    "中a",
    "é",
    "É",
    "\n",
]


async def test_every_short_pattern_finds_what_python_finds(engine: Engine):
    """Only ilike takes the letters of ASCII in either case."""
    shelves = [Shelf(id=number, room=word) for number, word in enumerate(WORDS)]
    await fill(engine, {"shelves": shelves, "items": []})
    for pieces in chain.from_iterable(product(PIECES, repeat=n) for n in range(4)):
        like = "".join(pieces)
        found = await engine.scalars(Shelf.select(Shelf.room).where(Shelf.room.like(like)))
        assert set(found) == {word for word in WORDS if pattern(like).fullmatch(word)}, like
        found = await engine.scalars(Shelf.select(Shelf.room).where(Shelf.room.ilike(like)))
        wanted = pattern(folded(like))
        assert set(found) == {word for word in WORDS if wanted.fullmatch(folded(word))}, like


INSIDE = [*SIDES, 5.0, -3.5, 1e16, None, [1], [5, "a"], {"x": 5}]


async def test_every_comparison_with_json_finds_what_python_finds(engine: Engine):
    """A number is compared with numbers, a text with texts; whole numbers also with others."""
    fixed = {"kind": "", "big": 0, "real": 0.0, "day": date(2026, 1, 1), "colour": Colour.RED}
    items = [Item(id=at, data={"n": one, "list": [one]}, **fixed) for at, one in enumerate(INSIDE)]
    await fill(engine, {"shelves": [], "items": items})
    for drawn in product(PATHS, COMPARISONS, SIDES):
        term = json_compared(drawn)
        found = await engine.scalars(Item.select(Item.id).where(term.sql).order_by(Item.id))
        assert found == [row.id for row in items if term.of({"items": row})], drawn


@HOUSE
@given(rows=contents(), questions=st.lists(QUESTIONS, min_size=4, max_size=4))
async def test_it_answers_as_python_does(engine, rows, questions):
    await fill(engine, rows)
    assert await engine.all(Item.select().order_by(Item.id)) == rows["items"]
    for question in questions:
        wanted = question.answer(rows)
        assert typed(await engine.tuples(question.select)) == typed(wanted)
        dicts = await engine.all(question.select)
        assert typed([tuple(row.values()) for row in dicts]) == typed(wanted)
        assert await engine.count(question.select) == len(wanted)
        assert await engine.exists(question.select) is bool(wanted)


PAGED = [key for key in Item.info.columns if key != "data"]


@HOUSE
@given(
    rows=contents(most=12),
    condition=conditions((Item,), 1),
    order=st.lists(st.tuples(st.sampled_from(PAGED), st.booleans()), min_size=1, max_size=3),
    size=st.integers(1, 5),
)
async def test_pages_make_the_whole_list(engine, rows, condition: Term, order, size):
    await fill(engine, rows)
    terms = [(Item.info.columns[name], down) for name, down in dict(order).items()]
    select = Item.select(Item.id).where(condition.sql)
    select = select.order_by(*(term.desc() if down else term for term, down in terms))
    wanted = [row for row in rows["items"] if condition.of({"items": row, "all": rows})]
    last = list(dict(order).values())[-1]  # the primary key goes the way of the last term
    by = [(itemgetter(name), down) for name, down in dict(order).items()]
    wanted = in_order(wanted, [*by, (itemgetter("id"), last)])
    found: list[int] = []
    after: str | None = None
    for _ in range(len(rows["items"]) + 1):
        page = await engine.page(select, after=after, size=size)
        found += [row.id for row in page.rows]
        assert len(page.rows) == size or page.next is None
        if (after := page.next) is None:
            break
    assert found == [row.id for row in wanted]


@HOUSE
@given(rows=contents(), select=QUESTIONS, chunk=st.integers(1, 4))
async def test_a_stream_gives_the_same(engine, rows, select, chunk):
    await fill(engine, rows)
    found = [tuple(row.values()) async for row in engine.stream(select.select, chunk)]
    assert typed(found) == typed(select.answer(rows))


def test_the_terms_cover_every_kind_of_column():
    kinds: set[type] = {column.type.python for column in Item.info.columns.values()} - {object}
    assert kinds == {term.sql.type.python for term in columns((Item,), *kinds)}
