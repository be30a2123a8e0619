import hashlib
import os
from pathlib import Path

import pytest

PNG = {"name": "图.png", "type": "image/png"}
HTML = {"name": "a.html", "type": "text/html"}


def open_files():
    return {link.resolve() for link in Path("/proc/self/fd").iterdir()}


async def store(storage, content):
    incoming = await storage.begin()
    await incoming.write(content)
    return (await incoming.commit()).sha256


@pytest.fixture(params=[0, 1, 1000, 262_144, 262_145, 2_000_000])
def content(request):
    """Empty, small (one write), on the edge, and streamed."""
    return os.urandom(request.param)


async def get(bare, sha256, size, file=PNG, method="GET", **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await bare.request(method, f"/{sha256}", params=file | {"size": size}, headers=names)


async def test_it_sends_every_byte(bare, storage, content):
    answer = await get(bare, await store(storage, content), len(content))
    assert (answer.status, answer.content_length) == (200, len(content))
    assert await answer.read() == content


async def test_a_head_says_the_same_and_sends_nothing(bare, storage, content):
    sha256 = await store(storage, content)
    whole = await get(bare, sha256, len(content))
    head = await get(bare, sha256, len(content), method="HEAD")
    assert {**head.headers, "Date": ""} == {**whole.headers, "Date": ""}
    assert await head.read() == b""


@pytest.mark.parametrize(("first", "last"), [(0, 0), (10, 499_999), (1_999_999, 2_000_000)])
async def test_it_sends_a_range(bare, storage, first, last):
    content = os.urandom(2_000_000)
    answer = await get(
        bare, await store(storage, content), len(content), Range=f"bytes={first}-{last}"
    )
    assert answer.status == 206
    assert await answer.read() == content[first : last + 1]
    assert answer.headers["Content-Range"] == f"bytes {first}-{min(last, 1_999_999)}/2000000"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If_None_Match": "*"}, 304),
        ({"If_Match": '"x"'}, 412),
        ({"Range": "bytes=9-"}, 416),
        ({"Range": "bytes=0-1", "If_Range": '"x"'}, 200),
    ],
)
async def test_it_keeps_conditions(bare, storage, headers, status):
    answer = await get(bare, await store(storage, b"hello"), 5, **headers)
    assert answer.status == status
    assert (await answer.read() == b"hello") == (status == 200)


async def test_it_shows_what_is_harmless(bare, storage):
    sha256 = await store(storage, b"hello")
    headers = (await get(bare, sha256, 5)).headers
    assert headers["Content-Type"] == "image/png"
    assert (
        headers["Content-Disposition"]
        == "inline; filename=\"file.png\"; filename*=UTF-8''%E5%9B%BE.png"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["ETag"] == f'"{sha256}"'
    assert headers["Last-Modified"] == "Tue, 20 Oct 2026 10:00:00 GMT"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Cache-Control"] == "private, no-cache"
    # The two say the same: a page of this site may show it in a frame.
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "SAMEORIGIN"


async def test_it_locks_up_what_could_run(bare, storage):
    headers = (await get(bare, await store(storage, b"<script>"), 8, HTML)).headers
    assert headers["Content-Disposition"] == 'attachment; filename="a.html"'
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_it_misses_what_is_gone(bare):
    assert (await get(bare, hashlib.sha256(b"").hexdigest(), 0)).status == 404
    assert (await get(bare, "nonsense", 0)).status == 404


async def test_it_closes_the_file_when_the_client_leaves(bare, storage):
    content = os.urandom(20_000_000)
    sha256 = await store(storage, content)
    answer = await get(bare, sha256, len(content))
    assert await answer.content.read(10) == content[:10]
    answer.close()
    await answer.wait_for_close()
    await bare.close()
    assert storage.path(sha256) not in open_files()
