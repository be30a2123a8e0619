"""`www move`: one site's database into another, and what happens when that cannot be."""

import asyncio
import os
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

import apsw
import pytest

from tests.cli.conftest import Terminal
from tests.postgres import free_port
from www import database
from www.db import UniqueViolation
from www.models import TABLES, Blog, Comment, User
from www.search import index
from www.settings import load

MANY = """
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 150000)
INSERT INTO sign_in_failures
SELECT 'key ' || n, n, '2026-11-22T09:30:00.000000+00:00' FROM numbers
"""


@pytest.fixture
def site(www, folder):
    """A site with content in ./res; the path of its database."""
    assert www("demo", "--blogs", "12").code == 0
    return folder / "res" / "www.db"


@pytest.fixture(params=["sqlite", "postgres"])
def config(request, folder):
    """The settings of another site, whose database is empty."""
    if request.param == "sqlite":
        return _written(folder, "db: {database: other/www.db}")
    return _server(folder, request.getfixturevalue("postgres").database())


def _server(folder, url):
    parts = urlsplit(url)
    return _written(
        folder,
        f"db:\n  host: {parts.hostname}\n  port: {parts.port}\n  user: {parts.username}\n"
        f"  password: {unquote(parts.password)}\n  database: {parts.path[1:]}",
    )


def _written(folder, text):
    path = folder / "other.yaml"
    path.write_text(text)
    return str(path)


def _sql(path, text):
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(text).fetchall()


def _ask(config, question):
    """Ask the engine of a site's database."""

    async def ask():
        async with database.opened(load(Path(config)).db) as engine:
            return await question(engine)

    return asyncio.run(ask())


def test_everything_arrives_and_comes_back(www, folder, site, config):
    answer = www("move", "--to", config)
    assert (answer.code, answer.err) == (0, "")
    assert "blogs: 12 rows, checksum" in answer.out
    assert "all were read back and are equal" in answer.out
    back = folder / "back.yaml"
    back.write_text("db: {database: back.db}")
    assert www("--config", config, "move", "--to", str(back)).code == 0
    assert www("move", "--to", str(back), "--compare").code == 0
    # Not the outlines: PostgreSQL keeps the keys of JSON in an order of its own.
    columns = "blogs.id, title, body, html, published_at, version, users.*"
    query = f"SELECT {columns} FROM blogs JOIN users ON users.id = author_id ORDER BY blogs.id"
    assert _sql(site, query) == _sql(folder / "back.db", query)


def test_the_other_site_works(www, site, config):
    www("move", "--to", config)
    assert www("user", "list", "--config", config).out == www("user", "list").out

    async def question(engine):
        found, total = await index.find(engine, "the", limit=5)
        assert 0 < len(found) <= total
        newest = max(await engine.scalars(Comment.select(Comment.id)))
        comment = await engine.one(Comment.select().where(Comment.id == newest))
        copy = Comment(**{key: comment[key] for key in comment if key != "id"})
        assert (await engine.insert(copy)).id == newest + 1
        ada = await engine.one(User.select())
        with pytest.raises(UniqueViolation):
            await engine.insert(User(name="x", name_key=ada.name_key, password_hash="x"))

    _ask(config, question)


def test_compare_names_what_differs(www, site, config):
    www("move", "--to", config)
    assert www("move", "--to", config, "--compare").code == 0
    _sql(site, "UPDATE blogs SET title = 'changed meanwhile' WHERE id = 3")
    answer = www("move", "--to", config, "--compare")
    assert (answer.code, answer.out.count("DIFFERENT")) == (1, 1)
    assert "DIFFERENT  blogs: 12 rows here, 12 there" in answer.out
    assert answer.err == f"www: 1 of {len(TABLES)} tables differ\n"


def test_a_second_move_is_refused(www, site, config):
    www("move", "--to", config)
    answer = www("move", "--to", config)
    assert (answer.code, answer.out) == (1, "")
    assert (
        "is not empty, it has rows in blog_files, blog_search, blog_tags, blogs, comm" in answer.err
    )
    assert "name a new, empty database in CONFIG" in answer.err


def test_a_target_that_is_migrated_and_empty_will_do(www, site, config):
    assert www("--config", config, "init-db").code == 0
    assert www("move", "--to", config).code == 0


def test_an_empty_site_can_be_moved(www, folder, config):
    www("init-db")
    answer = www("move", "--to", config)
    assert (answer.code, answer.err) == (0, "")
    assert f"copied 0 rows in {len(TABLES)} tables" in answer.out


@pytest.mark.parametrize(
    "text", ["", "db: {database: ./res/../res/www.db}", "db: {database: link.db}"]
)
def test_the_same_database_is_refused(www, folder, site, text):
    (folder / "link.db").symlink_to(site)
    before = site.read_bytes()
    for option in ([], ["--compare"]):
        answer = www("move", "--to", _written(folder, text), *option)
        assert (answer.code, answer.out) == (1, "")
        assert "is the database of both settings" in answer.err
    assert site.read_bytes() == before


def test_the_same_server_is_recognised_by_another_name(www, folder, site, postgres, monkeypatch):
    url = postgres.database()
    config = _server(folder, url)
    www("move", "--to", config)
    monkeypatch.setenv("WWW_TO_DB__HOST", "localhost")
    answer = www("--config", config, "move", "--to", config)
    assert answer.code == 1
    assert "is the database of both settings" in answer.err


@pytest.mark.parametrize("text", ["db: {databse: x.db}", "nonsense", "db: {port: -1}"])
def test_wrong_settings_are_listed(www, folder, site, text):
    answer = www("move", "--to", _written(folder, text))
    assert (answer.code, answer.out) == (2, "")
    assert "other.yaml" in answer.err


def test_a_call_without_a_target_is_wrong(www, site):
    assert www("move").code == 2
    answer = www("move", "--to", "nowhere.yaml")
    assert answer.code == 2
    assert "nowhere.yaml: cannot be read" in answer.err


def test_a_target_that_is_not_there_is_an_error(www, folder, site):
    config = _written(folder, f"db: {{host: 127.0.0.1, port: {free_port()}, database: x}}")
    for option in ([], ["--compare"]):
        answer = www("move", "--to", config, *option)
        assert (answer.code, answer.out) == (1, "")
        assert "cannot be opened" in answer.err


def test_compare_needs_both(www, folder, site):
    answer = www("move", "--to", _written(folder, "db: {database: none.db}"), "--compare")
    assert (answer.code, answer.err) == (1, "www: none.db: there is no such database\n")
    assert not (folder / "none.db").exists()


def test_a_source_that_is_not_there_is_an_error(www, folder, config):
    answer = www("move", "--to", config)
    assert (answer.code, answer.err) == (1, "www: res/www.db: there is no such database\n")
    assert not (folder / "res").exists()


def test_a_source_that_lacks_migrations_is_refused(www, folder, config):
    (folder / "res").mkdir()
    (folder / "res" / "www.db").touch()
    answer = www("move", "--to", config)
    assert answer.code == 1
    assert "res/www.db lacks migration 0001_initial: run `www init-db` first" in answer.err


def test_a_newer_target_is_refused(www, folder, site):
    config = _written(folder, "db: {database: newer.db}")
    www("--config", config, "init-db")
    _sql(folder / "newer.db", "INSERT INTO schema_migrations VALUES (9999, 'x', 'y', 'z')")
    answer = www("move", "--to", config)
    assert answer.code == 1
    assert "has migration 9999, which this version of the program lacks" in answer.err


def test_another_programs_database_is_left_alone(www, folder, site):
    config = _written(folder, "db: {database: alien.db}")
    _sql(folder / "alien.db", "CREATE TABLE songs (name)")
    answer = www("move", "--to", config)
    assert answer.code == 1
    assert "another program's database (it has songs)" in answer.err
    _sql(folder / "alien.db", "INSERT INTO songs VALUES ('one')")
    assert "it has rows in songs" in www("move", "--to", config).err


def test_what_postgres_cannot_hold_is_named_and_nothing_is_moved(www, folder, site, postgres):
    config = _server(folder, postgres.database())
    _sql(site, "UPDATE blogs SET title = 'a' || char(0) || 'b' WHERE id = 5")
    answer = www("move", "--to", config)
    assert answer.code == 1
    assert "table blogs, column title, row id=5: text with a NUL at position 1" in answer.err
    _sql(site, "UPDATE blogs SET title = 'ab' WHERE id = 5")
    assert www("move", "--to", config).code == 0
    assert _ask(config, lambda engine: engine.count(Blog.select())) == 12


def test_it_says_where_the_files_stay(www, folder, site):
    config = _written(folder, "{data: elsewhere, db: {database: other.db}}")
    answer = www("move", "--to", config)
    assert answer.code == 0
    assert "uploaded files were not moved: they are in res, CONFIG looks for them in els" in (
        answer.out
    )


def test_the_environment_is_this_sites(www, folder, site, postgres, monkeypatch):
    url = urlsplit(postgres.database())
    text = f"db: {{host: {url.hostname}, port: {url.port}, user: tests, database: {url.path[1:]}}}"
    config = _written(folder, text)
    monkeypatch.setenv("WWW_DB__DATABASE", str(site))
    assert www("move", "--to", config).code == 1
    secret = folder / "secret"
    secret.write_text(unquote(url.password))
    monkeypatch.setenv("WWW_TO_DB__PASSWORD_FILE", str(secret))
    assert www("move", "--to", config).code == 0


def test_a_terminal_sees_a_bar(www, folder, site, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    answer = www("move", "--to", _written(folder, "db: {database: other.db}"))
    assert answer.code == 0
    assert "Copying and checking" in terminal.getvalue()
    assert "blogs: 12 rows" in answer.out


def _is_at_work(config, folder):
    """Tell whether rows are on their way into the target."""
    db = load(Path(config)).db
    if not db.host:
        log = folder / "other" / "www.db-wal"
        return log.exists() and log.stat().st_size > 1_000_000

    async def locks():
        async with database.unhurried(db) as engine:
            held = "SELECT 1 AS row FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted"
            return bool(await engine.raw(f"{held} AND relation = to_regclass('sign_in_failures')"))

    return asyncio.run(locks())


def _is_filled(path, migrations):
    """Tell whether somebody writes to a file in which so many migrations are committed."""
    if not path.exists():
        return False
    connection = apsw.Connection(str(path))
    try:
        if connection.execute("SELECT count(*) FROM schema_migrations").get == migrations:
            connection.execute("BEGIN IMMEDIATE")
    except apsw.BusyError:
        return True
    except apsw.SQLError:  # there is no such table yet
        return False
    finally:
        connection.close()
    return False


def _wait_for_rows(site, config, folder, process):
    """Wait until a move has rows on their way."""
    db, at_work = load(Path(config)).db, False
    [(migrations,)] = _sql(site, "SELECT count(*) FROM schema_migrations")
    while not at_work:
        assert process.poll() is None, process.communicate()
        if db.host:
            at_work = _is_at_work(config, folder)
        else:
            at_work = _is_filled(folder / "other/www.db", migrations)
        time.sleep(0.01)


def test_a_killed_move_leaves_nothing_and_can_be_repeated(www, folder, site, config, start):
    _sql(site, MANY)
    process = start("-m", "www", "move", "--to", config)
    _wait_for_rows(site, config, folder, process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    answer = www("move", "--to", config)
    assert (answer.code, answer.err) == (0, "")
    assert "sign_in_failures: 150000 rows" in answer.out


def test_what_is_written_meanwhile_is_not_copied_and_seen_by_compare(www, folder, site, start):
    _sql(site, MANY)
    config = _written(folder, "db: {database: other/www.db}")
    process = start("-m", "www", "move", "--to", config)
    while not _is_at_work(config, folder):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    _sql(site, "UPDATE users SET bio = 'written meanwhile' WHERE id = 1")
    assert process.wait(60) == 0
    assert (
        _sql(folder / "other" / "www.db", "SELECT bio FROM users WHERE bio = 'written meanwhile'")
        == []
    )
    answer = www("move", "--to", config, "--compare")
    assert answer.out.count("DIFFERENT") == 1
    assert "DIFFERENT  users" in answer.out
