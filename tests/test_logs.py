"""Lines are written together, cannot be forged, and hold no secret."""

import asyncio
import io
import json
import logging
import re
import threading

import aiohttp
import pytest

from tests.chassis import ANYONE, Route, make_app
from www.access_log import AccessLogger, AccessRecord
from www.logs import BufferedHandler, JsonFormatter, TextFormatter, only_handler, setup_logging
from www.models import User
from www.server import Listener
from www.settings import Log


@pytest.fixture
def make_log():
    """Return a logger and its stream, apart from the root logger."""

    def make(formatter):
        stream = io.StringIO()
        handler = BufferedHandler(stream)
        handler.setFormatter(formatter)
        logger = logging.Logger("www.test", logging.INFO)  # noqa: LOG001  not for getLogger's tree
        logger.addHandler(handler)
        return logger, stream, handler

    return make


def test_without_a_loop_lines_are_written_at_once(make_log):
    logger, stream, _ = make_log(TextFormatter())
    logger.info("hello %s", "you")
    assert stream.getvalue().endswith("Z INFO www.test hello you\n")


async def test_in_a_loop_they_wait_for_each_other(make_log):
    logger, stream, handler = make_log(TextFormatter())
    logger.info("one")
    logger.info("two")
    assert stream.getvalue() == ""
    handler.flush()
    assert [line[-3:] for line in stream.getvalue().splitlines()] == ["one", "two"]


async def test_they_do_not_wait_for_ever(make_log, monkeypatch):
    monkeypatch.setattr("www.logs._DELAY_S", 0.01)
    logger, stream, _ = make_log(TextFormatter())
    logger.info("one")
    async with asyncio.timeout(5):
        while not stream.getvalue():  # noqa: ASYNC110  a stream has no event
            await asyncio.sleep(0.005)


async def test_warnings_and_crowds_are_written_at_once(make_log):
    logger, stream, _ = make_log(TextFormatter())
    logger.info("one")
    logger.warning("two")
    assert len(stream.getvalue().splitlines()) == 2
    for _ in range(200):
        logger.info("more")
    assert len(stream.getvalue().splitlines()) == 202


def test_nobody_can_forge_a_line(make_log):
    logger, stream, _ = make_log(TextFormatter())
    logger.info("a\nb\r\x1b[31m\u2028\u202e\udc80")
    assert len(stream.getvalue().splitlines()) == 1
    assert "a\\u000ab\\u000d\\u001b[31m\\u2028\\u202e\\udc80" in stream.getvalue()


def test_a_traceback_is_indented(make_log):
    logger, stream, _ = make_log(TextFormatter())
    try:
        int("x\n2026-11-22T00:00:00.000Z INFO forged")
    except ValueError:
        logger.exception("failed")
    first, *others = stream.getvalue().splitlines()
    assert first.endswith("failed")
    assert all(line.startswith("    ") for line in others)


def test_json_lines_hold_the_fields(make_log):
    logger, stream, _ = make_log(JsonFormatter())
    try:
        int("x")
    except ValueError:
        logger.exception("a\nb", extra={"fields": {"request_id": "r1"}})
    entry = json.loads(stream.getvalue())
    assert stream.getvalue().count("\n") == 1
    assert entry["message"] == "a\nb"
    assert entry["request_id"] == "r1"
    assert "ValueError: invalid" in entry["traceback"]


def test_a_closed_stream_ends_nothing(make_log):
    logger, stream, _ = make_log(TextFormatter())
    stream.close()
    logger.warning("into the void")


@pytest.mark.parametrize("style", ["text", "json"])
def test_settings_choose(style, monkeypatch):
    root = logging.Logger("root")  # noqa: LOG001  the real one belongs to pytest
    monkeypatch.setattr(logging, "getLogger", lambda: root)
    stream = io.StringIO()
    setup_logging(Log(format=style, level="warning"), stream)
    root.info("quiet")
    root.warning("loud")
    assert stream.getvalue().count("loud") == 1
    assert "quiet" not in stream.getvalue()
    assert stream.getvalue().startswith("{") == (style == "json")


@pytest.mark.parametrize("folder", ["setup", "s"])
async def test_the_access_log_names_who_and_what_and_no_secret(caplog, folder):
    async def setup(_request):
        raise ZeroDivisionError

    route = Route("GET", f"/{folder}/{{token}}/more", "test.setup", setup, ANYONE)
    caplog.set_level(logging.INFO, "www.access")
    listener = Listener(make_app(route, user=User(id=7, name="alice", role="author")))
    url = f"http://127.0.0.1:{await listener.start('127.0.0.1', 0)}/{folder}/token-secret/more?q=secret"
    async with aiohttp.ClientSession(cookies={"theme": "cookie-secret"}) as session:
        await session.get(url, headers={"Authorization": "secret"})
    await listener.stop()
    (record,) = [record for record in caplog.records if record.name == "www.access"]
    entry = json.loads(JsonFormatter().format(record))
    assert "secret" not in caplog.text + str(entry) + TextFormatter().format(record)
    assert (entry["method"], entry["path"], entry["status"]) == ("GET", f"/{folder}/.../more", 500)
    assert (entry["user"], entry["address"]) == (7, "127.0.0.1")
    assert entry["bytes"] > 10
    assert entry["request_id"]


async def test_the_access_log_shows_nobody_as_a_dash(caplog):
    caplog.set_level(logging.INFO, "www.access")
    listener = Listener(make_app())
    url = f"http://127.0.0.1:{await listener.start('127.0.0.1', 0)}/"
    async with aiohttp.ClientSession() as session:
        await session.get(url)
    await listener.stop()
    (record,) = [record for record in caplog.records if record.name == "www.access"]
    assert record.getMessage().endswith(" 127.0.0.1 -")
    assert json.loads(JsonFormatter().format(record))["user"] is None


async def test_answers_stand_between_other_lines_in_their_order(monkeypatch):
    root, stream = logging.Logger("root", logging.INFO), io.StringIO()  # noqa: LOG001  apart
    root.addHandler(handler := BufferedHandler(stream))
    handler.setFormatter(TextFormatter())
    monkeypatch.setattr(logging, "getLogger", lambda _name=None: root)
    listener = Listener(make_app())
    url = f"http://127.0.0.1:{await listener.start('127.0.0.1', 0)}"
    async with aiohttp.ClientSession() as session:
        for path in ("/healthz", "/a\u202eb\nc"):
            await (await session.get(url + path)).read()
            root.info("after %s", path[1])
    await listener.stop()
    assert stream.getvalue() == ""
    root.warning("at once")
    lines = stream.getvalue().splitlines()
    ends = ["200 ", "after h", "404 ", "after a", "at once"]
    assert len(lines) == 5
    assert all(end in line for end, line in zip(ends, lines, strict=True))
    assert re.fullmatch(
        r"\S+Z INFO root GET /healthz 200 \d+B \S+ms 127.0.0.1 - id=\w{16}", lines[0]
    )
    assert lines == sorted(lines, key=lambda line: line[:24])


async def test_answers_are_written_after_a_while_and_in_crowds(monkeypatch):
    handler = BufferedHandler(stream := io.StringIO())
    handler.setFormatter(JsonFormatter())
    monkeypatch.setattr("www.logs._DELAY_S", 0.01)
    values = ("GET", "/", 200, 9, 0.1, "::1", "-")
    handler.keep(AccessRecord("www.access", values, "r1"))
    async with asyncio.timeout(5):
        while not stream.getvalue():  # noqa: ASYNC110  a stream has no event
            await asyncio.sleep(0.005)
    entry = json.loads(stream.getvalue())
    assert (entry["path"], entry["user"], entry["request_id"]) == ("/", None, "r1")
    monkeypatch.setattr("www.logs._DELAY_S", 1000)
    for _ in range(200):
        handler.keep(AccessRecord("www.access", values, "r1"))
    assert len(stream.getvalue().splitlines()) == 201


def test_no_line_is_lost_where_another_thread_writes_them():
    handler = BufferedHandler(stream := io.StringIO())
    handler.setFormatter(TextFormatter())
    ended = threading.Event()

    def flush():
        while not ended.is_set():
            handler.flush()

    async def keep():
        for number in range(20_000):
            handler.keep(AccessRecord("www.access", ("GET", "/", 200, 9, 0.1, "-", number), "r"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("www.logs._MAX_LINES", 10**9)
        thread = threading.Thread(target=flush)
        thread.start()
        asyncio.run(keep())
        ended.set()
        thread.join()
    handler.flush()
    numbers = [int(line.rsplit(" ", 2)[1]) for line in stream.getvalue().splitlines()]
    assert numbers == list(range(20_000))


def test_other_formatters_get_whole_records():
    record = AccessRecord("www.access", ("GET", "/", 200, 9, 0.1, "::1", "-"), "r1").whole()
    style = "%(asctime)s %(levelname)s %(name)s %(filename)s:%(lineno)d %(threadName)s %(message)s"
    line = logging.Formatter(style).format(record)
    assert re.search(r" INFO www.access :0 \w+ GET / 200 9B 0.1ms ::1 -$", line)
    assert vars(record)["fields"]["request_id"] == "r1"


def test_a_logger_with_a_filter_or_more_handlers_has_no_short_way():
    logger, handler = logging.Logger("www.access"), BufferedHandler(io.StringIO())  # noqa: LOG001
    assert only_handler(logger) is None
    logger.addHandler(handler)
    assert only_handler(logger) is handler
    logger.addFilter(lambda _record: False)
    assert only_handler(logger) is None
    logger.filters.clear()
    logger.addHandler(logging.NullHandler())
    assert only_handler(logger) is None


async def test_it_can_be_turned_off(caplog):
    caplog.set_level(logging.WARNING, "www.access")
    assert not AccessLogger(logging.getLogger("www.access"), "").enabled
