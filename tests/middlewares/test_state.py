"""Request ids, languages and themes."""

import pytest

from tests.chassis import make_app

LOCAL = {"trusted_proxies": ["127.0.0.0/8", "::1/128"]}


async def test_every_answer_has_its_own_id(aiohttp_client):
    client = await aiohttp_client(make_app())
    ids = {(await client.get("/healthz")).headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3


async def test_it_keeps_the_id_of_a_trusted_proxy(aiohttp_client):
    client = await aiohttp_client(make_app(server=LOCAL))
    response = await client.get("/healthz", headers={"X-Request-ID": "Proxy-1.a_b"})
    assert response.headers["X-Request-ID"] == "Proxy-1.a_b"


@pytest.mark.parametrize("given", ["", "a b", "a" * 65, "<script>", "é"])
async def test_it_replaces_an_id_that_could_do_harm(aiohttp_client, given):
    client = await aiohttp_client(make_app(server=LOCAL))
    response = await client.get("/healthz", headers={"X-Request-ID": given})
    assert response.headers["X-Request-ID"] != given


async def test_it_believes_no_stranger(aiohttp_client):
    client = await aiohttp_client(make_app())
    response = await client.get("/healthz", headers={"X-Request-ID": "mine"})
    assert response.headers["X-Request-ID"] != "mine"


async def test_language_and_theme_come_from_cookies(aiohttp_client):
    client = await aiohttp_client(make_app(), cookies={"language": "zh-Hans", "theme": "dark"})
    response = await client.get("/hello")
    assert "<zh-Hans dark>" in await response.text()
    assert response.headers["Content-Language"] == "zh-Hans"


async def test_nonsense_in_cookies_is_ignored(aiohttp_client):
    client = await aiohttp_client(make_app(), cookies={"language": "xx", "theme": '"><b>'})
    assert "<en auto>" in await (await client.get("/hello")).text()


async def test_the_language_is_negotiated(aiohttp_client):
    client = await aiohttp_client(make_app(site={"language": "zh-Hans"}))
    english = await client.get("/hello", headers={"Accept-Language": "en-GB"})
    default = await client.get("/hello", headers={"Accept-Language": "fr"})
    assert english.headers["Content-Language"] == "en"
    assert default.headers["Content-Language"] == "zh-Hans"
    assert "Accept-Language" in default.headers["Vary"]
