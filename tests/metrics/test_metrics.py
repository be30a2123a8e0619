"""/metrics: who may read it, and what stands there."""

import asyncio
import re
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.chassis import make_app
from www import keys
from www.metrics import Metrics, metrics
from www.middlewares.seen import CLIENT_GONE
from www.settings import SettingsError, load

TOKEN = "sixteen-or-more-characters"
WITH_TOKEN = pytest.mark.parametrize(
    "settings", [{"server": {"metrics_token": TOKEN}}], indirect=True
)
BEARER = {"Authorization": f"Bearer {TOKEN}"}


async def read(actor, **kwargs):
    """Return every sample by name and labels."""
    answer = await actor.get("/metrics", **kwargs)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    families = text_string_to_metric_families(await answer.text())
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(samples, name, **labels):
    """Sum up the samples of that name that have these labels."""
    found = [
        v for (n, *have), v in samples.items() if n == name and labels.items() <= dict(have).items()
    ]
    assert found, (name, labels)
    return sum(found)


@WITH_TOKEN
async def test_the_token_opens_it(client):
    assert await read(client, headers=BEARER)


@WITH_TOKEN
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": "Bearer \xff"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1"},
    ],
)
async def test_for_everybody_else_it_is_not_there(client, bob, given):
    for actor in (client, bob):
        answer = await actor.get("/metrics", headers=given)
        assert answer.status == 404
        assert "www_" not in await answer.text()


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer"}])
async def test_without_a_token_the_loopback_is_nobody(client, given):
    assert (await client.get("/metrics", headers=given)).status == 404


async def test_administrators_read_it(admin):
    assert await read(admin)


async def test_no_base_url_keeps_prometheus_out(aiohttp_client):
    server = {"base_url": "https://example.org", "metrics_token": TOKEN}
    client = await aiohttp_client(make_app(server=server))
    assert await read(client, headers=BEARER)


@pytest.mark.parametrize("token", ["short", "with a space inside", "x" * 201, "密" * 16])
def test_a_token_that_could_be_guessed_is_refused(token):
    with pytest.raises(SettingsError) as error:
        load(flags={"server.metrics_token": token})
    assert token not in str(error.value)


async def test_requests_are_counted_by_route_and_status(admin, client):
    for _ in range(3):
        await client.get("/healthz")
    await client.get("/blogs/77")
    await client.get("/no/such/page")
    await client.request("PROPFIND", "/no/such/page")
    await client.get("/admin/users", allow_redirects=False)
    samples = await read(admin)
    counted = "www_http_request_seconds_count"
    assert value(samples, counted, route="site.healthz", method="GET", status="200") == 3
    assert value(samples, counted, route="blogs.short", status="404") == 1
    assert value(samples, counted, route="none", method="GET") == 1
    assert value(samples, counted, route="none", method="other") == 1
    assert value(samples, "www_http_requests_open") == 1
    assert value(samples, "www_http_request_seconds_bucket", route="site.healthz", le="60.0") == 3


async def test_methods_of_strangers_take_no_memory(client, app):
    for method in ("PROPFIND", "LOCK", "MKCOL", "SEARCH"):
        assert (await client.request(method, "/no/such/page")).status == 404
    labels = app[keys.metrics].text()
    assert b"PROPFIND" not in labels
    assert labels.count(b"www_http_request_seconds_count") == 1


async def test_statements_are_counted(admin, client):
    for _ in range(3):
        await client.get("/")
    samples = await read(admin)
    labels = next(
        dict(labels)
        for name, *labels in samples
        if name == "www_db_statement_seconds_count" and "FROM blogs JOIN" in dict(labels)["text"]
    )
    assert re.fullmatch(r"[0-9a-f]{8}", labels["statement"])
    assert len(labels["text"]) <= 80
    assert value(samples, "www_db_statement_seconds_count", **labels) == 3
    assert value(samples, "www_db_statement_seconds_bucket", le="+Inf", **labels) == 3
    assert value(samples, "www_db_statement_seconds_sum", **labels) > 0
    assert value(samples, "www_db_statement_errors_total", **labels) == 0
    assert value(samples, "www_db_statements_total", verb="SELECT") >= 3


@pytest.mark.sqlite
async def test_sqlite_tells_of_readers_and_commits(admin, engine):
    await engine.raw(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
        "SELECT max(i) FROM n"
    )
    samples = await read(admin)
    assert value(samples, "www_db_reads_interrupted_total") == 1
    assert value(samples, "www_db_readers_idle") == 1
    assert value(samples, "www_db_changes_waiting") == 0
    assert value(samples, "www_db_statements_total", verb="WITH", place="thread") == 1
    assert value(samples, "www_db_group_commit_changes_count") >= 1
    assert value(samples, "www_db_group_commit_changes_bucket", le="256.0") >= 1


async def test_the_pool_of_postgres_is_shown(postgres_product, tmp_path, aiohttp_client):
    from www.app import create_app, database_engine
    from www.settings import Settings

    settings = Settings.model_validate(
        {
            "data": tmp_path,
            "db": {**postgres_product, "pool": 3},
            "server": {"metrics_token": TOKEN},
        }
    )
    app = create_app(settings, resources=[database_engine])
    client = await aiohttp_client(app)
    await app[keys.engine].raw("SELECT 1 AS one")
    samples = await read(client, headers=BEARER)
    assert value(samples, "www_db_connections_most") == 3
    assert value(samples, "www_db_connections_idle") == 1
    assert value(samples, "www_db_connections_in_use") == 0
    assert value(samples, "www_db_connections_waiting") == 0
    assert value(samples, "www_db_statements_total", verb="SELECT", place="server") == 1


async def test_the_process_is_shown(admin):
    samples = await read(admin)
    assert value(samples, "process_resident_memory_bytes") > 10_000_000
    assert value(samples, "process_cpu_seconds_total") > 0
    assert value(samples, "process_open_fds") > 3


async def test_a_loop_that_is_held_up_is_seen(monkeypatch):
    monkeypatch.setattr(metrics, "LAG_EVERY_S", 0.01)
    kept = Metrics()
    measuring = asyncio.create_task(kept.measure_lag())
    await asyncio.sleep(0)  # it sleeps now
    time.sleep(0.15)  # noqa: ASYNC251 - nobody else can run
    async with asyncio.timeout(10):
        while b"www_loop_lag_seconds_count 0.0" in kept.text():  # noqa: ASYNC110
            await asyncio.sleep(0)
    measuring.cancel()
    assert b'www_loop_lag_seconds_bucket{le="0.1"} 0.0' in kept.text()


async def test_an_error_and_a_client_that_left_are_counted(aiohttp_client):
    from tests.chassis import raising

    app = make_app(raising(RuntimeError("no")), server={"metrics_token": TOKEN})
    client = await aiohttp_client(app)
    assert (await client.get("/raise")).status == 500
    samples = await read(client, headers=BEARER)
    assert value(samples, "www_http_request_seconds_count", route="test.raising", status="500") == 1
    app = make_app(raising(ConnectionResetError()), server={"metrics_token": TOKEN})
    client = await aiohttp_client(app)
    await client.get("/raise")
    samples = await read(client, headers=BEARER)
    counted = "www_http_request_seconds_count"
    assert value(samples, counted, route="test.raising", status="400") == 1
    assert CLIENT_GONE not in (400, 500)
