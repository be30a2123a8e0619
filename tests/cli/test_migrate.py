"""`www migrate make`, `down`, `squash`, `record` and `--check`, on a copy of the product's files."""

import shutil
import sys
from pathlib import Path

import pytest

from www import database, models
from www.db import Column, Table

NEWEST = max(int(path.name[:4]) for path in Path(database.MIGRATIONS, "sqlite").iterdir())
NEXT = f"{NEWEST + 1:04}_songs"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The folder of migrations, which the commands write into."""
    copy = tmp_path / "migrations"
    shutil.copytree(database.MIGRATIONS, copy)
    monkeypatch.setattr(database, "MIGRATIONS", copy)
    return copy


@pytest.fixture
def song(monkeypatch):
    """A table more than the migrations make."""

    class Song(Table):
        id = Column(int, primary_key=True)
        title = Column(str)

    monkeypatch.setattr(models, "TABLES", (*models.TABLES, Song))
    return Song


def test_it_has_nothing_to_do(www, files):
    answer = www("migrate", "make", "more")
    assert (answer.code, answer.err) == (0, "")
    assert "nothing to do" in answer.out


def test_it_makes_applies_and_undoes(www, files, song):
    www("init-db")
    assert www("migrate", "--check").code == 1
    made = www("migrate", "make", "songs")
    assert (made.code, made.err) == (0, "")
    assert f"wrote {files / 'postgres' / f'{NEXT}.down.sql'}" in made.out
    assert www("migrate", "--check") == (
        0,
        "the migrations make exactly the tables of www/models\n",
        "",
    )
    assert f"-- {NEXT}" in www("migrate", "--sql").out
    assert f"applied {NEXT}" in www("migrate").out
    assert www("migrate", "down").out == f"undid {NEXT}\n"
    assert www("migrate", "down", "--to", str(NEWEST)).out == "nothing to undo\n"
    refused = www("migrate", "down", "--to", "0")
    assert refused.code == 1
    assert "0001_initial cannot be undone: there is no 0001_initial.down.sql" in refused.err


def test_it_squashes_under_a_database(www, files, song):
    www("migrate", "make", "songs")
    www("init-db")
    answer = www("migrate", "squash")
    assert answer.out == f"{NEWEST + 1:04}_initial stands for all migrations up to {NEWEST + 1}\n"
    assert sorted(path.name for path in (files / "sqlite").iterdir()) == [
        f"{NEWEST + 1:04}_initial.sql"
    ]
    assert "up to date already" in www("migrate").out
    assert www("migrate", "--check").code == 0


def test_it_checks_the_record_and_the_way_back(www, files, song):
    www("migrate", "make", "songs")
    (files / "recorded.sql").write_text("")
    assert "recorded.sql: " in www("migrate", "--check").out
    assert www("migrate", "record").out == f"wrote {files / 'recorded.sql'}\n"
    assert www("migrate", "--check").code == 0
    (files / "sqlite" / f"{NEXT}.down.sql").write_text("SELECT 1;")
    answer = www("migrate", "--check")
    assert answer.code == 1
    assert f"{NEXT}.down.sql: + table songs" in answer.out


def test_it_does_not_record_what_differs(www, files, song):
    answer = www("migrate", "record")
    assert answer.code == 1
    assert "+ table songs" in answer.err


def test_it_needs_two_to_squash(www, files):
    answer = www("migrate", "squash", "--to", "1")
    assert answer.code == 1
    assert "no two migrations" in answer.err


def test_it_says_what_to_install(www, files, song, monkeypatch):
    monkeypatch.setitem(sys.modules, "alembic.autogenerate", None)
    answer = www("migrate", "make", "songs")
    assert answer.code == 1
    assert "python3 -m pip install '.[migrate]'" in answer.err


@pytest.mark.parametrize(
    ("option", "value"), [("--fill", "title=1"), ("--rename", "songs.title"), ("--fill", "")]
)
def test_it_refuses_strange_options(www, files, option, value):
    answer = www("migrate", "make", "x", option, value)
    assert answer.code == 2
    assert "is not of the form TABLE." in answer.err


def test_it_refuses_strange_names(www, files):
    answer = www("migrate", "make", "Über uns")
    assert answer.code == 1
    assert "is no name for a migration" in answer.err


def test_it_works_on_postgresql(www, files, song, postgres, monkeypatch):
    from urllib.parse import urlsplit

    parts = urlsplit(postgres.database())
    place = {"host": parts.hostname, "port": parts.port, "user": parts.username,
             "password": "secret/word", "database": parts.path[1:]}  # fmt: skip
    for name, value in place.items():
        monkeypatch.setenv(f"WWW_DB__{name.upper()}", str(value))
    assert www("init-db").code == 0
    www("migrate", "make", "songs")
    assert www("migrate", "--check").code == 0
    assert f"applied {NEXT}" in www("migrate").out
    assert www("migrate", "down").out == f"undid {NEXT}\n"
    (files / "postgres" / f"{NEXT}.down.sql").write_text("SELECT 1;")
    assert f"{NEXT}.down.sql: + table songs" in www("migrate", "--check").out
    assert www("migrate", "record").code == 0
