"""`www migrate make`: files for both databases from a difference, tried on both of them."""

import asyncio
import sys
import types
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import apsw
import asyncpg
import pytest

from www.db import Check, Column, Index, MigrationError, Table
from www.db.drivers.postgres.options import Options as ServerOptions
from www.db.drivers.sqlite.lane import Options
from www.db.schema import compare, make, migrate, postgres
from www.db.schema.files import OUTSIDE, read_migrations


def new_class(name: str, bases: tuple[type, ...], body: dict[str, Any], **options: Any) -> Any:
    return types.new_class(name, bases, options, lambda namespace: namespace.update(body))


def table(name: str, /, **members: Any) -> type[Table]:
    """Make a table class of `id` and what is given."""
    key = Column(int, primary_key=True, autoincrement=True)
    made: type[Table] = new_class(name, (Table,), {"id": key, **members})
    return made


def cat(**members: Any) -> type[Table]:
    return table("Cat", **{"name": Column(str, index=True), **members})


async def fetched(url: str, sql: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    try:
        if not sql.startswith("SELECT"):
            await connection.execute(sql)
            return []
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


class Place:
    """A folder of migrations and a database of each kind, filled after the first step."""

    def __init__(self, folder: Path, url: str):
        self.folder = folder / "migrations"
        self.file = Options(path=folder / "x.db")
        self.server = ServerOptions(url=url)

    def make(self, tables: Any, name: str = "step", **wishes: Any) -> list[str]:
        paths = make.make(self.folder, tables, name, make.Wishes(**wishes))
        return [path.relative_to(self.folder).as_posix() for path in paths]

    def files(self, kind: str):
        return read_migrations(self.folder / kind)

    def apply(self) -> None:
        migrate.apply(self.file, self.files("sqlite"))
        postgres.apply(self.server, self.files("postgres"))

    def undo(self, to: int | None = None) -> None:
        migrate.undo(self.file, self.files("sqlite"), to)
        postgres.undo(self.server, self.files("postgres"), to)

    def run(self, sql: str) -> list[list[tuple[Any, ...]]]:
        connection = apsw.Connection(str(self.file.path))
        try:
            first = connection.execute(sql).fetchall()
        finally:
            connection.close()
        return [first, asyncio.run(fetched(self.server.url, sql))]

    def prove(self, tables: Any) -> None:
        """Files, record and tables agree on both databases, forth and back."""
        assert compare.difference(tables, self.files("sqlite")) == []
        assert postgres.difference(self.server, tables, self.files("postgres")) == []
        assert compare.not_undone(self.files("sqlite")) == []
        assert postgres.not_undone(self.server, self.files("postgres")) == []
        assert make.not_recorded(self.folder, tables) == []

    def text(self, path: str) -> str:
        return (self.folder / path).read_text("utf-8")


@pytest.fixture
def place(tmp_path: Path, postgres) -> Place:
    return Place(tmp_path, postgres.database())


@pytest.fixture
def change(place: Place) -> Callable[..., Place]:
    """Make and apply the first tables, fill them, then make, prove and apply the next."""

    def run(first: Any, second: Any, *, rows: str = "", **wishes: Any) -> Place:
        place.make(first, "initial")
        place.apply()
        if rows:
            place.run(rows)
        place.make(second, **wishes)
        place.prove(second)
        place.apply()
        return place

    return run


CATS = "INSERT INTO cats (name) VALUES ('Tom'), ('Kit')"


def test_it_writes_the_first_files(place: Place):
    assert place.make([cat()], "initial") == [
        "sqlite/0001_initial.sql",
        "sqlite/0001_initial.down.sql",
        "postgres/0001_initial.sql",
        "postgres/0001_initial.down.sql",
        "recorded.sql",
    ]
    assert "-- cats: add table\nCREATE TABLE" in place.text("sqlite/0001_initial.sql")
    place.prove([cat()])


def test_it_has_nothing_to_do(place: Place):
    place.make([cat()])
    assert place.make([cat()]) == []


def test_it_adds_a_column_that_may_be_empty(change):
    place = change([cat()], [cat(colour=Column(str, nullable=True))], rows=CATS)
    assert 'ALTER TABLE "cats" ADD COLUMN "colour" TEXT;' in place.text("sqlite/0002_step.sql")
    assert (
        place.run("SELECT name, colour FROM cats ORDER BY id")
        == [[("Tom", None), ("Kit", None)]] * 2
    )
    place.undo()
    assert place.run("SELECT * FROM cats ORDER BY id") == [[(1, "Tom"), (2, "Kit")]] * 2


def test_it_fills_a_new_column_with_its_default(change):
    new = cat(
        lives=Column(int, default=9),
        likes=Column(list, default=list),
        fat=Column(bool, default=True),
    )
    place = change([cat()], [new], rows=CATS)
    assert place.run("SELECT lives FROM cats") == [[(9,), (9,)]] * 2
    assert "-- WARNING: rows that exist get lives = 9" in place.text("sqlite/0002_step.sql")


def test_it_asks_for_a_value_and_takes_it(place: Place):
    place.make([cat()], "initial")
    new = [cat(at=Column(datetime), size=Column(int))]
    with pytest.raises(
        MigrationError, match=r"need a value in cats.at, cats.size: .* --fill cats.at=SQL"
    ):
        place.make(new)
    fill = {("cats", "at"): "'2026-01-01T00:00:00.000000+00:00'", ("cats", "size"): "id * 2"}
    place.apply()
    place.run(CATS)
    place.make(new, fill=fill)
    place.prove(new)
    place.apply()
    assert place.run("SELECT size FROM cats ORDER BY id") == [[(2,), (4,)]] * 2


def test_it_takes_a_value_from_a_column_that_goes(change):
    first, second = cat(size=Column(int)), cat(half=Column(float))
    rows = "INSERT INTO cats (name, size) VALUES ('Tom', 3)"
    place = change([first], [second], rows=rows, fill={("cats", "half"): "size * 0.5"})
    assert place.run("SELECT half FROM cats") == [[(1.5,)]] * 2


def test_it_rebuilds_without_losing_children_or_numbers(change):
    def toy(**members):
        return table(
            "Toy",
            cat_id=Column(int, references=lambda: OWNER[0].id, on_delete="cascade"),
            **members,
        )

    first, second = [cat(), toy()], [cat(fur=Column(str, default="it's")), toy()]
    OWNER[:] = [first[0]]
    rows = f"{CATS}; INSERT INTO toys (cat_id) VALUES (1); DELETE FROM cats WHERE id = 2"
    place = change(first, second, rows=rows)
    assert place.run("SELECT name, fur FROM cats") == [[("Tom", "it's")]] * 2
    assert place.run("SELECT cat_id FROM toys") == [[(1,)]] * 2
    place.run("INSERT INTO cats (name, fur) VALUES ('New', '')")
    assert place.run("SELECT max(id) FROM cats") == [[(3,)]] * 2


OWNER: list[Any] = []


def test_it_keeps_references_of_a_table_to_itself(change):
    def node(**members):
        return table(
            "Node", up=Column(int, nullable=True, references=lambda: OWNER[0].id), **members
        )

    first, second = node(), node(depth=Column(int, default=0))
    OWNER[:] = [first]
    place = change([first], [second], rows="INSERT INTO nodes (up) VALUES (NULL), (1)")
    assert place.run("SELECT up FROM nodes ORDER BY id") == [[(None,), (1,)]] * 2


def test_it_drops_columns_and_tables(change):
    place = change([cat(fat=Column(bool), at=Column(datetime)), table("Dog")], [cat()])
    assert "-- WARNING: what is in fat is lost" in place.text("postgres/0002_step.sql")
    assert 'DROP TABLE "dogs";' in place.text("postgres/0002_step.sql")
    place.run(CATS)
    place.undo()
    assert [len(rows) for rows in place.run("SELECT fat, at FROM cats")] == [2, 2]


def test_it_changes_what_a_column_may_be(change):
    first = cat(age=Column(int, nullable=True), about=Column(str), fat=Column(bool))
    second = cat(age=Column(int, default=3), about=Column(dict), fat=Column(int))
    place = change([first], [second])
    assert "rows without age get 3" in place.text("sqlite/0002_step.sql")
    assert "about was TEXT" in place.text("postgres/0002_step.sql")


def test_it_converts_values_alike(change):
    first = cat(at=Column(str), born=Column(datetime), fat=Column(bool), age=Column(str))
    second = cat(at=Column(datetime), born=Column(str), fat=Column(int), age=Column(int))
    at = "'2026-01-01T00:00:00.000000+00:00'"
    place = change([first], [second])
    place.undo()
    place.run(f"INSERT INTO cats (name, at, born, fat, age) VALUES ('T', {at}, {at}, '1', '7')")
    place.apply()
    assert place.run("SELECT born, fat, age FROM cats") == [[(at[1:-1], 1, 7)]] * 2
    place.undo()
    assert place.run("SELECT at, age FROM cats") == [[(at[1:-1], "7")]] * 2


def test_it_refuses_types_that_the_databases_convert_differently(place: Place):
    place.make([cat(size=Column(float))], "initial")
    with pytest.raises(MigrationError, match=r"cats.size cannot change .*--fill cats.OTHER=SQL"):
        place.make([cat(size=Column(str))])


def test_it_gives_empty_rows_the_value(change):
    first, second = cat(age=Column(int, nullable=True)), cat(age=Column(int, default=3))
    place = change(
        [first], [second], rows="INSERT INTO cats (name, age) VALUES ('Tom', NULL), ('Kit', 1)"
    )
    assert place.run("SELECT age FROM cats ORDER BY id") == [[(3,), (1,)]] * 2
    place.undo()
    place.run("UPDATE cats SET age = NULL")


def test_it_changes_checks_references_and_keys(change):
    lives = Column(int)
    first = [cat(lives=lives, few=Check(lives < 10), owner=Column(int)), table("Person")]
    second = [table("Person"), cat(lives=lives, few=Check(lives < 9),
              owner=Column(int, references=lambda: OWNER[0].id, on_delete="cascade"))]  # fmt: skip
    OWNER[:] = [second[0]]
    place = change(first, second)
    assert "cats: change constraints" in place.text("sqlite/0002_step.sql")


def test_it_adds_indexes_beside_the_traffic(change):
    born = Column(int, nullable=True)
    second = cat(
        born=born, by_age=Index(born.desc(), where=born.is_not(None)), one=Index(born, unique=True)
    )
    place = change([cat()], [second], rows=CATS)
    steps = [step for step in place.files("postgres") if step.number > 2]
    assert [step.label for step in steps] == ["0003_step_ix_cats_by_age", "0004_step_ix_cats_one"]
    assert all(step.sql.startswith(OUTSIDE) and step.down.startswith(OUTSIDE) for step in steps)
    assert "CREATE UNIQUE INDEX CONCURRENTLY" in steps[1].sql
    place.undo(to=1)
    place.prove([second])


def test_it_sees_a_changed_index(change):
    name = Column(str)
    first, second = (
        table("Cat", name=name, i=Index(name)),
        table("Cat", name=name, i=Index(name.desc())),
    )
    place = change([first], [second], rows=CATS)
    assert 'DROP INDEX "ix_cats_i";' in place.text("sqlite/0002_step.sql")


def test_it_warns_of_a_new_name_and_takes_it(place: Place):
    first, second = [cat(size=Column(int))], [cat(length=Column(int, default=0))]
    place.make(first, "initial")
    place.apply()
    place.run("INSERT INTO cats (name, size) VALUES ('Tom', 40)")
    written = place.make(second)
    assert "is length a new name of size?" in place.text(written[0])
    assert "by --rename cats.size=length" in place.text(written[0])
    for path in written[:4]:
        (place.folder / path).unlink()
    with pytest.raises(MigrationError, match=r"knows migration 2, which is not there"):
        place.make(second)
    make.record(place.folder, first, 1)
    place.make(second, rename=[("cats", "size", "length")])
    place.prove(second)
    place.apply()
    assert place.run("SELECT length FROM cats") == [[(40,)]] * 2
    place.undo()
    assert place.run("SELECT size FROM cats") == [[(40,)]] * 2


def test_it_makes_words_anew(place: Place):
    def words(**members):
        key = Column(int, primary_key=True, name="rowid")
        body = {"id": key, "title": Column(str), **members}
        return new_class("Words", (Table,), body, full_text=True)

    place.make([words()], "initial")
    place.make([words(body=Column(str))])
    assert "words is empty afterwards" in place.text("sqlite/0002_step.sql")
    place.prove([words(body=Column(str))])


def test_it_says_when_there_is_no_way_back(change):
    first = [table("Person"), cat(owner=Column(int, references=lambda: OWNER[0].id))]
    OWNER[:] = [first[0]]
    place = change(first, [table("Person"), cat()])
    assert "There is no way back: nobody knows what cats.owner held" in place.text(
        "sqlite/0002_step.sql"
    )
    for undo in (
        lambda: migrate.undo(place.file, place.files("sqlite")),
        lambda: postgres.undo(place.server, place.files("postgres")),
    ):
        with pytest.raises(
            MigrationError, match=r"0002_step cannot be undone: there is no 0002_step.down.sql"
        ):
            undo()


def test_it_names_the_missing_extra(place: Place, monkeypatch):
    monkeypatch.setitem(sys.modules, "alembic.autogenerate", None)
    with pytest.raises(
        MigrationError, match=r"needs Alembic: python3 -m pip install '\.\[migrate\]'"
    ):
        place.make([cat()])


def test_it_refuses_to_build_on_what_is_not_recorded(place: Place):
    place.make([cat()])
    (place.folder / "sqlite/0002_by_hand.sql").write_text("CREATE TABLE x (y);")
    with pytest.raises(MigrationError, match="0002_by_hand is there for one of the databases only"):
        place.make([cat()])
    (place.folder / "postgres/0002_by_hand.sql").write_text("CREATE TABLE x (y bigint);")
    with pytest.raises(
        MigrationError, match=r"recorded.sql does not know migration 2: .*migrate record"
    ):
        place.make([cat()])


@pytest.mark.parametrize("to", [None, 2])
def test_it_squashes(place: Place, to):
    tables = [
        [cat()],
        [cat(age=Column(int, default=1))],
        [cat(age=Column(int, default=1), x=Column(str, default=""))],
    ]
    for each in tables:
        place.make(each)
    place.apply()
    fresh = Place(place.folder.parent / "fresh", place.server.url)
    fresh.folder, fresh.file = place.folder, Options(path=place.folder.parent / "fresh.db")
    made = make.squash(place.folder, tables[2], to)
    last = to or 3
    assert [step.number for step in place.files("sqlite")] == list(range(last, 4))
    assert made.sqlite.label == f"{last:04}_initial"
    place.prove(tables[2])
    place.apply()
    assert migrate.pending(place.file, place.files("sqlite")) == []
    assert postgres.pending(place.server, place.files("postgres")) == []
    assert migrate.apply(fresh.file, place.files("sqlite")) == place.files("sqlite")
    assert place.make(tables[2]) == []


def test_it_squashes_again_and_refuses_what_is_too_old(place: Place):
    tables = [[cat()], [cat(age=Column(int, default=1))], [cat()]]
    place.make(tables[0])
    migrate.apply(place.file, place.files("sqlite"))
    place.make(tables[1])
    postgres.apply(place.server, place.files("postgres"))
    make.squash(place.folder, tables[1], None)
    with pytest.raises(
        MigrationError, match="0002_initial stands for older files of which the database lacks some"
    ):
        migrate.pending(place.file, place.files("sqlite"))
    place.make(tables[2])
    make.squash(place.folder, tables[2], None)
    assert [step.label for step in place.files("sqlite")] == ["0003_initial"]
    with pytest.raises(MigrationError, match="lacks some"):
        postgres.pending(place.server, place.files("postgres"))
