import pytest

from tests.files.door import JSON, PNG, sha256, upload
from www.middlewares.headers import CONTENT_SECURITY_POLICY

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
CHINESE = "春眠不觉晓，处处闻啼鸟。".encode()


async def get(client, file, **headers):
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.get(file["url"], headers=sent, allow_redirects=False)


async def test_a_stranger_gets_name_type_length_and_tag(alice, client):
    [file] = await upload(alice, ("图 1.png", PNG))
    answer = await get(client, file)
    assert await answer.read() == PNG
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Length"] == str(len(PNG))
    assert answer.headers["Content-Disposition"] == (
        "inline; filename=\"1.png\"; filename*=UTF-8''%E5%9B%BE%201.png"
    )
    assert answer.headers["ETag"] == f'"{sha256(PNG)}"'
    assert answer.headers["Accept-Ranges"] == "bytes"


async def test_its_own_headers_win_over_those_of_pages(alice, client):
    [file] = await upload(alice, ("1.png", PNG))
    headers = (await get(client, file)).headers
    [policy] = headers.getall("Content-Security-Policy")
    assert policy != CONTENT_SECURITY_POLICY
    assert policy.startswith("default-src 'none'; img-src 'self';")
    assert "script-src" not in policy
    assert headers.getall("Cache-Control") == ["private, no-cache"]
    assert headers.getall("X-Content-Type-Options") == ["nosniff"]


@pytest.mark.parametrize(
    ("name", "content"), [("a.svg", SVG), ("a.html", HTML), ("a.txt", HTML), ("a.png", SVG)]
)
async def test_html_and_svg_never_run_in_our_origin(alice, client, name, content):
    [file] = await upload(alice, (name, content))
    headers = (await get(client, file)).headers
    assert headers["Content-Disposition"].startswith("attachment;")
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_chinese_text_says_its_encoding(alice, client):
    [file] = await upload(alice, ("诗.txt", CHINESE))
    answer = await get(client, file)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert await answer.text() == CHINESE.decode()


async def test_it_goes_on_where_it_broke_off(alice, client):
    content = bytes(range(256)) * 4000
    [file] = await upload(alice, ("a.bin", content))
    answer = await get(client, file, Range="bytes=500000-", If_Range=f'"{file["sha256"]}"')
    assert (answer.status, await answer.read()) == (206, content[500_000:])
    assert answer.headers["Content-Range"] == f"bytes 500000-{len(content) - 1}/{len(content)}"
    assert (await get(client, file, Range="bytes=9000000-")).status == 416


async def test_it_is_not_sent_twice(alice, client):
    [file] = await upload(alice, ("1.png", PNG))
    answer = await get(client, file, If_None_Match=f'"{file["sha256"]}"')
    assert (answer.status, await answer.read()) == (304, b"")
    assert (await get(client, file, If_Match='"other"')).status == 412


async def test_a_head_says_the_same(alice, client):
    [file] = await upload(alice, ("1.txt", b"text"))
    whole, head = await get(client, file), await client.head(file["url"])
    assert await head.read() == b""
    for name in ("Content-Length", "Content-Type", "ETag", "Content-Disposition"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    "wrong", ["other.png", "1.PNG", "delete/", "a/b", "%00.png", "%FF", "1.png%20"]
)
async def test_the_number_alone_tells_nothing(alice, client, wrong):
    [file] = await upload(alice, ("1.png", PNG))
    answer = await client.get(f"/files/{file['id']}/{wrong}", allow_redirects=False)
    nowhere = await client.get(f"/files/999/{wrong}", allow_redirects=False)
    assert (answer.status, nowhere.status) == (404, 404)
    assert "1.png</" not in await answer.text()


@pytest.mark.parametrize(
    "path",
    ["1/a", "0/a", "-1/a", "01/a", "x/a", "1", "1/", "9" * 18 + "/a", "9" * 19 + "/a", "٣/a"],
)
async def test_nonsense_is_not_found(client, path):
    assert (await client.get(f"/files/{path}")).status == 404
    answer = await client.get(f"/files/{path}", headers=JSON)
    assert (answer.status, answer.content_type) == (404, "application/problem+json")
