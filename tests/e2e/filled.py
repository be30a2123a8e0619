"""A site with everything in it that a page can show: what tests of pages look at."""

import contextlib
import io
import re
import struct
import zlib

from tests.actors import PASSWORD
from tests.e2e.site import post, read, upload, write
from tests.templates.texts import ARTICLE_SOURCE, HEADLINES
from tests.uploads.door import claims

HOSTILE = """<script>alert(1)</script><img src="/static/images/seal.png" onload="alert(1)"> [a](javascript:alert(1))

![far](https://example.com/far.png) <iframe src="https://example.com"></iframe>

<style>body { display: none }</style><p style="position:fixed" onclick="alert(1)">text</p>
"""
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>top.ran = document.title = "ran"</script></svg>'
HTML = b"<!doctype html><title>page</title><script>document.title = 'ran'</script><h1>Page</h1>"
PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj
trailer<</Root 1 0 R>>
"""


def png(width=8, height=8):
    """Return a picture in one colour."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\xa0\x30\x20" * width) * height
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def wav(frames=8000):
    """Return a second of silence."""
    data = bytes(frames * 2)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    rest = b"WAVE" + form + struct.pack("<4sI", b"data", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(rest)) + rest


async def fill(site):
    """Write, answer, upload and invite; `site.places` gets the addresses, `site.cookies` the people."""
    async with contextlib.AsyncExitStack() as stack:
        rosa = await stack.enter_async_context(site.administrator("rosa"))
        lin = await stack.enter_async_context(site.person("林小雨"))
        site.places = await _posts(lin)
        await _conversation(rosa, lin, site.places["article"])
        await upload(
            lin,
            **{"夜航船.png": png(), "notes.txt": b"words", "evil.svg": SVG, "a page.html": HTML},
            **{"paper.pdf": PDF, f"{'very-long-name-' * 12}.bin": bytes(5000)},
        )
        site.places |= await _shared(lin)
        await _unfinished(lin)
        about = {
            "display_name": "Rosa <Lantern> & Co",
            "email": "rosa@example.org",
            "current": PASSWORD,
        }
        await post(rosa, "/account/profile", **about, bio="Letters, gardens and small machines.")
        await post(rosa, "/admin/invitations", expected=200, role="reader")
        site.cookies = {"rosa": cookie_of(rosa), "lin": cookie_of(lin)}


async def _shared(lin):
    """Make a folder and a link of each kind; return their addresses."""
    await post(lin, "/folders", name="照片 & more", parent="")
    await post(lin, "/files/2/edit", name="notes.txt", folder="1", visibility="unlisted")
    places = {}
    for name, path, password in (
        ("shared-file", "/files/1", ""),
        ("shared-folder", "/folders/1", ""),
        ("shared-password", "/files/3", "open sesame"),
    ):
        await post(lin, f"{path}/share", lifetime="7", limit="", password=password)
        page = await read(lin, f"{path}/share")
        places[name] = re.findall(r'href="(/s/[^"]+)"', page)[0]
    return places


async def _unfinished(lin):
    """Leave an upload at half."""
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "4000000"}
    headers["Upload-Metadata"] = claims(filename="远行 film.webm", modified="1")
    headers["Content-Type"] = "application/offset+octet-stream"
    async with lin.post("/uploads", data=io.BytesIO(bytes(1_500_000)), headers=headers) as answer:
        assert answer.status == 201, await answer.text()


async def _posts(lin):
    for number in range(12):
        await write(lin, f"Letter {number}", "A short letter.", tags="letters")
    places = {"hostile": await write(lin, "Hostile text", HOSTILE)}
    for title, text in HEADLINES[1:]:
        await write(lin, title, text or title, tags="letters, 读书")
    title = HEADLINES[0][0]
    places["draft"] = await write(lin, "A draft", ARTICLE_SOURCE, action="draft")
    places["article"] = await write(lin, title, ARTICLE_SOURCE, tags="letters, 读书, C++ & C#")
    return places


async def _conversation(rosa, lin, article):
    number = article.removeprefix("/blogs/").partition("-")[0]
    comments = f"/blogs/{number}/comments"
    parent = deleted = ""
    for level in range(6):
        body = f"Answer **{level}**: 写得好 `code`\n\n> quoted\n\n- [x] read"
        location = await post(rosa if level % 2 else lin, comments, body=body, parent=parent)
        parent = location.rpartition("-")[2]
        if level == 1:
            deleted = parent
    await post(rosa, f"/comments/{deleted}/delete")
    await post(rosa, comments, body="A" * 300, parent="")


def cookie_of(client):
    """Return the token of a client's session."""
    return next(cookie.value for cookie in client.cookie_jar if cookie.key.endswith("session"))
