"""Undoing migrations, and two processes that migrate at once, on both databases."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from www.db import MigrationError
from www.db.drivers.postgres.options import Options as ServerOptions
from www.db.drivers.sqlite.lane import Options
from www.db.schema import compare, migrate, postgres
from www.db.schema.files import OUTSIDE, Migration, read_migrations

ONE = Migration(1, "one", "CREATE TABLE a (x bigint);", "DROP TABLE a;")
TWO = Migration(2, "two", "CREATE TABLE b (x bigint);", "DROP TABLE b;")
THREE = Migration(3, "three", "CREATE TABLE c (x bigint);")
PROGRAM = """
import sys
from pathlib import Path
from www.db.drivers.postgres.options import Options as ServerOptions
from www.db.drivers.sqlite.lane import Options
from www.db.schema import migrate, postgres
from www.db.schema.files import read_migrations

kind, place, folder = sys.argv[1:]
options = Options(path=Path(place)) if kind == "sqlite" else ServerOptions(url=place)
steps = (migrate if kind == "sqlite" else postgres).apply(options, read_migrations(Path(folder)))
print(*(step.number for step in steps))
"""
SLOW = {
    "sqlite": "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 300000)",
    "postgres": "WITH n AS (SELECT generate_series(1, 300000) AS x)",
}


class Runner:
    """The same functions for one database or the other."""

    def __init__(self, kind: str, place: str):
        self.kind = kind
        self.place = place
        self.options = Options(path=Path(place)) if kind == "sqlite" else ServerOptions(url=place)
        self.module = migrate if kind == "sqlite" else postgres

    def __getattr__(self, name):
        return lambda *arguments: getattr(self.module, name)(self.options, *arguments)


@pytest.fixture(params=["sqlite", "postgres"])
def runner(request, tmp_path):
    if request.param == "sqlite":
        return Runner("sqlite", str(tmp_path / "x.db"))
    return Runner("postgres", request.getfixturevalue("postgres").database())


def test_it_undoes_the_newest(runner):
    runner.apply([ONE, TWO])
    assert runner.undo([ONE, TWO]) == [TWO]
    assert runner.pending([ONE, TWO]) == [TWO]
    assert runner.apply([ONE, TWO]) == [TWO]


def test_it_undoes_down_to_a_number(runner):
    runner.apply([ONE, TWO])
    assert runner.undo([ONE, TWO], 2) == []
    assert runner.undo([ONE, TWO], 0) == [TWO, ONE]
    assert runner.undo([ONE, TWO]) == []
    assert runner.apply([ONE, TWO]) == [ONE, TWO]


def test_it_undoes_nothing_where_one_step_has_no_way_back(runner):
    runner.apply([ONE, TWO, THREE])
    with pytest.raises(MigrationError, match=r"0003_three cannot be undone: there is no 0003"):
        runner.undo([ONE, TWO, THREE], 1)
    assert runner.pending([ONE, TWO, THREE]) == []


def test_it_undoes_to_nothing_unknown(runner):
    runner.apply([ONE])
    with pytest.raises(MigrationError, match="no migration 7"):
        runner.undo([ONE], 7)


def test_it_keeps_what_could_not_be_undone(runner):
    bad = Migration(2, "two", TWO.sql, "DROP TABLE b; DROP TABLE nothing;")
    runner.apply([ONE, bad])
    with pytest.raises(MigrationError, match="0002_two failed and was rolled back"):
        runner.undo([ONE, bad])
    assert runner.pending([ONE, bad]) == []
    assert runner.undo([ONE, TWO]) == [TWO]


def test_it_names_the_step_that_failed(runner):
    runner.apply([ONE])
    bad = Migration(2, "bad", "INSERT INTO nowhere VALUES (1);")
    with pytest.raises(MigrationError, match="0002_bad failed and was rolled back"):
        runner.apply([ONE, bad])


def test_it_refuses_to_undo_a_changed_step(runner):
    runner.apply([ONE])
    with pytest.raises(MigrationError, match="0001_one was changed"):
        runner.undo([Migration(1, "one", "CREATE TABLE z (x bigint);", "DROP TABLE z;")])


def test_it_refuses_to_leave_dangling_rows(tmp_path):
    sql = "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER REFERENCES p (id)); INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);"
    step = Migration(1, "one", sql, "DELETE FROM p;")
    options = Options(path=tmp_path / "x.db")
    migrate.apply(options, [step])
    with pytest.raises(MigrationError, match="0001_one: rows refer to nothing"):
        migrate.undo(options, [step])


def test_it_sees_a_way_back_that_leads_elsewhere(postgres):
    wrong = Migration(2, "two", "CREATE TABLE b (x bigint);", "CREATE TABLE z (x bigint);")
    lines = compare.not_undone([ONE, wrong])
    assert "0002_two.down.sql: + table z: CREATE TABLE z" in lines
    from www.db.schema.postgres import not_undone

    found = not_undone(ServerOptions(url=postgres.database()), [ONE, wrong])
    assert any("table z" in line for line in found)


def test_it_refuses_a_way_back_from_nowhere(tmp_path):
    (tmp_path / "0001_a.down.sql").write_text("")
    with pytest.raises(MigrationError, match=r"0001_a\.down\.sql undoes a file that is not there"):
        read_migrations(tmp_path)


def test_two_processes_apply_each_step_once(runner, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    fill = f"INSERT INTO a {SLOW[runner.kind]} SELECT x FROM n;"
    (folder / "0001_a.sql").write_text("CREATE TABLE a (x bigint);")
    (folder / "0002_b.sql").write_text(fill)
    alone = runner.kind == "postgres"
    index = f"CREATE INDEX {'CONCURRENTLY ' if alone else ''}i ON a (x);"
    (folder / "0003_c.sql").write_text(f"{OUTSIDE}\n{index}" if alone else index)
    command = [sys.executable, "-c", PROGRAM, runner.kind, runner.place, str(folder)]
    with ThreadPoolExecutor(3) as pool:
        done = list(
            pool.map(
                lambda _: subprocess.run(
                    command,
                    capture_output=True,
                    text=True,
                    check=False,
                    cwd=Path(__file__).parents[2],
                ),
                range(3),
            )
        )
    assert [process.stderr for process in done] == ["", "", ""]
    assert sorted(" ".join(process.stdout for process in done).split()) == ["1", "2", "3"]


def test_it_builds_an_unfinished_index_anew(postgres):
    options = ServerOptions(url=postgres.database())
    from www.db.schema.postgres import apply, pending

    double = "CREATE TABLE a (x bigint); INSERT INTO a VALUES (1), (1);"
    index = Migration(2, "i", f'{OUTSIDE}\nCREATE UNIQUE INDEX CONCURRENTLY "i" ON a (x);')
    steps = [Migration(1, "a", double), index]
    for _ in range(2):
        with pytest.raises(MigrationError, match="0002_i failed: UNIQUE constraint failed"):
            apply(options, steps)
    assert pending(options, steps) == [index]
