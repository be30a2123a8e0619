"""Which request a statement came from, and the report for development."""

import asyncio
import io
import logging
from itertools import pairwise

import pytest

from www import keys
from www.db.testing import assert_statements
from www.logs import setup_logging
from www.settings import Log

REPORTED = pytest.mark.parametrize("settings", [{"log": {"statements": True}}], indirect=True)


async def lines(app, caplog):
    """Wait until all reports are written and return them."""
    await asyncio.gather(*app[keys.tasks])
    return [r.getMessage() for r in caplog.records if r.name == "www.statements"]


@REPORTED
async def test_it_prints_what_a_page_asks(client, app, caplog):
    caplog.set_level(logging.INFO, "www.statements")
    await client.get("/")
    first, *rest = await lines(app, caplog)
    assert first.startswith("GET / in ")
    assert ": 1 statement, " in first
    assert " ms in the database" in first
    assert rest[0].startswith("   1. ")
    assert " rows  SELECT " in rest[0]
    assert any(line.lstrip().startswith("| ") for line in rest)
    assert not any("!!" in line for line in rest)


@REPORTED
async def test_it_flags_what_comes_often_and_reads_everything(client, app, engine, caplog):
    caplog.set_level(logging.INFO, "www.statements")
    reports = app[keys.reports]
    with reports.gather() as ran:
        for value in (1, 2, 3):
            await engine.raw("SELECT id FROM users WHERE bio = ?", str(value))
    report = "\n".join(await reports.lines(ran))
    assert "!! 3 times the same (N+1?): SELECT id FROM users WHERE bio = " in report
    assert "!! reads all of it: " in report
    assert report.count("| ") == len(reports._plans[next(iter(reports._plans))].steps)


@REPORTED
async def test_it_asks_for_a_plan_once(client, app, engine, caplog):
    caplog.set_level(logging.INFO, "www.statements")
    await client.get("/")
    await lines(app, caplog)
    plans = dict(app[keys.reports]._plans)
    async with assert_statements(engine, 1, everywhere=True):
        await client.get("/")
        await lines(app, caplog)
    assert app[keys.reports]._plans == plans


@REPORTED
async def test_it_prints_no_values(client, app, caplog):
    caplog.set_level(logging.INFO, "www.statements")
    await client.get("/users/somebody-nobody-knows")
    text = "\n".join((await lines(app, caplog))[1:])
    assert "SELECT" in text
    assert "somebody" not in text


@REPORTED
async def test_requests_at_the_same_time_do_not_mix(client, app, caplog):
    caplog.set_level(logging.INFO, "www.statements")
    await asyncio.gather(*(client.get(f"/?n={n}") for n in range(5)))
    found = await lines(app, caplog)
    assert sum(": 1 statement, " in line for line in found) == 5
    heads = [at for at, line in enumerate(found) if line.startswith("GET ")]
    assert {b - a for a, b in pairwise(heads)} == {heads[1] - heads[0]}


async def test_it_is_silent_by_default(client, app, caplog):
    caplog.set_level(logging.DEBUG)
    await client.get("/")
    assert keys.reports not in app
    assert await lines(app, caplog) == []


def test_it_is_shown_whatever_the_level():
    stream = io.StringIO()
    root, kept = logging.getLogger(), logging.getLogger().handlers[:]
    level, root.handlers[:] = root.level, []
    try:
        setup_logging(Log(level="error", statements=True), stream)
        logging.getLogger("www.statements").info("seen")
        logging.getLogger("www.other").info("unseen")
    finally:
        root.handlers[:] = kept
        root.setLevel(level)
        logging.getLogger("www.statements").setLevel(logging.NOTSET)
    assert stream.getvalue().endswith(" INFO www.statements seen\n")


@pytest.mark.parametrize("settings", [{"db": {"slow_ms": 1}}], indirect=True)
async def test_a_slow_statement_names_its_request(client, app, engine, caplog, monkeypatch):
    app[keys.counters]._slow.__self__._slow_s = 0.0
    from www.db.seen import counters

    monkeypatch.setattr(counters, "_FIRST_S", 0.0)
    monkeypatch.setattr(counters, "_LOOK_FROM_S", 0.0)
    answer = await client.get("/")
    (record,) = [r for r in caplog.records if r.name == "www.db.slow"]
    assert " in GET site.index: SELECT " in record.getMessage()
    assert record.fields["request_id"] == answer.headers["X-Request-ID"]
    await engine.raw("SELECT 2 AS outside_of_requests")
    assert " in " not in caplog.records[-1].getMessage().partition(":")[0]


@pytest.mark.parametrize("settings", [{"db": {"slow_ms": 0}}], indirect=True)
async def test_zero_turns_the_log_off(client, app):
    assert app[keys.counters]._slow is None
