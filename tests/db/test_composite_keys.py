"""Foreign keys of several columns: made, held to, joined by, migrated."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from www.db import (
    Column,
    DefinitionError,
    Engine,
    ForeignKey,
    ForeignKeyViolation,
    Index,
    StatementError,
    Table,
    TableMetaClass,
    exists,
)
from www.db.migrations import Migrations
from www.db.schema.ddl import create_all


class Seat(Table):
    hall = Column(str, primary_key=True)
    number = Column(int, primary_key=True)
    row = Column(str, default="A")
    one_each = Index(row, number, unique=True)


class Ticket(Table):
    id = Column(int, primary_key=True)
    hall = Column(str, name="in_hall")
    seat = Column(int)
    next_row = Column(str, nullable=True)
    next_to = Column(int, nullable=True)

    of_seat = ForeignKey(
        hall, seat, references=lambda: (Seat.hall, Seat.number), on_delete="cascade"
    )
    beside = ForeignKey(
        next_row, next_to, references=lambda: (Seat.row, Seat.number), on_update="set null"
    )


@pytest.fixture
async def engine(request: pytest.FixtureRequest, address: Any) -> AsyncIterator[Engine]:
    if not isinstance(address, Path):
        address = await asyncio.to_thread(request.getfixturevalue("postgres").database)
    async with Engine(address) as engine:
        await engine.create_tables(Seat, Ticket)
        await engine.insert_many([Seat(hall="big", number=n) for n in (1, 2)])
        yield engine


async def test_both_columns_must_be_there(engine: Engine):
    await engine.insert(Ticket(hall="big", seat=1))
    for wrong in ({"hall": "big", "seat": 3}, {"hall": "small", "seat": 1}):
        with pytest.raises(ForeignKeyViolation):
            await engine.insert(Ticket(**wrong))
    await engine.insert(Ticket(hall="big", seat=2, next_row="Z"))  # a part of a key is none
    with pytest.raises(ForeignKeyViolation):
        await engine.insert(Ticket(hall="big", seat=2, next_row="A", next_to=7))


async def test_what_happens_to_the_one_happens_to_the_other(engine: Engine):
    ticket = await engine.insert(Ticket(hall="big", seat=1, next_row="A", next_to=2))
    await engine.run(Seat.update(row="B").where(Seat.number == 2))
    found = await engine.one(Ticket.select())
    assert (found.id, found.next_row, found.next_to) == (ticket.id, None, None)
    assert await engine.run(Seat.delete().where(Seat.number == 1)) == 1
    assert await engine.count(Ticket.select()) == 0


async def test_a_join_finds_it(engine: Engine):
    await engine.insert_many([Ticket(hall="big", seat=n) for n in (1, 2, 2)])
    on = (Ticket.hall == Seat.hall) & (Ticket.seat == Seat.number)
    rows = Ticket.select(Ticket.id, Seat.row, Seat.number).join(Seat, on=on).order_by(Ticket.id)
    assert [row[1:] for row in await engine.tuples(rows)] == [("A", 1), ("A", 2), ("A", 2)]
    with pytest.raises(StatementError, match="2 foreign keys join tickets and seats: say on="):
        Ticket.select().join(Seat)
    only = Plain.select(Plain.id, Seat.row).join(Seat)
    text = repr(exists(only))
    assert '("plain"."a" = "seats"."hall") AND ("plain"."b" = "seats"."number")' in text


class Plain(Table, name="plain"):
    id = Column(int, primary_key=True)
    a = Column(str)
    b = Column(int)
    key = ForeignKey(a, b, references=lambda: (Seat.hall, Seat.number))


def test_one_to_its_own_table_needs_the_primary_key():
    class Node(Table):
        id = Column(int, primary_key=True)
        a = Column(int)
        b = Column(int)
        both = Index(a, b, unique=True)
        above = ForeignKey(a, b, references=lambda: (Node.a, Node.b))

    with pytest.raises(DefinitionError, match=r"nodes\.above: to its own table .* primary key"):
        create_all([Node])


WRONG: dict[str, dict[str, Any]] = {
    "Wrong.key: for one column say": {"columns": "a"},
    "Wrong.key: references takes a function": {"references": (Seat.hall, Seat.number)},
    "Wrong.key: on_delete is one of": {"on_delete": "nothing"},
    "Wrong.key: on_update='set null' needs nullable=True": {"on_update": "set null"},
    "Wrong.key takes columns of this table": {"columns": "ax"},
}


@pytest.mark.parametrize("message", WRONG)
def test_a_mistake_is_found_when_the_class_is_made(message: str):
    given: dict[str, Any] = {"references": lambda: (Seat.hall, Seat.number)} | WRONG[message]
    names = given.pop("columns", "ab")
    a, b = Column(str, primary_key=True), Column(int)
    known: dict[str, Column[Any]] = {"a": a, "b": b, "x": Seat.row}
    key = ForeignKey(*(known[name] for name in names), **given)
    with pytest.raises(DefinitionError, match=message):
        TableMetaClass("Wrong", (Table,), {"a": a, "b": b, "key": key})


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ((Seat.hall,), "must return 2 columns"),
        ((Seat.number, Seat.hall), "another type, or another table"),
        ((Seat.hall, Ticket.seat), "another type, or another table"),
        ((Ticket.hall, Ticket.seat), "neither the primary key nor a unique index of tickets"),
    ],
)
def test_a_wrong_target_is_found_when_it_is_looked_at(target: Any, message: str):
    class Wrong(Table):
        a = Column(str, primary_key=True)
        b = Column(int)
        key = ForeignKey(a, b, references=lambda: target)

    with pytest.raises(DefinitionError, match=f"key: .*{message}"):
        Wrong.info.foreign_keys[0].target()


class Late(Table, name="tickets"):
    """A ticket before it had keys, and with another name for a column."""

    id = Column(int, primary_key=True)
    room = Column(str)
    seat = Column(int)
    next_row = Column(str, nullable=True)
    next_to = Column(int, nullable=True)


def test_migrations_know_it(request: pytest.FixtureRequest, tmp_path: Path):
    databases = [str(tmp_path / "a.db"), request.getfixturevalue("postgres").database()]
    first = Migrations(tmp_path / "steps", [Seat, Late])
    first.make("first")
    later = Migrations(first.folder, [Seat, Ticket])
    later.make("keys", rename=[("tickets", "room", "in_hall")])

    class Moved(Table, name="seats"):
        room = Column(str, primary_key=True)
        number = Column(int, primary_key=True)
        row = Column(str, default="A")
        one_each = Index(row, number, unique=True)

    class Kept(Table, name="tickets"):
        id = Column(int, primary_key=True)
        hall = Column(str, name="in_hall")
        seat = Column(int)
        next_row = Column(str, nullable=True)
        next_to = Column(int, nullable=True)
        of_seat = ForeignKey(
            hall, seat, references=lambda: (Moved.room, Moved.number), on_delete="cascade"
        )

    last = Migrations(first.folder, [Moved, Kept])
    last.make("rename", rename=[("seats", "hall", "room")])
    for database in databases:
        assert [step.number for step in last.apply(database)] == [1, 2, 3]
        assert last.difference(database) == []
        assert [step.number for step in last.undo(database, to=1)] == [3, 2]
