"""`www init-db`, `www migrate` and `www check`."""

import os
import sqlite3

import pytest


@pytest.fixture
def path(www, folder):
    """A database that is up to date."""
    www("init-db")
    return folder / "res" / "www.db"


def test_init_db_twice_changes_nothing(www, path):
    before = path.read_bytes()
    answer = www("init-db")
    assert (answer.code, answer.err) == (0, "")
    assert "up to date already" in answer.out
    assert path.read_bytes() == before


def test_init_db_says_what_it_applied(www):
    assert "applied 0001_initial" in www("init-db").out


def test_migrate_is_init_db(www, path):
    assert www("migrate").out == www("init-db").out


def test_migrate_sql_shows_and_changes_nothing(www, folder):
    answer = www("migrate", "--sql")
    assert answer.code == 0
    assert "CREATE TABLE" in answer.out
    assert not (folder / "res").exists()


def test_migrate_sql_is_silent_when_nothing_is_missing(www, path):
    assert www("migrate", "--sql") == (0, "", "")


def test_migrate_check_compares_with_the_tables(www):
    answer = www("migrate", "--check")
    assert (answer.code, answer.err) == (0, "")
    assert "exactly the tables" in answer.out


def test_migrate_check_fails_when_they_differ(www, monkeypatch):
    monkeypatch.setattr("www.models.TABLES", ())
    answer = www("migrate", "--check")
    assert answer.code == 1
    assert "differ" in answer.err


def test_check_finds_nothing_on_a_good_site(www, path):
    answer = www("check")
    assert (answer.code, answer.err) == (0, "")
    assert "PROBLEM" not in answer.out


def test_check_names_what_is_missing(www, folder):
    answer = www("check")
    assert answer.code == 1
    assert "data folder res is missing" in answer.out
    assert "database res/www.db is missing" in answer.out
    assert not (folder / "res").exists()


def test_check_names_what_others_can_read(www, path):
    path.parent.chmod(0o755)
    path.chmod(0o644)
    answer = www("check")
    assert answer.code == 1
    assert "chmod 700 res" in answer.out
    assert "chmod 600 res/www.db" in answer.out


def test_check_names_a_folder_that_cannot_be_written(www, path, monkeypatch):
    # Root may write everywhere, so the question itself is answered here.
    monkeypatch.setattr(os, "access", lambda *_: False)
    answer = www("check")
    assert answer.code == 1
    assert "cannot be written" in answer.out


def test_check_names_missing_migrations(www, path):
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM schema_migrations")
    db.close()
    answer = www("check")
    assert answer.code == 1
    assert "lacks migration 0001_initial: `www init-db` applies it" in answer.out


def test_check_names_a_newer_database(www, path):
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO schema_migrations VALUES (99, 'later', 'x', 'x')")
    db.close()
    answer = www("check")
    assert answer.code == 1
    assert "use the newer program" in answer.out


def test_check_names_a_file_that_is_no_database(www, path):
    path.write_bytes(b"this is a letter to my aunt " * 400)
    answer = www("check")
    assert answer.code == 1
    assert "PROBLEM  database res/www.db" in answer.out


def test_check_names_a_database_once(www, path):
    path.unlink()
    path.mkdir(mode=0o700)
    assert "PROBLEM  database res/www.db: the database cannot be opened" in www("check").out


def test_check_names_a_data_folder_that_is_a_file(www, folder):
    (folder / "res").write_text("a file is in the way")
    answer = www("check")
    assert answer.code == 1
    assert "PROBLEM  data folder res is a file: move it away, or set `data`" in answer.out
    assert "give it to" not in answer.out


def test_check_names_rows_that_refer_to_nothing(www, path):
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO blog_tags (blog_id, tag_id) VALUES (7, 7)")
    db.close()
    answer = www("check")
    assert answer.code == 1
    assert "refers to nothing" in answer.out
