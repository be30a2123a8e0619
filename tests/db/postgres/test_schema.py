"""Migrations on PostgreSQL: once, in order, whole or not at all, and equal to the tables."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from www.database import MIGRATIONS
from www.db import Column, ConnectionLost, MigrationError, Table
from www.db.dialects.postgres import PostgresDialect
from www.db.drivers.postgres.options import Options, address, without_password
from www.db.schema.ddl import create_all
from www.db.schema.migrate import Migration, read_migrations
from www.db.schema.postgres import apply, difference, pending

ONE = Migration(1, "one", "CREATE TABLE a (x bigint);")
TWO = Migration(2, "two", "CREATE TABLE b (x bigint); INSERT INTO b VALUES (1);")
INDEX = "-- outside a transaction\nCREATE INDEX CONCURRENTLY ix_a ON a (x);"


@pytest.fixture
def options(postgres) -> Options:
    return Options(url=postgres.database())


def test_it_applies_each_step_once(options: Options):
    assert pending(options, [ONE]) == [ONE]
    assert apply(options, [ONE]) == [ONE]
    assert apply(options, [ONE, TWO]) == [TWO]
    assert apply(options, [ONE, TWO]) == []
    assert pending(options, [ONE, TWO]) == []


def test_it_undoes_a_step_that_fails(options: Options):
    bad = Migration(2, "bad", "CREATE TABLE b (x bigint); INSERT INTO nowhere VALUES (1);")
    with pytest.raises(MigrationError, match="0002_bad failed and was rolled back: relation"):
        apply(options, [ONE, bad])
    assert apply(options, [ONE, TWO]) == [TWO]


def test_it_applies_one_statement_outside_of_a_transaction(options: Options):
    step = Migration(2, "index", INDEX)
    assert apply(options, [ONE, step]) == [ONE, step]


def test_it_refuses_a_changed_step_and_a_newer_database(options: Options):
    apply(options, [ONE, TWO])
    with pytest.raises(MigrationError, match="0001_one was changed after it was applied"):
        apply(options, [Migration(1, "one", "CREATE TABLE c (x bigint);"), TWO])
    with pytest.raises(MigrationError, match="has migration 2, which this version"):
        apply(options, [ONE])


def test_two_processes_apply_each_step_once(options: Options):
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: apply(options, [ONE, TWO]), range(2)))
    assert sorted(step.number for steps in done for step in steps) == [1, 2]


def test_it_sees_where_tables_and_migrations_differ(options: Options):
    class Cat(Table):
        id = Column(int, primary_key=True)
        name = Column(str, index=True)

    sql = create_all([Cat], PostgresDialect())
    assert difference(options, [Cat], [Migration(1, "one", sql)]) == []
    loose = Migration(1, "one", sql.replace('COLLATE "C" NOT NULL', "NOT NULL"))
    assert difference(options, [Cat], [loose]) == [
        "- table cats: column name text collate default not null",
        "+ table cats: column name text collate C not null",
    ]


def test_the_product_has_no_difference(options: Options):
    from www.models import TABLES

    assert difference(options, TABLES, read_migrations(MIGRATIONS / "postgres")) == []


def test_it_says_that_the_server_is_not_there():
    nowhere = Options(
        url=address(host="127.0.0.1", port=1, user="u", password="hush", database="x")
    )
    with pytest.raises(ConnectionLost, match=r"postgresql://u@127\.0\.0\.1:1/x") as error:
        pending(nowhere, [ONE])
    assert "hush" not in str(error.value)


@pytest.mark.parametrize(
    ("parts", "url"),
    [
        ({"host": "db"}, "postgresql://db:5432/x"),
        ({"host": "::1", "port": 1}, "postgresql://[::1]:1/x"),
        ({"host": "db", "user": "a@b", "password": "p/:@"}, "postgresql://a%40b:p%2F%3A%40@db:5432/x"),
        ({"host": "/run/pg", "user": "u"}, "postgresql://u@/x?host=%2Frun%2Fpg&port=5432"),
    ],
)  # fmt: skip
def test_it_writes_addresses(parts, url):
    assert address(database="x", **parts) == url
    assert "p%2F" not in without_password(url)
