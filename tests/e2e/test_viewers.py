"""Uploaded files in a browser: what may be shown is shown, what could run never does."""

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.filled import HTML, PDF, SVG, cookie_of, png, wav
from tests.e2e.site import upload, write
from tests.e2e.visitor import let_in, visiting


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def files(lonely):
    """Return the addresses of uploaded files, by name."""
    async with lonely.person("fred") as client:
        lonely.cookies["fred"] = cookie_of(client)
        found = await upload(
            client,
            **{"picture.png": png(), "sound.wav": wav(), "paper.pdf": PDF, "text.txt": b"words"},
            **{"evil.svg": SVG, "evil.html": HTML, "hidden.png": HTML, "evil.xml": SVG},
        )
        found = {file["name"]: file["url"] for file in found}
        found["post"] = await write(client, "Picture", f"![a square]({found['picture.png']})")
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def fred(browser, lonely, files):
    async with visiting(browser, lonely.url) as visitor:
        await let_in(visitor, lonely, "fred")
        yield visitor


async def test_a_picture_is_shown(fred, files):
    await fred.go(files["picture.png"])
    assert await fred.page.evaluate("() => document.images[0].naturalWidth") == 8


async def test_a_sound_plays(fred, files):
    await fred.go(files["sound.wav"])
    await fred.page.wait_for_function("() => document.querySelector('video').duration === 1")


async def test_a_paper_is_shown(fred, files):
    """The browser's own viewer is an extension in a frame: the policy must let it in."""

    def is_viewer(frame):
        return frame.url.startswith("chrome-extension:")

    async with fred.page.expect_event("framenavigated", is_viewer) as found:
        await fred.go(files["paper.pdf"])
    viewer = await found.value
    await expect(viewer.locator("#pagelength")).to_have_text("1")


async def test_a_text_is_shown(fred, files):
    await fred.go(files["text.txt"])
    await expect(fred.page.locator("body")).to_have_text("words")


async def test_a_picture_is_shown_in_a_post(fred, files):
    await fred.go(files["post"])
    picture = fred.main.get_by_role("img", name="a square")
    await picture.evaluate("picture => picture.decode()")
    assert await picture.evaluate("picture => picture.getBoundingClientRect().width") == 8
    assert "/w160." in await picture.evaluate("picture => picture.currentSrc")


@pytest.mark.parametrize("name", ["evil.svg", "evil.html", "hidden.png", "evil.xml"])
async def test_what_could_run_is_downloaded(fred, files, name):
    await fred.go("/files")
    async with fred.page.expect_download() as started:
        await fred.follow(name)
    download = await started.value
    assert download.suggested_filename == name
    assert (await download.path()).read_bytes() in {SVG, HTML}
    assert fred.page.url.endswith("/files")


@pytest.mark.parametrize("name", ["evil.svg", "evil.html", "hidden.png", "evil.xml"])
async def test_what_could_run_does_not_run_in_a_frame_either(browser, lonely, files, name):
    """A page of another origin tries to show it."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.route(
        "http://other.test/", lambda route: route.fulfill(body="<p>other", content_type="text/html")
    )
    await page.goto("http://other.test/")
    await page.set_content(f'<iframe src="{lonely.url}{files[name]}"></iframe>', wait_until="load")
    assert await page.evaluate("() => window.ran") is None
    assert [frame.url for frame in page.frames[1:]] in (
        [""],
        ["about:blank"],
        ["chrome-error://chromewebdata/"],
    )
    await context.close()
