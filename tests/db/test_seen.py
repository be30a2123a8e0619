"""What the figures, the log of slow statements and the drivers' own numbers say."""

import asyncio
import logging

import pytest

from www.db import Engine, UniqueViolation
from www.db.seen.counters import BOUNDS_S, OTHER, Counters, shape_of
from www.db.seen.plan import plan_of
from www.db.seen.slow import SlowLog
from www.db.testing import statements

from .conftest import Author, Book

SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n{}) SELECT max(i) FROM n"


@pytest.fixture
def counters(engine: Engine) -> Counters:
    counters = Counters()
    engine.observers.append(counters.observe)
    return counters


def figures(counters, word):
    return next(found for found in counters.all() if found.sql.startswith(word))


async def test_it_counts_calls_rows_and_time(engine: Engine, counters):
    await engine.insert_many([Author(name=f"a{n}") for n in range(5)])
    for n in range(4):
        await engine.all(Author.select().where(Author.id <= n))
    found = figures(counters, "SELECT")
    assert (found.calls, found.rows, found.errors) == (4, 0 + 1 + 2 + 3, 0)
    assert 0 < found.mean_s <= found.slowest_s
    assert found.percentile_s(0.5) <= found.percentile_s(0.99) <= found.slowest_s
    assert figures(counters, "INSERT").rows == 5


async def test_it_counts_errors_and_cancellations_apart(engine: Engine, counters, ada):
    with pytest.raises(UniqueViolation):
        await engine.insert(Author(name="Ada"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await engine.raw(SLOW.format(""))
    inserted, slow = figures(counters, "INSERT"), figures(counters, "WITH RECURSIVE")
    assert (inserted.calls, inserted.errors, inserted.cancelled) == (2, 1, 0)
    assert (slow.calls, slow.errors, slow.cancelled) == (1, 0, 1)
    assert slow.slowest_s > 0.05


async def test_it_counts_in_transactions_and_streams(engine: Engine, counters, ada):
    async with engine.transaction() as conn:
        await conn.get(Author, ada.id)
    assert [row async for row in engine.stream(Author.select())] == [ada]
    assert {"BEGIN", "COMMIT"} <= {found.sql for found in counters.all()}
    assert sum(found.calls for found in counters.all() if found.sql.startswith("SELECT")) == 2


async def test_lists_of_any_length_are_one_shape(engine: Engine, counters):
    for size in (1, 2, 3, 9):
        await engine.all(Author.select().where(Author.id.in_(range(size)), Author.name == "x"))
        rows = [Book(id=size * 100 + n, author_id=1, title="x") for n in range(size)]
        await engine.delete_many(rows)
    assert sum(found.calls for found in counters.all() if found.sql.startswith("SELECT")) == 4
    assert len([found for found in counters.all() if found.sql.startswith("SELECT")]) <= 2
    assert len([found for found in counters.all() if found.sql.startswith("DELETE")]) <= 2


@pytest.mark.parametrize(
    ("sql", "shape"),
    [
        ("SELECT a FROM t WHERE a = ?", "SELECT a FROM t WHERE a = ?"),
        ("SELECT a FROM t WHERE a IN (?, ?, ?) AND b = ?", "SELECT a FROM t WHERE a IN (…) AND b = ?"),
        ("INSERT INTO t VALUES (?, ?), (?, ?)", "INSERT INTO t VALUES (…)"),
        ("a IN ($1::BIGINT, $2::BIGINT) AND b = $3::TEXT", "a IN (…) AND b = $"),
        ("a = $1::BIGINT AND b = $2::TEXT", "a = $1::BIGINT AND b = $2::TEXT"),
    ],
)  # fmt: skip
def test_a_shape_leaves_out_how_many(sql, shape):
    assert shape_of(sql) == shape


def test_the_least_used_fall_into_other():
    counters = Counters(most=8)
    for _ in range(3):
        counters.observe("SELECT often", (), 0.0, 0.5, 1, None)
    for number in range(1000):
        counters.observe(f"UPDATE rare_{number}", (), 0.0, 1e-6, 1, None)
        assert len(counters.all()) <= 9
    found = counters.all()
    assert found[-1].sql == OTHER
    assert sum(figures.calls for figures in found) == 1003
    assert figures(counters, "SELECT often").calls == 3
    by_verb = counters.by_verb()
    assert {verb: figures.calls for verb, figures in by_verb.items()} == {
        "SELECT": 3,
        "UPDATE": 1000,
    }
    counters.reset()
    assert (counters.all(), counters.by_verb()) == ([], {})
    counters.observe("SELECT often", (), 0.0, 0.5, 1, None)
    assert figures(counters, "SELECT often").calls == 1


def test_times_stand_in_the_right_bucket():
    counters = Counters()
    for seconds in (*BOUNDS_S, 1e-9, 99.0):
        counters.observe("SELECT", (), 0.0, seconds, 0, None)
    assert counters.all()[0].buckets == [2, *[1] * len(BOUNDS_S)]
    assert counters.all()[0].slowest_s == 99.0


@pytest.fixture
def slow(engine: Engine):
    clock = [0.0]
    log = SlowLog(0.01, lambda: {"route": "test", "request_id": "abc"}, clock=lambda: clock[0])
    engine.observers.append(log.observe)
    return clock


async def test_a_slow_statement_gets_a_line(engine: Engine, slow, caplog):
    await engine.raw(SLOW.format(" WHERE i < ?"), 400_000)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    line = record.getMessage()
    assert line.startswith("slow statement, ")
    assert " 1 row" in line
    assert " in test: WITH RECURSIVE n(i)" in line
    assert "400000" not in line
    assert (" on a thread" in line) == (engine.dialect.name == "sqlite")
    assert record.fields["request_id"] == "abc"
    assert record.fields["ms"] >= 10


async def test_a_flood_of_slow_statements_gets_few_lines(engine: Engine, slow, caplog):
    for at in (0.0, 1.0, 9.9, 10.1):
        slow[0] = at
        await engine.raw(SLOW.format(" WHERE i < ?"), 400_000)
    first, second = [record.getMessage() for record in caplog.records]
    assert "more" not in first
    assert "; 2 more since the last line, up to " in second


async def test_what_is_quick_gets_no_line(engine: Engine, caplog):
    engine.observers.append(SlowLog(60).observe)
    await engine.count(Author.select())
    assert not caplog.records


async def test_slow_streams_and_transactions_get_lines_too(engine: Engine, caplog):
    await engine.insert_many([Author(name=f"a{n}") for n in range(20)])
    engine.observers.append(SlowLog(0.0000001).observe)
    async with engine.transaction() as conn:
        await conn.run(Author.update(name="Eve").where(Author.name == "a7"))
    assert len([row async for row in engine.stream(Author.select())]) == 20
    lines = " ".join(record.getMessage() for record in caplog.records)
    assert all(word in lines for word in ("BEGIN", "COMMIT", "UPDATE", "20 rows"))
    assert "Eve" not in lines


async def test_a_slow_error_and_a_cancelled_one_say_so(engine: Engine, slow, caplog):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await engine.raw(SLOW.format(""))
    assert ", cancelled in test: " in caplog.records[0].getMessage()


def test_the_log_of_slow_ones_is_bounded():
    log = SlowLog(0.1, clock=lambda: 0.0)
    for number in range(2000):
        log.observe(f"SELECT {number}", (), 0.0, 1.0, 0, None)
    assert len(log._quiet) <= 500


async def test_plans_are_not_seen_and_run_nothing(engine: Engine, ada):
    async with statements(engine) as seen:
        await engine.run(Author.update(name="x").where(Author.name == "nobody"))
        await engine.all(Book.select().where(Book.pages == 3))
        await engine.all(Book.select().where(Book.id == 3))
    plans = [await plan_of(engine.driver, engine.dialect, ran.sql, ran.params) for ran in seen]
    assert len(seen) == 3
    assert all(plan.steps for plan in plans)
    assert [bool(plan.scans) for plan in plans] == [False, True, False]
    assert await engine.get(Author, ada.id) == ada
    for odd in ("COMMIT", "CREATE TABLE x (a)", "SELECT nonsense FROM nowhere"):
        assert not (await plan_of(engine.driver, engine.dialect, odd, ())).steps


async def test_plans_hold_no_values(engine: Engine, ada):
    secret = "line one\nit's \\ a secret 4711"
    async with statements(engine) as seen:
        await engine.all(Book.select().where(Book.title == secret))
        await engine.all(Book.select().where(Book.pages > 471147, Book.price == 4711.5))
        await engine.all(Book.select().where(Book.title.in_([secret, "other secret"])))
    for ran in seen:
        plan = await plan_of(engine.driver, engine.dialect, ran.sql, ran.params)
        assert plan.steps
        assert not any(word in str(plan) for word in ("secret", "4711", "line one"))


async def test_a_change_is_not_made_by_its_plan(engine: Engine, ada):
    async with statements(engine) as seen:
        await engine.run(Author.update(name="Eve").where(Author.id == 99))
    again = seen[0].params[:-1]
    assert (await plan_of(engine.driver, engine.dialect, seen[0].sql, (*again, ada.id))).steps
    assert await engine.get(Author, ada.id) == ada


async def test_the_driver_tells_what_it_does(engine: Engine):
    before = engine.driver.activity()
    async with engine.transaction(read_only=True) as conn:
        await conn.count(Author.select())
        inside = engine.driver.activity()
    used = "readers_in_use" if engine.dialect.name == "sqlite" else "connections_in_use"
    assert (before.now[used], inside.now[used]) == (0, 1)


async def test_sqlite_tells_of_interrupted_reads_and_of_groups(path):
    async with Engine(path, durability="normal") as engine:
        await asyncio.gather(*(engine.insert(Author(name=f"a{n}")) for n in range(7)))
        await engine.raw(SLOW.format(" WHERE i < 100000"))
        async with engine.transaction(read_only=True) as conn:
            await conn.raw(SLOW.format(" WHERE i < 100000"))
        activity = engine.driver.activity()
    assert activity.ever["reads_interrupted"] == 2
    assert activity.group_sizes[7] == 1
    assert activity.now == {
        "readers_in_use": 0, "readers_idle": 1, "changes_waiting": 0, "writing": 0
    }  # fmt: skip
