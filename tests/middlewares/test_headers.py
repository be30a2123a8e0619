"""Security headers on every answer, whoever made it."""

import pytest
from aiohttp import web

from tests.chassis import ANYONE, Route, make_app, raising
from www.middlewares.headers import SECURITY_HEADERS
from www.models import User


@pytest.mark.parametrize(
    "path", ["/hello", "/healthz", "/nowhere", "/raise", "/static/style.css", "/form", "/user"]
)
async def test_every_answer_carries_them(aiohttp_client, path):
    client = await aiohttp_client(make_app(raising(ZeroDivisionError())))
    response = await client.get(path, allow_redirects=False)
    for name, value in SECURITY_HEADERS:
        assert response.headers[name] == value
    assert response.headers["Server"] == "www"


async def test_so_do_streams_and_refused_expectations(aiohttp_client):
    async def stream(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x")
        return response

    client = await aiohttp_client(make_app(Route("GET", "/stream", "test.stream", stream, ANYONE)))
    for response in (
        await client.get("/stream"),
        await client.post("/form", data=b"x", headers={"Expect": "the unexpected"}),
    ):
        assert "Content-Security-Policy" in response.headers


def test_the_policy_allows_no_inline_code_and_no_other_host():
    policy = dict(SECURITY_HEADERS)["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "*" not in policy
    assert policy.startswith("default-src 'none';")


async def test_a_handler_may_set_its_own(aiohttp_client):
    async def own(_request):
        return web.Response(headers={"Content-Security-Policy": "sandbox"})

    client = await aiohttp_client(make_app(Route("GET", "/own", "test.own", own, ANYONE)))
    response = await client.get("/own")
    assert response.headers.getall("Content-Security-Policy") == ["sandbox"]


async def test_hsts_only_with_https(aiohttp_client):
    plain = await aiohttp_client(make_app())
    assert "Strict-Transport-Security" not in (await plain.get("/healthz")).headers
    secure = await aiohttp_client(make_app(server={"base_url": "https://example.org"}))
    assert "Strict-Transport-Security" in (await secure.get("/healthz")).headers


async def test_personal_pages_are_private(aiohttp_client):
    alice = User(id=1, name="alice", role="author")
    client = await aiohttp_client(make_app(user=alice))
    assert (await client.get("/hello")).headers["Cache-Control"] == "private, no-cache"
    stranger = await aiohttp_client(make_app())
    assert (await stranger.get("/hello")).headers["Cache-Control"] == "no-cache"


async def test_errors_are_not_stored(aiohttp_client):
    client = await aiohttp_client(make_app())
    assert (await client.get("/nowhere")).headers["Cache-Control"] == "no-store"
