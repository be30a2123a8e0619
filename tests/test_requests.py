"""Reading forms and queries: bounded, strict, and never a 500."""

import pytest

from tests.chassis import make_app
from www.requests import wants_json

URLENCODED = "application/x-www-form-urlencoded"


@pytest.fixture
async def client(aiohttp_client):
    return await aiohttp_client(make_app(limits={"form_bytes": 100_000, "body_bytes": 30_000}))


async def send(client, body, content_type=URLENCODED):
    response = await client.post("/form", data=body, headers={"Content-Type": content_type})
    return response.status, await response.text()


async def test_it_reads_both_encodings(client):
    multipart = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xe4\xbd\xa0\r\n--B--\r\n'
    assert await send(client, b"a=%E4%BD%A0") == (200, '[["a", "\\u4f60"]]')
    assert await send(client, multipart, "multipart/form-data; boundary=B") == (
        200,
        '[["a", "\\u4f60"]]',
    )


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"a=b", "text/plain", 415),
        (b"a=b", "", 415),
        (b"a=b", f"{URLENCODED}; charset=gbk", 415),
        (b"a=b", f"{URLENCODED}; charset=UTF-8", 200),
        (b"a=" + b"x" * 100_000, URLENCODED, 413),
        (b"&".join(b"f%d=1" % n for n in range(10_000)), URLENCODED, 413),
        (b"&" * 90_000, URLENCODED, 413),
        (b"%" * 90_000, URLENCODED, 400),
        (b"a=%FF", URLENCODED, 400),
        (b"a=\xff", URLENCODED, 400),
        (b"a=%ED%A0%80", URLENCODED, 400),
        (b"a=%00", URLENCODED, 400),
        (b"", URLENCODED, 200),
        (b"a=b", "multipart/form-data", 400),
        (b"a=b", "multipart/form-data; boundary=B", 400),
        (b'--B\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n\r\n--B--',
         "multipart/form-data; boundary=B", 400),
    ],
)  # fmt: skip
async def test_nonsense_is_refused(client, body, content_type, status):
    assert (await send(client, body, content_type))[0] == status


async def test_it_says_how_much_is_allowed(client):
    part = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    for body, content_type in (
        (b"&".join([b"a=1"] * 21), URLENCODED),
        (part * 21 + b"--B--", "multipart/form-data; boundary=B"),
    ):
        status, text = await send(client, body, content_type)
        assert (status, "too many fields: at most 20 are allowed" in text) == (413, True)
    status, text = await send(client, b"a=" + b"x" * 100_000)
    assert status == 413
    assert "at most 100 kB are allowed" in text


async def test_a_body_without_length_is_counted_while_it_arrives(client):
    async def endless():
        for _ in range(1000):
            yield b"a" * 1000

    assert (await send(client, endless()))[0] == 413


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ("", 200, ""),
        ("q=", 200, ""),
        ("q=%20%E4%BD%A0+b%20&q=c", 200, "你 b"),
        ("q=%FF", 400, None),
        ("q=%00", 400, None),
        ("q=" + "a" * 21, 400, None),
        ("a&" * 2000, 400, None),
        ("q=100%25%", 200, "100%%"),
    ],
)
async def test_it_reads_the_query(client, query, status, text):
    from yarl import URL

    response = await client.get(URL(f"/query?{query}", encoded=True))
    assert response.status == status
    assert text is None or await response.text() == text


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, False),
        ("*/*", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("application/json", True),
        ("application/problem+json", True),
        ("APPLICATION/JSON", True),
        ("application/json, text/html;q=0.5", True),
        ("application/json;q=0.5, text/html", False),
        ("text/html, application/json", False),
        ("application/json;q=", True),
        ("json,,;;=q,\xff", False),
    ],
)
def test_programs_ask_for_json(accept, expected):
    from aiohttp.test_utils import make_mocked_request

    headers = {} if accept is None else {"Accept": accept}
    assert wants_json(make_mocked_request("GET", "/", headers=headers)) is expected
    assert wants_json(make_mocked_request("GET", "/api/v1/blogs", headers=headers))
