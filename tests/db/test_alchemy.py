"""Random windows, subqueries and CTEs, written with our compiler and with SQLAlchemy's: same rows."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from tests.db.random_terms import SMALL, Inner, Item, Shelf, contents
from tests.db.test_random_selects import HOUSE, fill
from www.db import (
    Engine,
    average,
    coalesce,
    count,
    dense_rank,
    exists,
    lag,
    largest,
    lead,
    rank,
    row_number,
    smallest,
    total,
)

KINDS: dict[type, Any] = {int: sa.BigInteger, str: sa.Text, float: sa.Double}
KEYS = ["small", "count", "kind", "note", "price", "shelf_id"]
Pair = tuple[Any, Any]  # ours and SQLAlchemy's


def described(table: Any, keys: list[str]) -> Any:
    columns = [table.info.columns[key] for key in keys]
    made = [sa.Column(c.name, KINDS[c.type.python], key=c.attribute) for c in columns]
    return sa.Table(table.info.name, sa.MetaData(), *made)


items = described(Item, ["id", *KEYS])
shelves = described(Shelf, ["id", "room", "metres"])
inner = items.alias("inner_items")


@pytest.fixture
async def engine(random_address: Path | str) -> AsyncIterator[Engine]:
    async with Engine(random_address, durability="normal") as engine:
        yield engine


async def same(engine: Engine, ours: Any, theirs: Any) -> None:
    dialect = {"sqlite": sqlite, "postgres": postgresql}[engine.dialect.name].dialect(
        paramstyle="qmark"
    )
    compiled = theirs.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    rows = await engine.raw(
        str(compiled), *(compiled.params[name] for name in compiled.positiontup or ())
    )
    assert await engine.tuples(ours) == [tuple(row.values()) for row in rows], str(compiled)


def cells(name: str) -> Pair:
    return Item.info.columns[name], items.c[name]


def ordered(drawn: list[tuple[str, bool]]) -> tuple[list[Any], list[Any]]:
    """The key at the end leaves nothing open; null stands below every value."""
    ours, theirs = [], []
    for name, down in [*drawn, ("id", False)]:
        our, their = cells(name)
        ours.append(our.desc() if down else our.asc())
        theirs.append(their.desc().nulls_last() if down else their.asc().nulls_first())
    return ours, theirs


def summed(what: Any) -> Any:
    return sa.cast(sa.func.sum(what), sa.BigInteger)


ORDERS = st.lists(st.tuples(st.sampled_from(KEYS), st.booleans()), max_size=2).map(ordered)


@st.composite
def windows(draw: st.DrawFn) -> Pair:
    name = draw(st.sampled_from(KEYS))
    (our, their), rows = cells(name), draw(st.integers(1, 3))
    number, numbers = Item.count, items.c.count
    function = draw(st.sampled_from([
        (row_number(), sa.func.row_number()), (rank(), sa.func.rank()),
        (dense_rank(), sa.func.dense_rank()), (lag(our, rows), sa.func.lag(their, rows)),
        (lead(our, rows), sa.func.lead(their, rows)), (count(our), sa.func.count(their)),
        (largest(our), sa.func.max(their)), (smallest(our), sa.func.min(their)),
        (total(number), sa.func.sum(numbers)), (average(number), sa.func.avg(numbers)),
    ]))  # fmt: skip
    parts = draw(st.lists(st.sampled_from(KEYS), max_size=2, unique=True))
    order, order_of_theirs = draw(ORDERS)
    ours = function[0].over(partition_by=[cells(part)[0] for part in parts], order_by=order)
    theirs = function[1].over(
        partition_by=[cells(part)[1] for part in parts], order_by=order_of_theirs
    )
    kind = {"sum": sa.BigInteger, "avg": sa.Double}.get(function[1].name)
    return ours, theirs if kind is None else sa.cast(theirs, kind)


@HOUSE
@given(rows=contents(most=12), drawn=st.lists(windows(), min_size=1, max_size=4), least=SMALL)
async def test_windows(engine, rows, drawn, least):
    await fill(engine, rows)
    ours = Item.select(Item.id, *(w.label(f"w{n}") for n, (w, _) in enumerate(drawn)))
    theirs = sa.select(items.c.id, *(w.label(f"w{n}") for n, (_, w) in enumerate(drawn)))
    condition = Item.small.is_(None) | (Item.small >= least)
    await same(
        engine,
        ours.where(condition).order_by(Item.id),
        theirs.where(items.c.small.is_(None) | (items.c.small >= least)).order_by(items.c.id),
    )
    table, subquery = ours.as_table("windowed"), theirs.subquery("windowed")
    first = table.select(table.id, table.w0).where(table.w0.is_not(None)).order_by(table.id)
    wanted = sa.select(subquery.c.id, subquery.c.w0).where(subquery.c.w0.is_not(None))
    await same(engine, first, wanted.order_by(subquery.c.id))


@st.composite
def correlated(draw: st.DrawFn) -> Pair:
    """A condition about the other rows with an equal value in some column."""
    name, least = draw(st.sampled_from(KEYS)), draw(SMALL)
    our_side, their_side = Inner.info.columns[name], inner.c[name]
    our, their = cells(name)
    ours = Inner.select(total(Inner.count).label("sum")).where(our_side == our)
    theirs = sa.select(summed(inner.c.count)).where(their_side == their)
    there = Inner.select(Inner.id).where(our_side == our, Inner.id != Item.id)
    theirs_there = sa.select(inner.c.id).where(their_side == their, inner.c.id != items.c.id)
    rooms = Shelf.select(Shelf.id).where(Shelf.metres >= least)
    theirs_rooms = sa.select(shelves.c.id).where(shelves.c.metres >= least)
    pairs: list[Pair] = [
        (coalesce(ours.as_scalar(), 0) > least, sa.func.coalesce(theirs.scalar_subquery(), 0) > least),
        (exists(there), theirs_there.exists()),
        (~exists(there), ~theirs_there.exists()),
        (Item.shelf_id.in_(rooms), items.c.shelf_id.in_(theirs_rooms)),
        (Item.shelf_id.not_in(rooms), items.c.shelf_id.not_in(theirs_rooms)),
    ]  # fmt: skip
    return draw(st.sampled_from(pairs))


@HOUSE
@given(rows=contents(most=12), drawn=st.lists(correlated(), min_size=1, max_size=3))
async def test_subqueries(engine, rows, drawn):
    await fill(engine, rows)
    ours = Item.select(Item.id).where(*(pair[0] for pair in drawn)).order_by(Item.id)
    theirs = sa.select(items.c.id).where(*(pair[1] for pair in drawn)).order_by(items.c.id)
    await same(engine, ours, theirs)


@HOUSE
@given(rows=contents(most=12), name=st.sampled_from(["kind", "note", "shelf_id"]), limit=SMALL)
async def test_ctes_and_derived_tables(engine, rows, name, limit):
    await fill(engine, rows)
    our, their = cells(name)
    sums = Item.select(our.label("key"), total(Item.count).label("sum"), count().label("n"))
    table = sums.group_by(our).having(count() >= 1).as_cte("sums")
    theirs = sa.select(
        their.label("key"), summed(items.c.count).label("sum"), sa.func.count().label("n")
    )
    cte = theirs.group_by(their).having(sa.func.count() >= 1).cte("sums")
    ours = Item.select(Item.id, table["sum"], table["n"]).left_join(table, table["key"] == our)
    ours = ours.with_(table).where(table["sum"].is_(None) | (table["sum"] >= limit))
    wanted = sa.select(items.c.id, cte.c["sum"], cte.c.n)
    wanted = wanted.select_from(items.outerjoin(cte, cte.c.key == their))
    wanted = wanted.where(cte.c["sum"].is_(None) | (cte.c["sum"] >= limit))
    await same(engine, ours.order_by(Item.id), wanted.order_by(items.c.id))


@HOUSE
@given(rows=contents(most=12), most=st.integers(1, 12))
async def test_recursion(engine, rows, most):
    """Walk from id to id + 2, as far as there are rows."""
    await fill(engine, rows)
    start = Item.select(Item.id, Item.count).where(Item.id == 0)
    walk = start.recursive(
        "walk",
        lambda walk: Item.select(Item.id, Item.count).join(
            walk, on=(Item.id == walk.id + 2) & (walk.id < most)
        ),
    )
    theirs = sa.select(items.c.id, items.c.count).where(items.c.id == 0).cte("walk", recursive=True)
    step = sa.select(items.c.id, items.c.count)
    step = step.join(theirs, (items.c.id == theirs.c.id + 2) & (theirs.c.id < most))
    theirs = theirs.union_all(step)
    wanted = sa.select(theirs.c.id, theirs.c.count).order_by(theirs.c.id)
    await same(engine, walk.select(walk.id, walk["count"]).with_(walk).order_by(walk.id), wanted)
