"""Files that are several things at once, in a real browser: nothing of theirs runs in our origin."""

import contextlib

import pytest_asyncio
from playwright.async_api import Error

from tests.e2e.filled import PDF, cookie_of, png
from tests.e2e.site import upload

RUN = "fetch('/ran?by=' + encodeURIComponent(document.contentType)); top.ran = true"
SCRIPT = f'<script>{RUN}</script><img src=/ran onerror="{RUN}">'.encode()
HTML = b"<!doctype html>" + SCRIPT
SVG = (
    f'<svg xmlns="http://www.w3.org/2000/svg" onload="{RUN}"><script>{RUN}</script></svg>'.encode()
)
XHTML = f'<html xmlns="http://www.w3.org/1999/xhtml"><script>{RUN}</script></html>'.encode()
XSLT = (
    b'<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="#s"?><!DOCTYPE x [<!ATTLIST xsl:styles'
    b'heet id ID #REQUIRED>]><x><xsl:stylesheet id="s" version="1.0" xmlns:xsl="http://www.w3.org/1999/'
    b'XSL/Transform"><xsl:template match="/">' + XHTML + b"</xsl:template></xsl:stylesheet></x>"
)
MHT = (
    b"From: <Saved>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=B\r\n\r\n--B\r\n"
    b"Content-Type: text/html\r\nContent-Location: http://x/\r\n\r\n" + HTML + b"\r\n--B--\r\n"
)
PDF_JS = PDF.replace(
    b"/Pages 2 0 R",
    b"/Pages 2 0 R/OpenAction<</S/JavaScript/JS(this.submitForm\\('/ran'\\))>>",
)
JS = RUN.encode()
FILES = {
    "plain.html": HTML,
    "late.html": b" " * 5000 + HTML,
    "utf16.html": b"\xff\xfe" + HTML.decode().encode("utf-16-le"),
    "utf7.txt": b"+ADw-script+AD4-" + JS + b"+ADw-/script+AD4-",
    "text.txt": b"words\n" + HTML,
    "none": HTML,
    "picture.png": png() + HTML,
    "head.png": b"\x89PNG\r\n\x1a\n" + HTML,
    "head.jpg": b"\xff\xd8\xff\xe0" + HTML,
    "head.gif": b"GIF89a" + HTML,
    "head.bmp": b"BM" + HTML,
    "head.ico": b"\x00\x00\x01\x00" + HTML,
    "head.webp": b"RIFF\0\0\0\0WEBP" + HTML,
    "head.mp4": b"\0\0\0\x18ftypmp42" + HTML,
    "head.mp3": b"ID3\4\0" + HTML,
    "head.pdf": PDF + HTML,
    "script.pdf": PDF_JS,
    "svg.svg": SVG,
    "svg.png": SVG,
    "late.svg": b"<!--" + b"x" * 5000 + b"-->" + SVG,
    "xhtml.xhtml": XHTML,
    "xml.xml": XSLT,
    "entities.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "/ran">]><a>&x;</a>',
    "page.mht": MHT,
    "film.swf": b"CWS\x0b" + HTML,
    "feed.rss": b'<?xml version="1.0"?><rss>' + XHTML + b"</rss>",
    "script.js": JS,
    "module.mjs": JS,
    "gif.js": b"GIF89a=1;" + JS,
    "data.json": JS,
    "style.css": b"body { background: url(/ran) }",
    "noise.wasm": b"\0asm\1\0\0\0",
    "worker.txt": JS,
}

# A page of our own origin that somebody could write anything into, and without a policy.
LOADERS = """
async ([url]) => {
  const wait = made => new Promise(done => { made.onload = made.onerror = done; setTimeout(done, 700); });
  const put = (tag, set) => { const made = document.createElement(tag); Object.assign(made, set);
    const done = wait(made); document.body.append(made); return done; };
  const tries = [put('script', {src: url}), put('script', {src: url, type: 'module'}),
    put('link', {rel: 'stylesheet', href: url})];
  await Promise.all(tries);
  const worker = await navigator.serviceWorker.register(url).then(() => 'ran', () => '');
  const thread = await new Promise(done => { const made = new Worker(url); made.onerror = () => done('');
    made.onmessage = () => done('ran'); setTimeout(() => done(''), 100); });
  return [worker, thread, getComputedStyle(document.body).backgroundImage, typeof window.ran].join(' ');
}
"""
FRAMES = """
async ([url]) => {
  for (const [tag, name] of [['iframe', 'src'], ['object', 'data'], ['embed', 'src']]) {
    const made = document.createElement(tag);
    made[name] = url;
    document.body.append(made);
  }
  await new Promise(done => setTimeout(done, 100));
  return typeof window.ran;
}
"""


def sending(body, kind):
    """Answer a route with this."""

    async def send(route):
        await route.fulfill(body=body, content_type=kind)

    return send


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def addresses(lonely):
    async with lonely.person("greta") as client:
        lonely.cookies["greta"] = cookie_of(client)
        return {file["name"]: file["url"] for file in await upload(client, **FILES)}


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser, lonely, addresses):
    """A window of the one who may read them; `page.ran` are the requests that only code makes."""
    context = await browser.new_context(accept_downloads=True)
    cookie = {"name": "session", "value": lonely.cookies["greta"], "url": lonely.url}
    await context.add_cookies([cookie])
    page = await context.new_page()
    page.ran = []
    context.on("request", lambda asked: page.ran.append(asked.url) if "/ran" in asked.url else None)
    page.on("dialog", lambda dialog: page.ran.append(dialog.message))

    await page.route("**/attacked", sending(b"<!doctype html><body>", "text/html"))
    yield page
    await context.close()


async def test_nothing_runs_that_is_opened(page, lonely, addresses):
    for name, path in addresses.items():
        with contextlib.suppress(Error):  # a download is no page
            await page.goto(lonely.url + path, wait_until="load")
        await page.wait_for_timeout(50)
        assert not page.ran, (name, page.ran)


async def test_nothing_runs_in_frames_of_our_own_pages(page, lonely, addresses):
    for name, path in addresses.items():
        await page.goto(f"{lonely.url}/attacked")
        assert await page.evaluate(FRAMES, [path]) == "undefined", name
        assert not page.ran, (name, page.ran)


async def test_nothing_is_taken_for_a_script_or_a_style(page, lonely, addresses):
    """Not even where somebody managed to write tags into a page that has no policy."""
    for name, path in addresses.items():
        await page.goto(f"{lonely.url}/attacked")
        assert await page.evaluate(LOADERS, [path]) == "  none undefined", name
        assert not page.ran, (name, page.ran)


async def test_the_traps_would_be_seen(page, lonely):
    """The same bytes, were they sent as what they are."""
    kinds = {
        "html": (HTML, "text/html"),
        "svg": (SVG, "image/svg+xml"),
        "js": (JS, "text/javascript"),
    }
    for ending, (body, kind) in kinds.items():
        await page.route(f"**/a.{ending}", sending(body, kind))
    for ending in ("html", "svg"):
        async with page.expect_request("**/ran?by=*"):
            await page.goto(f"{lonely.url}/a.{ending}")
    await page.goto(f"{lonely.url}/attacked")
    async with page.expect_request("**/ran?by=*"):
        assert (await page.evaluate(LOADERS, ["/a.js"])).endswith("boolean")
    assert len(page.ran) >= 3
