"""Lists of files take what is dropped on them or pasted; scripts do that, and nothing else needs them."""

import itertools
import re

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.site import post, upload
from tests.e2e.uploading import drop_from_disk, paste, ready, uploading
from tests.e2e.visitor import visiting
from tests.files.door import PNG

NUMBERS = itertools.count()


@pytest_asyncio.fixture(loop_scope="session")
async def nora(browser, lonely):
    async with uploading(browser, lonely) as visitor:
        yield visitor


@pytest_asyncio.fixture(loop_scope="session")
async def folder(lonely):
    """Return the address of a new folder of nora's."""
    async with lonely.person("nora") as client:
        return await post(client, "/folders", name=f"相册 {next(NUMBERS)}", parent="")


def listed(visitor, name):
    return visitor.main.locator(".files").get_by_role("link", name=name, exact=True)


def place(visitor):
    return visitor.main.locator("[data-drop-here]")


async def test_what_is_dropped_on_a_folder_goes_into_it(nora, folder, tmp_path):
    (tmp_path / "一.txt").write_text("1")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "b.txt").write_text("2")
    await nora.go(f"{folder}?view=grid")
    await expect(nora.main.get_by_text("Drop files and folders anywhere")).to_be_visible()
    await drop_from_disk(nora, tmp_path / "一.txt", tmp_path / "inner")
    await nora.notice("Uploaded.")
    assert nora.page.url == f"{nora.url}{folder}?view=grid&notice=uploaded"
    await expect(listed(nora, "一.txt")).to_be_visible()
    await nora.follow("inner")
    await expect(listed(nora, "b.txt")).to_be_visible()


async def test_it_says_where_it_will_go(nora, folder, tmp_path):
    (tmp_path / "a.txt").write_text("1")
    await nora.go(folder)
    await drop_from_disk(nora, tmp_path / "a.txt", kinds=("dragEnter", "dragOver"))
    await expect(place(nora)).to_have_class(re.compile("over"))
    said = await place(nora).evaluate("place => getComputedStyle(place, '::before').content")
    assert "Drop here to upload into “相册" in said
    await nora.page.evaluate(
        "() => document.body.dispatchEvent(new DragEvent('dragleave', {bubbles: true}))"
    )
    await expect(place(nora)).not_to_have_class(re.compile("over"))


async def test_what_is_dropped_on_the_list_lies_on_top(nora, tmp_path):
    name = f"top {next(NUMBERS)}.txt"
    (tmp_path / name).write_text("1")
    await nora.go("/files")
    await drop_from_disk(nora, tmp_path / name)
    await nora.notice("Uploaded.")
    await expect(listed(nora, name)).to_be_visible()


@pytest.mark.parametrize("page", ["/files", "/upload"])
async def test_a_pasted_picture_gets_a_name_that_nobody_guesses(nora, page):
    await nora.go(page)
    await (ready(nora) if page == "/upload" else expect(place(nora)).to_be_visible())
    await paste(nora, ("image.png", "image/png", PNG))
    if page == "/upload":
        await nora.press("Upload")
    await nora.notice("Uploaded.")
    name = await nora.main.locator(".files h2", has_text="image").first.inner_text()
    assert re.fullmatch(r"image-[0-9a-hjkmnp-tv-z]{8}\.png", name)


async def test_a_pasted_file_keeps_its_name(nora, folder):
    await nora.go(folder)
    await paste(nora, ("image of 夜.png", "image/png", PNG))
    await nora.notice("Uploaded.")
    await expect(listed(nora, "image of 夜.png")).to_be_visible()


async def test_a_picture_of_the_page_is_no_file(nora, folder):
    await nora.go(folder)
    await nora.page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(["x"], "own.png", {type: "image/png"}));
            const tell = name => document.querySelector("h1").dispatchEvent(
                new DragEvent(name, {dataTransfer: transfer, bubbles: true, cancelable: true}));
            document.body.dataset.taken = ["dragstart", "dragover", "drop"].map(tell).join();
            tell("dragend");
            document.body.dataset.then = ["dragover"].map(tell).join();
        }"""
    )
    body = nora.page.locator("body")
    await expect(body).to_have_attribute("data-taken", "true,true,true")  # nobody prevented it
    await expect(body).to_have_attribute("data-then", "false")
    await expect(nora.main.locator("form[data-upload]")).to_have_count(0)


async def test_more_may_be_dropped_while_it_runs(nora, folder, tmp_path):
    for name in ("first.txt", "second.txt"):
        (tmp_path / name).write_text(name)
    await nora.go(folder)
    await nora.page.route("**/uploads", lambda route: route.abort("internetdisconnected"))
    await drop_from_disk(nora, tmp_path / "first.txt")
    await expect(nora.main.locator("[data-uploads] li")).to_have_count(1)
    await drop_from_disk(nora, tmp_path / "second.txt")
    await expect(nora.main.locator("[data-uploads] li")).to_have_count(2)
    await expect(nora.main.get_by_role("button", name="Upload", exact=True)).to_be_hidden()
    await nora.page.unroute("**/uploads")
    await nora.notice("Uploaded.")
    for name in ("first.txt", "second.txt"):
        await expect(listed(nora, name)).to_be_visible()


async def test_who_is_signed_out_meanwhile_comes_to_the_page(nora, folder, tmp_path):
    (tmp_path / "a.txt").write_text("1")
    await nora.go(folder)
    await nora.page.context.clear_cookies()
    await drop_from_disk(nora, tmp_path / "a.txt")
    await nora.page.wait_for_url(f"{nora.url}/login?next=/upload*folder*")


async def test_a_server_that_is_away_is_said(nora, folder, tmp_path):
    (tmp_path / "a.txt").write_text("1")
    await nora.go(folder)
    await nora.page.route("**/upload?*", lambda route: route.abort("internetdisconnected"))
    await drop_from_disk(nora, tmp_path / "a.txt")
    await expect(nora.main.get_by_text("Please drop them again")).to_be_visible()
    await nora.page.unroute("**/upload?*")
    await drop_from_disk(nora, tmp_path / "a.txt")
    await nora.notice("Uploaded.")


async def test_folders_of_others_and_pages_without_scripts_have_no_such_place(browser, lonely):
    async with lonely.person("olaf") as client:
        his = await post(client, "/folders", name="open", parent="")
        await post(client, f"{his}/edit", name="open", parent="", visibility="public")
        await upload(client, **{"a.txt": b"1"})
    async with uploading(browser, lonely) as nora:
        await nora.go(his)
        await expect(place(nora)).to_have_count(0)
    async with visiting(browser, lonely.url) as stranger:
        await stranger.go(his)
        await expect(place(stranger)).to_have_count(0)
    async with uploading(browser, lonely, scripts=False) as plain:
        await plain.go("/files")
        await expect(place(plain)).to_be_hidden()
