"""Copying between two databases, in each direction: everything arrives, or nothing does."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import IntEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import apsw
import pytest

from tests.db.conftest import Colour
from tests.postgres import emptied, execute
from www.db import (
    BadValue,
    Check,
    Column,
    ColumnType,
    CopyError,
    Engine,
    Index,
    StatementError,
    Table,
    lower,
    now,
)
from www.db.copying import Watcher, are_same, compare_tables, copy_tables, holding_rows, in_order
from www.db.dialects.postgres import PostgresDialect
from www.db.drivers.sqlite.functions import register
from www.db.drivers.sqlite.lane import Options
from www.db.schema.ddl import create_all
from www.db.schema.migrate import Migration, apply

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
SILENT = Watcher()
HEX = ColumnType("hex", int, str, hex, lambda text: int(text, 16))


class Size(IntEnum):
    SMALL = -1
    LARGE = 7


class Thing(Table):
    id = Column(int, primary_key=True, autoincrement=True)
    number = Column(int, nullable=True)
    text = Column(str, nullable=True)
    yes = Column(bool, nullable=True)
    real = Column(float, nullable=True)
    blob = Column(bytes, nullable=True)
    moment = Column(datetime, nullable=True)
    day = Column(date, nullable=True)
    data = Column(dict, nullable=True)
    guid = Column(UUID, nullable=True)
    colour = Column(Colour, nullable=True)
    own = Column(HEX, nullable=True)
    clock = Column(time, nullable=True)
    lasts = Column(timedelta, nullable=True)
    size = Column(Size, nullable=True)
    exact = Column(Decimal, nullable=True)
    price = Column(Decimal, precision=10, scale=2, nullable=True)
    made_at = Column(datetime, server_default=now())
    state = Column(str, server_default="new", nullable=True)
    dear = Column(Decimal, precision=14, scale=3, generated=price * Decimal("1.1"), nullable=True)
    small = Column(str, generated=lower(colour), nullable=True)

    of_colour = Index(colour, number.desc(), where=colour.is_not(None))
    of_worth = Index(price * Decimal(2), exact.desc(), where=exact > Decimal(0))
    not_too_dear = Check(price + Decimal(1) < Decimal("1e8"))


class Answer(Table):
    """Refers to things and to itself; among TABLES it stands in front of both."""

    id = Column(int, primary_key=True, autoincrement=True)
    thing_id = Column(int, references=lambda: Thing.id, on_delete="cascade", index=True)
    parent_id = Column(int, references=lambda: Answer.id, nullable=True, index=True)


class Seat(Table):
    row = Column(str, primary_key=True)
    number = Column(int, primary_key=True)
    note = Column(str, default="")


class Label(Table):
    id = Column(int, primary_key=True)
    name = Column(str, unique=True)


class Found(Table, name="found", full_text=True):
    id = Column(int, primary_key=True, name="rowid")
    words = Column(str)


TABLES: tuple[type[Table], ...] = (Answer, Thing, Seat, Label, Found)
CREATED = (Thing, Answer, Seat, Label, Found)  # PostgreSQL cannot refer to what comes later
VALUES: dict[str, list[Any]] = {
    "number": [0, -(2**63), 2**63 - 1],
    "text": ["", "😀 中文 é", "'\"\\%_$1?", "a\tb\nc\rd\\N", "\\N", "x" * 3_000_000],
    "yes": [True, False],
    "real": [0.0, -0.0, 5e-324, 1.7976931348623157e308, float("inf"), float("-inf"), 0.1],
    "blob": [b"", b"\0\xff\\x", bytes(3 * 2**20)],
    "moment": [FIRST + INSTANT, LAST - INSTANT, datetime(2026, 11, 22, 9, 30, tzinfo=UTC)],
    "day": [date.min, date.max],
    "data": [
        {},
        {"b": [None, 1.5, "é😀", {"z": [], "a": True}], "": 1, "a": "\\u0000 \t"},
        {"n": 2**70, "f": 1e22, "h": 5e-324, "z": -0.0, "i": 100.0},
    ],
    "guid": [UUID(int=0), UUID(int=2**128 - 1)],
    "colour": list(Colour),
    "own": [0, 2**100],
    "clock": [time.min, time.max, time(9, 30)],
    "lasts": [timedelta(0), timedelta(microseconds=-1), timedelta(days=36_500)],
    "size": list(Size),
    "exact": [Decimal(n) for n in ("0", "-19.95", "1e999", "1e-1000", "123456789.123456789")],
    "price": [Decimal("0.00"), Decimal("-0.01"), Decimal("99999998.99")],
    "state": ["old", None],
}


async def words(conn) -> AsyncIterator[list[Found]]:
    rows = await conn.all(Thing.select(Thing.id).order_by(Thing.id))
    yield [Found(id=row.id, words=f"word number{row.id}") for row in rows]


async def copy(source: Engine, target: Engine, watcher: Watcher = SILENT):
    async with source.transaction(read_only=True) as one, target.transaction() as other:
        return await copy_tables(one, other, TABLES, derived={Found: words}, watcher=watcher)


async def everything(engine: Engine) -> dict[str, list[Table]]:
    tables = [table for table in TABLES if table is not Found]
    return {
        table.info.name: await engine.all(table.select().order_by(*table.info.primary_key))
        for table in tables
    }


def a_file(folder: Path, name: str) -> Path:
    file = folder / name
    apply(Options(path=file), [Migration(1, "tables", create_all(CREATED))])
    return file


@pytest.fixture(scope="session")
def servers(postgres) -> list[str]:
    urls = [str(postgres.database()) for _ in range(2)]
    for url in urls:
        execute(url, create_all(CREATED, PostgresDialect()))
    return urls


@pytest.fixture(params=["sqlite", "postgres"])
def source_place(request, tmp_path, servers) -> Path | str:
    return str(emptied(servers[0])) if request.param == "postgres" else a_file(tmp_path, "a.db")


@pytest.fixture(params=["sqlite", "postgres"])
def target_place(request, tmp_path, servers) -> Path | str:
    return str(emptied(servers[1])) if request.param == "postgres" else a_file(tmp_path, "b.db")


@pytest.fixture
async def source(source_place) -> AsyncIterator[Engine]:
    async with Engine(source_place) as engine:
        yield engine


@pytest.fixture
async def target(target_place) -> AsyncIterator[Engine]:
    async with Engine(target_place) as engine:
        yield engine


@pytest.fixture
async def full(source: Engine) -> Engine:
    """A source with every extreme, NULLs, answers to later rows, and numbers that were given out."""
    things = [Thing(**{name: value}) for name, values in VALUES.items() for value in values]
    for thing in [*things, Thing(), Thing(text="gone")]:
        await source.insert(thing)
    await source.run(Thing.delete().where(Thing.text == "gone"))
    first = await source.insert(Answer(thing_id=1))
    later = await source.insert(Answer(thing_id=2))
    first.parent_id = later.id  # the parent comes after the child
    await source.update(first)
    seats = [Seat(row=row, number=n) for row in ("b", "B", "中", "") for n in (-1, 5, 2)]
    await source.insert_many(seats)
    await source.insert_many([Label(id=7, name="seven"), Label(id=-3, name="below zero")])
    async for found in words(source):
        await source.insert_many(found)
    return source


async def test_every_value_arrives(full, target):
    copied = {summary.table: summary.rows for summary in await copy(full, target)}
    things = sum(map(len, VALUES.values())) + 1
    assert copied == {"things": things, "answers": 2, "seats": 12, "labels": 2, "found": things}
    assert await everything(target) == await everything(full)
    hits = Found.select(Found.id).where(Found.match((("number3",),)))
    assert await target.scalars(hits) == [3]


async def test_the_next_numbers_are_fresh(full, target):
    await copy(full, target)
    gone = sum(map(len, VALUES.values())) + 2
    assert (await target.insert(Thing())).id == gone + 1
    assert (await target.insert(Answer(thing_id=1))).id == 3
    assert (await target.insert(Label(name="next"))).id == 8


async def test_numbers_of_an_empty_table_stay_given_out(source, target):
    for _ in range(3):
        thing = await source.insert(Thing())
        await source.delete(thing)
    await copy(source, target)
    assert await target.count(Thing.select()) == 0
    assert (await target.insert(Thing())).id == 4


async def test_empty_tables_are_a_copy_too(source, target):
    summaries = await copy(source, target)
    assert {summary.rows for summary in summaries} == {0}
    assert (await target.insert(Thing())).id == 1


async def test_many_rows_arrive(source, target):
    rows = 9_001  # three portions at least, the last of one row
    await source.insert_many([Seat(row=f"{n % 7}", number=n, note="x" * n) for n in range(300)])
    await source.insert_many([Thing(number=n, text=f"t{n}") for n in range(rows)])
    copied = {summary.table: summary.rows for summary in await copy(source, target)}
    assert copied["things"] == copied["found"] == rows
    assert await target.count(Thing.select().where(Thing.number == Thing.id - 1)) == rows
    assert await target.all(Seat.select().order_by(Seat.row, Seat.number)) == await source.all(
        Seat.select().order_by(Seat.row, Seat.number)
    )


async def test_the_target_holds_to_references_and_indexes_again(full, target):
    before = await _schema(target)
    await copy(full, target)
    assert await _schema(target) == before
    with pytest.raises(Exception, match="constraint failed"):
        await target.insert(Answer(thing_id=10_000))
    await target.run(Thing.delete().where(Thing.id == 1))
    assert await target.scalars(Answer.select(Answer.id)) == [2]


async def _schema(engine: Engine) -> list[dict[str, object]]:
    if engine.dialect.name == "sqlite":
        return await engine.raw("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
    return await engine.raw(
        "SELECT indexdef AS text FROM pg_indexes WHERE schemaname = 'public' UNION ALL"
        " SELECT conrelid::regclass || conname || pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace ORDER BY 1"
    )


async def test_it_copies_one_state_while_others_write(full, target):
    async with full.transaction(read_only=True) as one:
        before = await one.count(Thing.select())
        await full.insert(Thing(text="too late"))
        async with target.transaction() as other:
            copying = asyncio.create_task(copy_tables(one, other, TABLES, derived={Found: words}))
            while not copying.done():
                await full.insert(Thing(text="too late"))
                await full.run(Thing.update(number=7).where(Thing.id == 1))
                await asyncio.sleep(0)
            await copying
    assert await target.count(Thing.select()) == before
    assert not await target.exists(Thing.select().where(Thing.text == "too late"))
    assert await full.count(Thing.select()) > before


async def test_it_refuses_a_target_with_rows(full, target):
    await target.insert(Seat(row="a", number=1))
    await target.insert(Found(id=1, words="w"))
    with pytest.raises(CopyError, match="rows in found, seats: name a new, empty database"):
        await copy(full, target)
    assert await holding_rows(target) == ["found", "seats"]


class CancelsAtOnce(Watcher):
    """Cancels the copy when its first rows are on their way."""

    copying: asyncio.Task[object]

    def advance(self, rows: int) -> None:
        self.copying.cancel()


async def test_a_cancelled_copy_leaves_nothing(full, target):
    watcher = CancelsAtOnce()
    watcher.copying = copying = asyncio.create_task(copy(full, target, watcher))
    with pytest.raises(asyncio.CancelledError):
        await copying
    assert await holding_rows(target) == []
    await copy(full, target)
    assert await everything(target) == await everything(full)


async def test_compare_finds_one_changed_value(full, target):
    await copy(full, target)
    assert await _differing(full, target) == []
    await target.run(Seat.update(note="other").where(Seat.row == "中", Seat.number == 2))
    await target.insert(Label(name="more"))
    assert await _differing(full, target) == ["labels", "seats"]


async def _differing(source: Engine, target: Engine) -> list[str]:
    async with (
        source.transaction(read_only=True) as one,
        target.transaction(read_only=True) as other,
    ):
        pairs = await compare_tables(one, other, TABLES, Watcher())
    return sorted(here.table for here, there in pairs if here != there)


async def test_it_knows_one_database_by_two_names(source, tmp_path, servers):
    if source.dialect.name == "sqlite":
        link = tmp_path / "link.db"
        link.symlink_to(tmp_path / "a.db")
        name, other = str(link), str(a_file(tmp_path, "other.db"))
    else:
        name, other = servers[0].replace("127.0.0.1", "localhost"), servers[1]
    async with Engine(name) as same, Engine(other) as different:
        assert await are_same(source, same)
        assert not await are_same(source, different)


async def test_copy_in_adds_rows_as_they_are(target):
    rows = [("a\tb\\N\n", 1, "x"), ("", 2, "")]
    async with target.transaction() as conn:
        await conn.copy_in("seats", ["row", "number", "note"], rows)
    seats = await target.all(Seat.select().order_by(Seat.number))
    assert [(seat.row, seat.number, seat.note) for seat in seats] == rows
    async with target.transaction(read_only=True) as conn:
        with pytest.raises(StatementError, match="read-only"):
            await conn.copy_in("seats", ["row", "number", "note"], [("c", 3, "")])
    with pytest.raises(BadValue, match="cannot be stored"):
        async with target.transaction() as conn:
            await conn.copy_in("seats", ["row", "number", "note"], [("\ud800", 4, "")])


def test_tables_stand_behind_those_they_refer_to():
    names = [info.name for info in in_order(TABLES)]
    assert names.index("things") < names.index("answers")
    assert sorted(names) == sorted(table.info.name for table in TABLES)


# ------------------------------------------------------------------- what PostgreSQL cannot hold


@pytest.fixture
async def file(tmp_path) -> AsyncIterator[Engine]:
    async with Engine(a_file(tmp_path, "c.db")) as engine:
        yield engine


@pytest.fixture
def server_place(servers) -> str:
    return str(emptied(servers[1]))


@pytest.fixture
async def server(server_place) -> AsyncIterator[Engine]:
    async with Engine(server_place) as engine:
        yield engine


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("text = 'a' || char(0)", "table things, column text, row id=3: text with a NUL at .* 1"),
        ("""data = '{"a": "\\u0000"}'""", "table things, column data, row id=3: JSON with a NUL"),
    ],
)
async def test_it_names_the_row_that_postgres_cannot_hold(tmp_path, server, value, message):
    path = a_file(tmp_path, "older.db")
    async with Engine(path) as file:
        await file.insert_many([Thing() for _ in range(4)])
        _without_checks(path, f"UPDATE things SET {value} WHERE id = 3")
        with pytest.raises(CopyError, match=message):
            await copy(file, server)
    assert await holding_rows(server) == []


async def test_it_names_the_row_that_sqlite_cannot_hold(file, server, server_place):
    await server.insert_many([Thing(real=1.0), Thing(real=2.0)])
    await asyncio.to_thread(execute, server_place, "UPDATE things SET real = 'NaN' WHERE id = 2")
    with pytest.raises(CopyError, match="table things, column real, row id=2: NaN"):
        await copy(server, file)
    assert await holding_rows(file) == []


def _without_checks(path: Path, sql: str) -> None:
    """Write what the data layer would not: another program may have."""
    connection = apsw.Connection(str(path))
    register(connection)
    connection.execute(sql)
    connection.close()


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("UPDATE things SET moment = 'noon' WHERE id = 2", "column moment, row id=2: .*noon"),
        ("UPDATE things SET own = 'zz' WHERE id = 2", "column own, row id=2: .*zz"),
        ("UPDATE things SET data = '{' WHERE id = 2", "column data, row id=2: "),
        ("UPDATE things SET text = CAST(x'80' AS TEXT) WHERE id = 2", "behind 1: text that is not"),
        ("UPDATE things SET guid = 'nobody' WHERE id = 2", "column guid, row id=2: "),
        (
            "INSERT INTO answers (id, thing_id) VALUES (5, 77)",
            "table answers, column thing_id, row id=5: things has no row 77",
        ),
    ],
)
async def test_it_names_the_row_that_cannot_be_right(tmp_path, target, sql, message):
    path = a_file(tmp_path, "wrong.db")
    async with Engine(path) as source:
        await source.insert_many([Thing(text="t") for _ in range(3)])
        _without_checks(path, sql)
        with pytest.raises(CopyError, match=message):
            await copy(source, target)
    assert await holding_rows(target) == []


async def test_a_full_text_table_needs_somebody_who_makes_its_words(file, server):
    with pytest.raises(TypeError, match=r"found: .*say in `derived`"):
        async with file.transaction(read_only=True) as one, server.transaction() as other:
            await copy_tables(one, other, TABLES)
