"""The uploader in the page: large files, broken off, gone on with; and what it says."""

import hashlib
import os
import re

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.actors import PASSWORD
from tests.e2e.site import running
from tests.e2e.uploading import (
    cut_off,
    drop,
    keep_nothing,
    ready,
    slowly,
    small_ones_arrive,
    stored,
    uploading,
)
from tests.e2e.visitor import let_in

SIZE = 200 * 1024 * 1024


@pytest_asyncio.fixture(loop_scope="session")
async def nora(browser, lonely):
    async with uploading(browser, lonely) as visitor:
        yield visitor


@pytest.fixture
def block():
    return os.urandom(1024 * 1024)


async def look(visitor):
    """Keep a picture where one is asked for."""
    if folder := os.environ.get("SHOTS"):
        for width, scheme in ((1280, "light"), (390, "dark")):
            await visitor.page.set_viewport_size({"width": width, "height": 900})
            await visitor.page.emulate_media(color_scheme=scheme)
            await visitor.page.screenshot(path=f"{folder}/uploader-{width}.png", full_page=True)


async def offset_of(visitor):
    """Return what the server has of the upload that the page has begun."""
    return await visitor.page.evaluate(
        """async () => {
            const key = Object.keys(localStorage).find(key => key.startsWith("tus::"));
            if (!key) return 0;
            const url = JSON.parse(localStorage.getItem(key)).uploadUrl;
            const answer = await fetch(url, {method: "HEAD", headers: {"Tus-Resumable": "1.0.0"}});
            return Number(answer.headers.get("Upload-Offset"));
        }"""
    )


async def test_a_large_file_goes_on_after_a_reload(nora, lonely, block):
    nora.page.on("dialog", lambda dialog: dialog.accept())
    await slowly(nora, 60 * 1024 * 1024)
    await drop(nora, block, SIZE // len(block), "large.bin")
    await nora.press("Upload")
    bar = nora.main.get_by_role("progressbar", name="large.bin")
    await nora.page.wait_for_function("() => document.querySelector('progress').value > 0.5")
    await expect(nora.main.get_by_text("per second")).to_be_visible()
    await nora.page.reload()
    there = await offset_of(nora)
    assert 0.3 * SIZE < there < SIZE
    await slowly(nora, -1)
    await ready(nora)
    await drop(nora, block, SIZE // len(block), "large.bin")
    sent = []
    nora.page.on("request", lambda r: sent.append(r.headers) if r.method == "PATCH" else None)
    await nora.press("Upload")
    await nora.notice("Uploaded.")
    assert int(sent[0]["upload-offset"]) >= there
    assert await stored(nora, lonely, "large.bin") == hashlib.sha256(block * 200).hexdigest()
    await expect(bar).to_have_count(0)


async def test_it_pauses_and_goes_on(nora, lonely, block):
    await slowly(nora, 4 * 1024 * 1024)
    await drop(nora, block, 8, "paused.bin")
    await nora.press("Upload")
    await nora.page.wait_for_function("() => document.querySelector('progress').value > 0.2")
    await drop(nora, block, 1, "第二个文件.jpg")
    await look(nora)
    await nora.press("Pause", nora.main.locator("li", has_text="paused.bin"))
    await expect(nora.main.get_by_text("Paused. It goes on")).to_be_visible()
    await slowly(nora, -1)
    await nora.press("Resume")
    await nora.notice("Uploaded.")
    assert await stored(nora, lonely, "paused.bin") == hashlib.sha256(block * 8).hexdigest()


async def test_it_can_be_cancelled(nora, block):
    await slowly(nora, 1024 * 1024)
    await drop(nora, block, 8, "cancelled.bin")
    await nora.press("Upload")
    await nora.page.wait_for_function("() => document.querySelector('progress').value > 0")
    async with nora.page.expect_response(lambda r: r.request.method == "DELETE") as gone:
        await nora.press("Cancel")
    assert (await gone.value).status == 204
    await expect(nora.page.locator("[data-progress-text]")).to_have_text(
        "cancelled.bin was cancelled."
    )
    await expect(nora.main.get_by_role("progressbar", name="cancelled.bin")).to_have_count(0)


async def test_many_small_ones_go_together(nora):
    await small_ones_arrive(nora)


@pytest.mark.parametrize("how", ["forbidden", "full"])
async def test_it_uploads_where_the_browser_keeps_nothing(nora, lonely, block, how):
    await keep_nothing(nora, how)
    sent = []
    nora.page.on("request", lambda r: sent.append(r.method))
    await drop(nora, block, 8, f"{how}.bin")
    await nora.press("Upload")
    await nora.notice("Uploaded.")
    assert [method for method in sent if method != "GET"] == ["POST", "PATCH"]
    assert await stored(nora, lonely, f"{how}.bin") == hashlib.sha256(block * 8).hexdigest()


async def test_it_says_what_is_wrong_once(nora, lonely):
    await nora.page.evaluate("() => document.querySelector('[data-upload]').dataset.max = '10'")
    await choose(nora, "a.bin", bytes(11))
    said = nora.page.locator("[data-progress-text]")
    await expect(said).to_contain_text("a.bin: This file is larger than")
    await expect(said).to_have_class(re.compile("unseen"))  # for who hears the page
    await expect(nora.main.locator("li", has_text="This file is larger than")).to_have_count(1)
    await nora.press("Upload")
    await expect(said).to_have_text("Please choose a file.")
    await expect(said).not_to_have_class(re.compile("unseen"))
    await nora.page.context.clear_cookies()
    await choose(nora, "b", b"x")
    await nora.press("Upload")
    await expect(said).to_contain_text("b: You are signed out.")
    await let_in(nora, lonely, "nora")
    await nora.press("Try again")
    await expect(said).to_have_text("b has arrived.")


async def choose(visitor, name, content):
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    await visitor.page.locator("[type=file]").set_input_files(file)


async def test_what_does_not_fit_is_refused_before_a_byte(browser, tmp_path):
    with running(tmp_path, WWW_LIMITS__QUOTA_BYTES="300 kB") as small:
        async with uploading(browser, small) as nora:
            sent = []
            nora.page.on("request", lambda r: sent.append(r) if r.method != "GET" else None)
            await choose(nora, "fits.bin", bytes(200_000))
            await choose(nora, "not.bin", bytes(150_000))
            line = nora.main.locator("[data-uploads] li", has_text="not.bin")
            figures = "only 100 kB are left, as 200 kB of 300 kB are taken."
            await expect(line).to_contain_text(f"150 kB will not fit: {figures}")
            await choose(nora, "huge.bin", bytes(310_000))
            line = nora.main.locator("[data-uploads] li", has_text="huge.bin")
            await expect(line).to_contain_text(f"310 kB will not fit: {figures}")
            assert sent == []
            async with nora.page.expect_response("**/uploads") as answer:
                await nora.press("Try again", line)  # the server has the last word
            assert (await answer.value).status == 413
            figures = "only 300 kB are left, as 0 B of 300 kB are taken."
            await expect(line).to_contain_text(f"310 kB will not fit: {figures}")


async def test_the_button_goes_while_nothing_is_left_to_start(nora, block):
    button = nora.main.get_by_role("button", name="Upload", exact=True)
    await slowly(nora, 1024 * 1024)
    await drop(nora, block, 8, "cancelled.bin")
    await expect(button).to_be_visible()
    await button.focus()
    await nora.page.keyboard.press("Enter")
    await expect(button).to_be_hidden()
    await expect(nora.main.get_by_role("button", name="Pause", exact=True)).to_be_focused()
    await nora.press("Cancel")
    await expect(button).to_be_visible()
    await choose(nora, "waits", b"x")
    await expect(nora.main.get_by_text("Waiting.")).to_be_visible()


async def test_who_signs_in_again_comes_back_to_the_upload(nora, lonely, block):
    await nora.page.context.clear_cookies()
    await drop(nora, block, 3, "again.bin")
    await nora.press("Upload")
    async with nora.page.context.expect_page() as opened:
        await nora.follow("Sign in", nora.main)
    window = await opened.value
    await window.get_by_label("Name").fill("nora")
    await window.get_by_label("Password").fill(PASSWORD)
    async with window.expect_event("close"):
        await window.get_by_role("main").get_by_role("button", name="Sign in").click()
    await nora.notice("Uploaded.")
    assert await stored(nora, lonely, "again.bin") == hashlib.sha256(block * 3).hexdigest()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
async def test_it_is_as_open_as_one_chooses(browser, lonely, scripts):
    async with uploading(browser, lonely, language="zh-Hans", scripts=scripts) as nora:
        await nora.main.get_by_label("谁可以读取").select_option(label="私密")
        await choose(nora, f"秘密 {scripts}.txt", b"x")
        await nora.press("Upload")
        await nora.notice("Uploaded.")
        line = nora.main.locator(".files .file", has_text=f"秘密 {scripts}.txt")
        await expect(line.get_by_text("私密")).to_be_visible()


async def test_a_server_that_is_away_is_asked_again(nora, block):
    async with cut_off(nora, "**/uploads/**", "**/uploads"):
        await drop(nora, block, 3, "away.bin")
        await nora.press("Upload")
        await expect(nora.main.get_by_text("The server does not answer.")).to_be_visible()
    await nora.notice("Uploaded.")


async def test_signing_in_again_goes_on_where_it_was(nora, lonely, block):
    await slowly(nora, 4 * 1024 * 1024)
    await drop(nora, block, 8, "signed.bin")
    await nora.press("Upload")
    await nora.page.wait_for_function("() => document.querySelector('progress').value > 0.3")
    await nora.press("Pause")
    await nora.page.context.clear_cookies()
    await nora.press("Resume")
    await expect(nora.main.get_by_text("You are signed out.").first).to_be_visible()
    await let_in(nora, lonely, "nora")
    await slowly(nora, -1)
    sent = []
    nora.page.on("request", lambda r: sent.append(r) if r.method in {"POST", "PATCH"} else None)
    await nora.press("Try again")
    await nora.notice("Uploaded.")
    assert sent[0].method == "PATCH"
    assert int(sent[0].headers["upload-offset"]) > 1024 * 1024
    assert await stored(nora, lonely, "signed.bin") == hashlib.sha256(block * 8).hexdigest()


async def test_signing_in_again_does_not_begin_again(nora, lonely, block):
    """The session ends after the upload was begun, while the line is broken."""
    async with cut_off(nora, "**/uploads/**"):
        await drop(nora, block, 3, "begun.bin")
        await nora.press("Upload")
        await expect(nora.main.get_by_text("The server does not answer.")).to_be_visible()
        await nora.page.context.clear_cookies()
    await expect(nora.main.get_by_text("You are signed out.").first).to_be_visible()
    await let_in(nora, lonely, "nora")
    sent = []
    nora.page.on("request", lambda r: sent.append(r.method) if r.method != "GET" else None)
    await nora.press("Try again")
    await nora.notice("Uploaded.")
    assert sent == ["HEAD", "PATCH"]


async def test_it_waits_for_the_network(nora, block):
    context = nora.page.context
    await drop(nora, block, 8, "offline.bin")
    await context.set_offline(True)
    await nora.press("Upload")
    await expect(nora.main.get_by_text("The connection is lost.").first).to_be_visible()
    await context.set_offline(False)
    await nora.notice("Uploaded.")
