"""What the database fills in: server defaults and generated columns, and indexes over expressions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import emptied, execute
from www.db import (
    Column,
    Engine,
    ForeignKeyViolation,
    Index,
    NotNullViolation,
    StatementError,
    Table,
    UniqueViolation,
    coalesce,
    date_part,
    length,
    lower,
    now,
    today,
    value,
)
from www.db.dialects.postgres import PostgresDialect
from www.db.drivers.sqlite.lane import Options
from www.db.schema.ddl import create_all
from www.db.schema.migrate import Migration, apply


class Level(IntEnum):
    LOW = 1
    HIGH = 2


STRANGE = 'it\'s "a"."b"  NOT NULL, (x; -- ?:y $1 \\ {} %s'


class Member(Table):
    id = Column(int, primary_key=True, autoincrement=True)
    name = Column(str, server_default=STRANGE)
    team = Column(int, server_default=7)
    made_at = Column(datetime, server_default=now())
    day = Column(date, server_default=today())
    level = Column(Level, server_default=Level.HIGH)
    share = Column(Decimal, precision=8, scale=3, server_default=Decimal("-12.5"))
    score = Column(float, server_default=float("-inf"))
    active = Column(bool, server_default=True)
    seal = Column(bytes, server_default=b"\0'\xff", nullable=True)
    extra = Column(dict, server_default={"a": ["'"]})
    wait = Column(timedelta, server_default=timedelta(days=-1))
    shout = Column(str, server_default=value("it") + "'s")

    slug = Column(str, generated=lower(name) + "!")
    half = Column(Decimal, precision=9, scale=1, generated=share * team.as_type(Decimal))
    size = Column(int, generated=length(name), stored=False)
    year = Column(int, generated=date_part("year", made_at))
    either = Column(bool, generated=active & (team > 3), index=True)
    unset = Column(str, nullable=True, generated=coalesce(name, ""))

    by_slug = Index(slug, team.desc())
    one_name = Index(lower(name).desc(), team, unique=True)
    named = Index(length(name), where=active == True, name="ix_named")  # noqa: E712


class Code(Table):
    code = Column(str, primary_key=True)


class Use(Table, name="uses"):
    id = Column(int, primary_key=True)
    code = Column(str, references=lambda: Code.code, on_update="cascade")
    spare = Column(str, nullable=True, references=lambda: Code.code, on_update="set null")


TABLES = (Member, Code, Use)


@pytest.fixture(scope="session")
def _members(postgres) -> str:
    url: str = postgres.database()
    execute(url, create_all(TABLES, PostgresDialect()))
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    if request.param == "postgres":
        return str(emptied(request.getfixturevalue("_members")))
    apply(Options(path=tmp_path / "x.db"), [Migration(1, "members", create_all(TABLES))])
    return tmp_path / "x.db"


@pytest.fixture
async def engine(address: Path | str) -> AsyncIterator[Engine]:
    async with Engine(address) as engine:
        yield engine


FILLED: dict[str, Any] = {
    "name": STRANGE, "team": 7, "level": Level.HIGH, "share": Decimal("-12.500"), "score": float("-inf"),
    "active": True, "seal": b"\0'\xff", "extra": {"a": ["'"]}, "wait": timedelta(days=-1),
    "shout": "it's", "slug": STRANGE.lower() + "!", "half": Decimal("-87.5"), "size": len(STRANGE),
    "either": True, "unset": STRANGE,
}  # fmt: skip


async def test_it_fills_the_row_in_after_an_insert(engine: Engine):
    before = datetime.now(UTC)
    row = await engine.insert(Member())
    after = datetime.now(UTC)
    assert {key: row[key] for key in FILLED} == FILLED
    assert [type(row[key]) for key in FILLED] == [type(given) for given in FILLED.values()]
    clock = timedelta(milliseconds=2)
    assert before - clock <= row.made_at <= after + clock
    assert row.made_at.microsecond % 1000 == 0
    assert row.day in {before.date(), after.date()}
    assert row.year == row.made_at.year
    assert await engine.get(Member, row.id) == row


async def test_it_takes_what_the_row_brings(engine: Engine):
    row = await engine.insert(Member(name="Ada", team=1, seal=None, made_at=datetime.min.replace(tzinfo=UTC)))  # fmt: skip
    found = (row.slug, row.half, row.size, row.year, row.either, row.seal)
    assert found == ("ada!", Decimal("-12.5"), 3, 1, False, None)
    assert await engine.get(Member, row.id) == row


async def test_it_fills_many_rows(engine: Engine):
    await engine.insert_many([Member(name=name) for name in ("Ada", "Bob")])
    slugs = await engine.scalars(Member.select(Member.slug).order_by(Member.id))
    assert slugs == ["ada!", "bob!"]
    made = await engine.all(Member.insert({"name": "C"}).returning(Member.slug, Member.team))
    assert made == [{"slug": "c!", "team": 7}]


async def test_it_keeps_one_moment_within_a_statement(engine: Engine):
    await engine.run(Member.insert(*({"name": str(n)} for n in range(50))))
    assert len(set(await engine.scalars(Member.select(Member.made_at)))) == 1
    recent = Member.select().where(Member.made_at <= now(), Member.made_at.is_not(None))
    assert await engine.count(recent) == 50


async def test_it_computes_again_after_an_update(engine: Engine):
    row = await engine.insert(Member(name="Ada"))
    row.name, row.share = "Grace", Decimal("0.05")
    await engine.update(row)
    assert (row.slug, row.size, row.half) == ("grace!", 5, Decimal("0.4"))
    assert row.changed() == {}
    assert await engine.get(Member, row.id) == row


async def test_it_forgets_what_many_updates_made_old(engine: Engine):
    row = await engine.insert(Member(name="Ada"))
    row.name = "Bob"
    await engine.update_many([row])
    with pytest.raises(AttributeError, match=r"Member\.slug was not selected"):
        _ = row.slug
    found = await engine.one(Member.select())
    assert (found.slug, row.name) == ("bob!", "Bob")


async def test_it_inserts_a_row_that_was_read(engine: Engine):
    row = await engine.insert(Member(name="Ada"))
    await engine.delete(row)
    row["slug"] = "stale"
    await engine.insert(row)
    assert row.slug == "ada!"
    await engine.delete(row)
    await engine.insert_many([row])
    await engine.run(Member.delete().all_rows())
    await engine.run(Member.insert(row))
    assert await engine.get(Member, row.id) == row


async def test_nobody_writes_a_generated_column(engine: Engine):
    row = await engine.insert(Member(name="Ada"))
    with pytest.raises(TypeError, match=r"Member\.slug is generated: leave it out"):
        Member(slug="x")
    with pytest.raises(AttributeError, match=r"members\.slug is generated: it cannot be assigned"):
        row.slug = "x"
    select = Member.select(Member.name.label("slug"))
    for write in (
        lambda: Member.insert({"slug": "x"}),
        lambda: Member.update(slug="x"),
        lambda: Member.insert_from(select),
        lambda: Member.insert({"id": 1}).or_update(Member.id, columns=[Member.slug]),
    ):
        with pytest.raises(StatementError, match=r"members\.slug is generated: the database"):
            write()
    row["slug"] = "x"
    await engine.update(row)
    assert (await engine.one(Member.select())).slug == "ada!"


async def test_a_unique_index_over_an_expression_holds(engine: Engine):
    await engine.insert(Member(name="Ada"))
    with pytest.raises(UniqueViolation) as error:
        await engine.insert(Member(name="aDA"))
    found = error.value.table, error.value.columns, error.value.constraint
    assert found == ("members", (), "ix_members_one_name")
    await engine.insert(Member(name="aDA", team=8))


async def test_an_index_over_an_expression_is_used(engine: Engine):
    await engine.run(Member.insert(*({"name": f"n{n}"} for n in range(3000))))
    if engine.dialect.name == "postgres":
        await engine.raw("ANALYZE members")
    plan = await engine.explain(Member.select(Member.id).where(lower(Member.name) == "n1"))
    assert "ix_members_one_name" in "\n".join(plan)


async def test_a_missing_value_is_still_an_error(engine: Engine):
    with pytest.raises(NotNullViolation):
        await engine.insert(Member(name=None))


async def test_references_follow_their_key(engine: Engine):
    await engine.insert(Code(code="a"))
    await engine.insert(Use(id=1, code="a", spare="a"))
    await engine.run(Code.update(code="b").where(Code.code == "a"))
    assert await engine.all(Use.select()) == [{"id": 1, "code": "b", "spare": None}]
    with pytest.raises(ForeignKeyViolation):
        await engine.run(Code.delete().where(Code.code == "b"))
