"""Migrations: applied once, in order, whole or not at all, and equal to the tables."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest

from www.db import Column, MigrationError, Table
from www.db.drivers.sqlite.lane import Options
from www.db.schema.compare import difference
from www.db.schema.ddl import create_all
from www.db.schema.migrate import Migration, apply, pending, read_migrations

ONE = Migration(1, "one", "CREATE TABLE a (x INTEGER);")
TWO = Migration(2, "two", "CREATE TABLE b (x INTEGER); INSERT INTO b VALUES (1);")


@pytest.fixture
def options(tmp_path: Path) -> Options:
    return Options(path=tmp_path / "x.db")


def test_it_applies_each_step_once(options: Options):
    assert pending(options, [ONE]) == [ONE]
    assert apply(options, [ONE]) == [ONE]
    assert apply(options, [ONE, TWO]) == [TWO]
    assert apply(options, [ONE, TWO]) == []
    assert pending(options, [ONE, TWO]) == []


def test_it_undoes_a_step_that_fails(options: Options):
    bad = Migration(2, "bad", "CREATE TABLE b (x INTEGER); INSERT INTO nowhere VALUES (1);")
    with pytest.raises(MigrationError, match="0002_bad failed and was rolled back: no such table"):
        apply(options, [ONE, bad])
    assert apply(options, [ONE, TWO]) == [TWO]


def test_it_refuses_a_step_that_leaves_dangling_rows(options: Options):
    sql = "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER REFERENCES p (id)); INSERT INTO c VALUES (9);"
    with pytest.raises(MigrationError, match="0001_c: rows refer to nothing"):
        apply(options, [Migration(1, "c", sql)])


def test_it_refuses_a_changed_step(options: Options):
    apply(options, [ONE])
    changed = Migration(1, "one", "CREATE TABLE a (y INTEGER);")
    with pytest.raises(MigrationError, match="0001_one was changed after it was applied"):
        apply(options, [changed])


def test_it_refuses_a_database_of_a_newer_program(options: Options):
    apply(options, [ONE, TWO])
    with pytest.raises(MigrationError, match="has migration 2, which this version"):
        apply(options, [ONE])


def test_it_leaves_databases_of_other_programs_alone(options: Options):
    connection = apsw.Connection(str(options.path))
    connection.execute("CREATE TABLE songs (x)").fetchall()
    connection.close()
    with pytest.raises(MigrationError, match=r"another program's database \(it has songs\)"):
        apply(options, [ONE])
    with pytest.raises(MigrationError, match="name a new file"):
        pending(options, [ONE])


def test_two_processes_apply_each_step_once(options: Options):
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: apply(options, [ONE, TWO]), range(2)))
    assert sorted(step.number for steps in done for step in steps) == [1, 2]


def test_it_refuses_gaps_and_strange_names(tmp_path: Path):
    (tmp_path / "0002_b.sql").write_text("")
    with pytest.raises(MigrationError, match="not 1, 2, 3"):
        read_migrations(tmp_path)
    (tmp_path / "notes.sql").write_text("")
    with pytest.raises(MigrationError, match="a migration is called like 0001_initial"):
        read_migrations(tmp_path)


def test_it_sees_where_tables_and_migrations_differ():
    class Cat(Table):
        id = Column(int, primary_key=True)
        name = Column(str, index=True)

    whole = Migration(1, "one", create_all([Cat]))
    assert difference([Cat], [whole]) == []
    without = Migration(
        1, "one", whole.sql.replace(',\n    "name" TEXT NOT NULL', ',\n    "name" TEXT')
    )
    assert difference([Cat], [without]) == [
        '- table cats: "name" TEXT',
        '+ table cats: "name" TEXT NOT NULL',
    ]


def test_the_product_has_no_difference():
    from www.models import TABLES

    folder = Path(__file__).parents[2] / "www" / "migrations" / "sqlite"
    assert difference(TABLES, read_migrations(folder)) == []


def test_every_table_is_strict(options: Options):
    from www.models import TABLES

    apply(options, [Migration(1, "all", create_all(TABLES))])
    connection = apsw.Connection(str(options.path))
    loose = "SELECT name FROM pragma_table_list WHERE \"strict\" = 0 AND type = 'table' AND name NOT LIKE 'sqlite%'"
    assert connection.execute(loose).fetchall() == []
    connection.close()
