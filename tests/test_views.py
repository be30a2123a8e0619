"""Preferences, health and readiness."""

import pytest

from tests.chassis import make_app
from www import keys
from www.db import Engine
from www.db.errors import ConnectionLost

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def prefer(client, body):
    return await client.post("/preferences", data=body, headers=FORM, allow_redirects=False)


async def test_preferences_are_kept_in_cookies(aiohttp_client):
    client = await aiohttp_client(make_app())
    response = await prefer(client, b"theme=dark&language=zh-Hans&next=/hello")
    assert (response.status, response.headers["Location"]) == (303, "/hello")
    assert response.headers["Cache-Control"] == "private, no-cache"
    cookie = response.cookies["theme"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("dark", True, "Lax")
    assert "<zh-Hans dark>" in await (await client.get("/hello")).text()


async def test_one_preference_leaves_the_other_alone(aiohttp_client):
    client = await aiohttp_client(make_app())
    assert set((await prefer(client, b"theme=light")).cookies) == {"theme"}
    assert set((await prefer(client, b"language=en")).cookies) == {"language"}


async def test_cookies_are_secure_with_https(aiohttp_client):
    client = await aiohttp_client(make_app(server={"base_url": "https://example.org"}))
    response = await client.post(
        "/preferences",
        data=b"theme=dark",
        headers={**FORM, "Host": "example.org"},
        allow_redirects=False,
    )
    assert response.cookies["theme"]["secure"]


@pytest.mark.parametrize("body", [b"theme=pink", b"language=xx", b"language=%3Cb%3E&theme=dark"])
async def test_it_refuses_other_preferences(aiohttp_client, body):
    client = await aiohttp_client(make_app())
    response = await prefer(client, body)
    assert response.status == 422
    assert not response.cookies


@pytest.mark.parametrize("path", ["//evil.test", "https://evil.test", "/%5Cevil.test", "%2F%2Fe"])
async def test_it_goes_back_to_our_own_pages_only(aiohttp_client, path):
    client = await aiohttp_client(make_app())
    response = await prefer(client, b"theme=dark&next=" + path.encode())
    assert response.headers["Location"] == "/"


async def test_it_is_healthy_without_a_database(aiohttp_client):
    client = await aiohttp_client(make_app())
    response = await client.get("/healthz")
    assert (response.status, await response.text()) == (200, "ok\n")


class LostEngine(Engine):
    """A database that has gone away."""

    async def ping(self):
        raise ConnectionLost("gone")


async def test_it_is_ready_when_the_database_answers(aiohttp_client, tmp_path):
    app = make_app()
    async with Engine(tmp_path / "www.db") as app[keys.engine]:
        client = await aiohttp_client(app)
        assert (await client.get("/readyz")).status == 200


async def test_it_is_not_ready_without_its_database(aiohttp_client, tmp_path):
    app = make_app()
    app[keys.engine] = LostEngine(tmp_path / "www.db")
    client = await aiohttp_client(app)
    assert (await client.get("/readyz")).status == 503
