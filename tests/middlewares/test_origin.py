"""Forged requests are refused without looking at the body."""

import pytest

from tests.chassis import make_app

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": ""}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://www.test"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.test"}, 200),
        ({"Origin": "http://www.test"}, 200),
        ({"Origin": "http://WWW.test:80"}, 200),
        ({"Origin": "http://www.test:8080"}, 403),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[evil"}, 403),
        ({"Origin": "http://www.test.evil.test"}, 403),
    ],
)
async def test_it_lets_only_our_own_pages_post(aiohttp_client, headers, status):
    client = await aiohttp_client(make_app())
    sent = {**FORM, **headers, "Host": "www.test"}
    response = await client.post("/form", data=b"a=b", headers=sent)
    assert response.status == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://www.test", 200),
        ("https://www.test:443", 200),
        ("http://www.test", 403),
        ("http://www.test:443", 403),
        ("ftp://www.test", 403),
    ],
)
async def test_a_page_that_was_not_encrypted_is_another_site(aiohttp_client, origin, status):
    client = await aiohttp_client(make_app(server={"base_url": "https://www.test"}))
    sent = {**FORM, "Origin": origin, "Host": "www.test"}
    assert (await client.post("/form", data=b"a=b", headers=sent)).status == status


async def test_links_from_elsewhere_work(aiohttp_client):
    client = await aiohttp_client(make_app())
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.test"}
    assert (await client.get("/hello", headers=headers)).status == 200
    assert (await client.head("/hello", headers=headers)).status == 200
