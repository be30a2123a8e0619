"""Random inserts, upserts, updates and deletes leave what they leave in a dict of Python."""

import copy
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.db.random_conditions import conditions
from tests.db.random_terms import (
    SMALL,
    TEXTS,
    Item,
    Shelf,
    Term,
    contents,
    item,
    numbers,
    strict,
    texts,
)
from tests.db.test_random_selects import HOUSE, fill
from www.db import Engine, RowNotFound, UniqueViolation

Rows = dict[str, list[Any]]
ALONE = (Item,)


@pytest.fixture
async def engine(random_address: Path | str) -> AsyncIterator[Engine]:
    async with Engine(random_address, durability="normal") as engine:
        yield engine


class Step:
    """A change of the database, which the same change of `rows` follows; both tell how many."""

    def __init__(self, name: str, real: Callable[..., Any], model: Callable[[Rows], Any]) -> None:
        self.name, self.real, self.model = name, real, model

    def __repr__(self) -> str:
        return self.name


def fitting(rows: Rows, condition: Term) -> list[Any]:
    return [row for row in rows["items"] if condition.of({"items": row, "all": rows})]


@st.composite
def updating(draw: st.DrawFn) -> Step:
    """UPDATE ... SET column = expression: every expression sees the row as it was."""
    condition = draw(conditions(ALONE, 1))
    values: dict[str, Term] = {}
    if draw(st.booleans()):
        number = draw(numbers(int, ALONE, 1))  # small ones stay small, however often
        values["small"] = Term(number.sql % 50, strict(lambda n: n % 50, number))
    if draw(st.booleans()):
        values["price"] = draw(numbers(float, ALONE, 0))
    note = draw(texts(ALONE, 1))
    values["note"] = note
    returned = draw(st.booleans())
    change = Item.update(**{key: term.sql for key, term in values.items()}).where(condition.sql)

    async def real(conn: Any) -> Any:
        if returned:
            found = await conn.all(change.returning(Item.id, Item.note))
            return sorted((row.id, row.note) for row in found)
        return await conn.run(change)

    def model(rows: Rows) -> Any:
        chosen = fitting(rows, condition)
        after = [{key: term.of({"items": row, "all": rows}) for key, term in values.items()} for row in chosen]  # fmt: skip
        for row, changes in zip(chosen, after, strict=True):
            dict.update(row, changes)
        return sorted((row.id, row.note) for row in chosen) if returned else len(chosen)

    return Step(f"update {sorted(values)}", real, model)


@st.composite
def deleting(draw: st.DrawFn) -> Step:
    condition = draw(conditions(ALONE, 1))

    def model(rows: Rows) -> int:
        gone = fitting(rows, condition)
        rows["items"] = [row for row in rows["items"] if row not in gone]
        return len(gone)

    change = Item.delete().where(condition.sql)
    return Step("delete", lambda conn: conn.run(change), model)


NEW = st.integers(0, 30).flatmap(lambda number: item(number, st.none()))


@st.composite
def inserting(draw: st.DrawFn) -> Step:
    """Insert, skip or update, one or many, by the primary key."""
    new = draw(st.lists(NEW, min_size=1, max_size=3, unique_by=lambda row: row.id))
    how = draw(st.sampled_from(["plain", "ignore", "update"]))
    written = draw(st.lists(st.sampled_from(["note", "data", "at"]), min_size=1, unique=True))
    change = Item.insert(*new)
    if how == "ignore":
        change = change.or_ignore(Item.id)
    elif how == "update":
        change = change.or_update(Item.id, columns=[Item.info.columns[key] for key in written])

    async def real(conn: Any) -> Any:
        try:
            async with conn.transaction():
                return await conn.run(change)
        except UniqueViolation as err:
            return err.columns

    def model(rows: Rows) -> Any:
        known = {row.id: row for row in rows["items"]}
        if how == "plain" and any(row.id in known for row in new):
            return ("id",)
        for row in new:
            if row.id not in known:
                rows["items"].append(copy.deepcopy(row))
            elif how == "update":
                dict.update(known[row.id], {key: row[key] for key in written})
        return len(new) if how != "ignore" else sum(row.id not in known for row in new)

    return Step(f"insert {how} {[row.id for row in new]}", real, model)


@st.composite
def one_row(draw: st.DrawFn) -> Step:
    """Change and delete rows that were read, one by one and many at a time."""
    number, note, small = draw(st.integers(0, 20)), draw(TEXTS), draw(st.none() | SMALL)
    verb = draw(st.sampled_from(["update", "delete", "update_many", "delete_many"]))

    async def real(conn: Any) -> Any:
        rows = await conn.all(Item.select().where(Item.id <= number).order_by(Item.id))
        for row in rows:
            row.note, row.small = note, small
        if verb.endswith("many"):
            await getattr(conn, verb)(rows)
        else:
            for row in rows:
                await getattr(conn, verb)(row)
        return len(rows)

    def model(rows: Rows) -> Any:
        chosen = [row for row in rows["items"] if row.id <= number]
        for row in chosen:
            dict.update(row, note=note, small=small)
        if verb.startswith("delete"):
            rows["items"] = [row for row in rows["items"] if row.id > number]
        return len(chosen)

    return Step(f"{verb} of ids to {number}", real, model)


@st.composite
def copying(draw: st.DrawFn) -> Step:
    """INSERT ... SELECT of what meets a condition, with other ids."""
    condition, number = draw(conditions(ALONE, 1)), draw(st.integers(100, 10_000))
    others = [column for key, column in Item.info.columns.items() if key != "id"]
    select = Item.select((Item.id + number * 100).label("id"), *others)
    change = Item.insert_from(select.where(condition.sql, Item.id < 100))

    async def real(conn: Any) -> Any:
        try:
            async with conn.transaction():
                return await conn.run(change)
        except UniqueViolation:
            return "there"

    def model(rows: Rows) -> Any:
        chosen = [row for row in fitting(rows, condition) if row.id < 100]
        twins = [copy.deepcopy(row) for row in chosen]
        for twin in twins:
            dict.__setitem__(twin, "id", twin.id + number * 100)
        if {twin.id for twin in twins} & {row.id for row in rows["items"]}:
            return "there"
        rows["items"] += twins
        return len(twins)

    return Step("insert from select", real, model)


STEPS = st.one_of(updating(), deleting(), inserting(), one_row(), copying())


@HOUSE
@given(rows=contents(), steps=st.lists(STEPS, min_size=3, max_size=6))
async def test_it_changes_what_python_changes(engine, rows, steps):
    await fill(engine, rows)
    for step in steps:
        async with engine.transaction() as conn:
            assert await step.real(conn) == step.model(rows), step
        found = await engine.all(Item.select().order_by(Item.id))
        assert found == sorted(rows["items"], key=lambda row: row.id), step


@HOUSE
@given(rows=contents(), steps=st.lists(STEPS, min_size=2, max_size=4))
async def test_what_is_rolled_back_never_was(engine, rows, steps):
    await fill(engine, rows)
    inner, outer = copy.deepcopy(rows), copy.deepcopy(rows)
    async with engine.transaction() as conn:
        assert await steps[0].real(conn) == steps[0].model(outer)
        with pytest.raises(RowNotFound):
            async with conn.transaction():
                inner = copy.deepcopy(outer)
                for step in steps[1:]:
                    assert await step.real(conn) == step.model(inner), step
                raise RowNotFound
        found = await conn.all(Item.select().order_by(Item.id))
        assert found == sorted(outer["items"], key=lambda row: row.id)
    assert await engine.count(Shelf.select()) == len(rows["shelves"])
