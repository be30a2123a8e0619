"""Foreign hosts, compressed bodies and unprintable paths go no further."""

import gzip

import pytest

from tests.chassis import make_app


async def test_it_refuses_a_compressed_body(aiohttp_client):
    bomb = gzip.compress(b"a=" + b"b" * 1_000_000)
    client = await aiohttp_client(make_app())
    headers = {
        "Content-Encoding": "gzip",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    assert (await client.post("/form", data=bomb, headers=headers)).status == 415


async def test_it_refuses_nul_in_a_path(aiohttp_client):
    client = await aiohttp_client(make_app())
    assert (await client.get("/items/a%00b")).status == 404


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("example.org", 200),
        ("EXAMPLE.org:443", 200),
        ("example.org:8443", 400),
        ("evil.test", 400),
        ("example.org.evil.test", 400),
        ("a b", 400),
        ("[::1", 400),
        ("", 400),
    ],
)
async def test_it_knows_its_own_name(aiohttp_client, host, status):
    client = await aiohttp_client(make_app(server={"base_url": "https://example.org"}))
    assert (await client.get("/hello", headers={"Host": host})).status == status


async def test_any_name_will_do_while_none_is_set(aiohttp_client):
    client = await aiohttp_client(make_app())
    assert (await client.get("/hello", headers={"Host": "anything.test:81"})).status == 200
    assert (await client.get("/hello", headers={"Host": "<script>"})).status == 400


async def test_probes_may_use_the_ip_address(aiohttp_client):
    client = await aiohttp_client(make_app(server={"base_url": "https://example.org"}))
    assert (await client.get("/healthz", headers={"Host": "10.0.0.1:8080"})).status == 200
