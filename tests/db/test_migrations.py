"""Migrations of a program that uses the data layer alone, from its first tables on."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from www.db import Column, Engine, Index, MigrationError, Table
from www.db.migrations import Migrations


class Team(Table):
    id = Column(int, primary_key=True)
    name = Column(str)


def grown() -> type[Table]:
    class Team(Table):
        id = Column(int, primary_key=True)
        title = Column(str)
        size = Column(int)
        by_size = Index(size.desc())

    return Team


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "own.db")
    make: Callable[[], str] = request.getfixturevalue("postgres").database
    return make()


def test_it_leads_a_database_from_step_to_step_and_back(database: str, tmp_path: Path):
    first = Migrations(tmp_path / "steps", [Team])
    assert len(first.make("first")) == 5
    assert [step.label for step in first.pending(database)] == ["0001_first"]
    assert [step.label for step in first.apply(database)] == ["0001_first"]
    assert (first.apply(database), first.make("again")) == ([], [])
    assert first.difference(database) == first.difference() == []

    async def insert() -> None:
        async with Engine(database) as engine:
            await engine.insert(Team(name="red"))

    asyncio.run(insert())
    later = Migrations(first.folder, [grown()])
    assert later.difference(database)
    with pytest.raises(MigrationError, match="the migrations do not make the tables"):
        later.record(database)
    later.make("grow", fill={("teams", "size"): "7"}, rename=[("teams", "name", "title")])
    assert [step.number for step in later.apply(database)] == [2, 3]  # an index has its own file
    assert later.difference(database) == []

    async def rows() -> list[dict[str, object]]:
        async with Engine(database) as engine:
            return await engine.raw("SELECT * FROM teams")

    assert asyncio.run(rows()) == [{"id": 1, "title": "red", "size": 7}]
    assert [step.number for step in later.undo(database, to=1)] == [3, 2]
    assert asyncio.run(rows()) == [{"id": 1, "name": "red"}]
    later.apply(database)
    assert later.squash().replaced()
    assert (later.pending(database), later.difference(database)) == ([], [])
    assert later.record(database).name == "recorded.sql"


def test_it_says_that_there_is_none_yet(database: str, tmp_path: Path):
    for verb in ("apply", "pending", "undo", "difference"):
        with pytest.raises(MigrationError, match="is missing: make the first migration"):
            getattr(Migrations(tmp_path / "none", [Team]), verb)(database)
