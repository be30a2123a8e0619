"""Uploads of earlier visits: the page lists them, goes on with them, or discards them."""

import hashlib
import itertools
import os

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.uploading import ready, slowly, stored, uploading
from tests.e2e.visitor import PHONE

MIB = 1024 * 1024
NUMBERS = itertools.count()  # the site remembers the files of other tests


@pytest_asyncio.fixture(loop_scope="session")
async def nora(browser, lonely):
    async with uploading(browser, lonely) as visitor:
        visitor.page.on("dialog", lambda dialog: dialog.accept())
        yield visitor


@pytest.fixture
def film(tmp_path):
    """Return the path of a file on the disk of the visitor."""
    path = tmp_path / f"夜 & 航 {next(NUMBERS)}.bin"
    path.write_bytes(os.urandom(12 * MIB))
    return path


async def begin(visitor, path):
    """Leave an upload at half."""
    await slowly(visitor, 8 * MIB)
    await visitor.page.locator("#f-file").set_input_files(path)
    await visitor.press("Upload")
    await visitor.page.wait_for_function("() => document.querySelector('progress').value > 0.4")
    await visitor.page.reload()
    await slowly(visitor, -1)
    await expect(entry(visitor, path)).to_be_visible()


def entry(visitor, path):
    return visitor.main.locator("[data-unfinished] li", has_text=path.name)


async def choose(visitor, button, path):
    async with visitor.page.expect_file_chooser() as chooser:
        await visitor.main.locator(button).click()
    await (await chooser.value).set_files(path)


async def test_it_is_listed_and_goes_on_with_the_same_file(nora, lonely, film):
    await begin(nora, film)
    offset = int(await entry(nora, film).get_attribute("data-arrived"))
    assert 0.2 * 12 * MIB < offset < 12 * MIB
    await expect(entry(nora, film)).to_contain_text("of 13 MB have arrived.")
    sent = []
    nora.page.on("request", lambda r: sent.append(r) if r.method in {"POST", "PATCH"} else None)
    await choose(nora, "[data-again]", film)
    await nora.notice("Uploaded.")
    assert [request.method for request in sent][:1] == ["PATCH"]
    assert int(sent[0].headers["upload-offset"]) >= offset
    expected = hashlib.sha256(film.read_bytes()).hexdigest()
    assert await stored(nora, lonely, film.name) == expected
    await nora.go("/upload")
    await expect(nora.main.locator("[data-unfinished]")).to_have_count(0)


async def test_another_browser_goes_on_too(browser, nora, lonely, film):
    """What tells the file is kept on the server; the other browser remembers nothing."""
    await begin(nora, film)
    async with uploading(browser, lonely, width=PHONE) as other:
        await other.page.locator("#f-file").set_input_files(film)
        await expect(other.main.get_by_text("are there already")).to_be_visible()
        await expect(entry(other, film)).to_have_count(0)
        await other.press("Upload")
        await other.notice("Uploaded.")
        expected = hashlib.sha256(film.read_bytes()).hexdigest()
        assert await stored(other, lonely, film.name) == expected


async def test_a_changed_file_is_not_taken_for_the_same(nora, film):
    await begin(nora, film)
    film.write_bytes(os.urandom(12 * MIB))
    os.utime(film, (1, 1))
    await choose(nora, "[data-again]", film)
    said = nora.page.locator("[data-progress-text]")
    await expect(said).to_contain_text("That is not the same file.")
    await expect(entry(nora, film)).to_be_visible()
    await nora.press(f"Discard {film.name}", entry(nora, film))


async def test_it_is_discarded_and_the_space_is_free(nora, film):
    await begin(nora, film)
    await nora.go("/files")
    await expect(nora.main).to_contain_text("Unfinished uploads keep 13 MB.")
    await nora.follow("Show them")
    await ready(nora)
    await nora.press(f"Discard {film.name}", entry(nora, film))
    said = nora.page.locator("[data-progress-text]")
    await expect(said).to_have_text(f"{film.name} is discarded.")
    await expect(nora.main.locator("[data-unfinished]")).to_be_hidden()
    await nora.go("/files")
    await expect(nora.main).not_to_contain_text("Unfinished")


async def test_without_scripts_it_is_discarded_by_its_form(browser, nora, lonely, film):
    await begin(nora, film)
    async with uploading(browser, lonely, scripts=False) as plain:
        await expect(plain.main.locator("[data-again]")).to_be_hidden()
        await plain.press(f"Discard {film.name}", entry(plain, film))
        await plain.notice("The upload is discarded. Its space is free again.")
        await expect(entry(plain, film)).to_have_count(0)


async def test_a_whole_folder_stays_a_folder(nora, lonely, tmp_path):
    (tmp_path / "letters" / "2026").mkdir(parents=True)
    (tmp_path / "letters" / "2026" / "may.txt").write_text("May")
    (tmp_path / "letters" / "a.txt").write_text("A")
    (tmp_path / "letters" / ".DS_Store").write_text("litter")
    await choose(nora, "[data-choose-folder]", tmp_path / "letters")
    await expect(nora.main.get_by_text("letters/2026/may.txt")).to_be_visible()
    await expect(nora.main.locator("[data-uploads] li")).to_have_count(2)
    await nora.press("Upload")
    await nora.notice("Uploaded.")
    await nora.follow("letters")
    await expect(nora.main.get_by_role("link", name="a.txt", exact=True)).to_be_visible()
    await nora.follow("2026")
    await expect(nora.main.get_by_role("link", name="may.txt", exact=True)).to_be_visible()


async def test_a_dropped_folder_is_walked_through(nora, tmp_path):
    """A real drop, as the system reports it: what scripts make up holds no folders."""
    names = [f"{n:03}.txt" for n in range(120)]  # browsers hand out a hundred at a time
    (tmp_path / "drop" / "deep").mkdir(parents=True)
    for name in names:
        (tmp_path / "drop" / "deep" / name).write_text(name)
    box = await nora.page.locator(".drop").bounding_box()
    session = await nora.page.context.new_cdp_session(nora.page)
    data = {"items": [], "files": [str(tmp_path / "drop")], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        at = {"x": box["x"] + 20, "y": box["y"] + 20}
        await session.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})
    await expect(nora.main.locator("[data-uploads] li")).to_have_count(120)
    await expect(nora.main.get_by_text("Up to 5 GB each.", exact=True)).to_be_visible()
    await nora.press("Upload")
    await nora.notice("Uploaded.")
    await nora.follow("drop")
    await nora.follow("deep")
    await nora.follow("More files")
    await expect(nora.main.locator(".files h2")).to_have_count(50)


async def test_it_is_worked_by_the_keyboard_alone(nora, film):
    await slowly(nora, 2 * MIB)
    await nora.page.locator("#f-file").set_input_files(film)
    await nora.page.keyboard.press("Tab")
    await nora.main.get_by_role("button", name="Upload", exact=True).focus()
    await nora.page.keyboard.press("Enter")
    pause, resume = (
        nora.main.get_by_role("button", name=n, exact=True) for n in ("Pause", "Resume")
    )
    await pause.focus()
    await nora.page.keyboard.press("Enter")
    await expect(resume).to_be_focused()
    await nora.page.keyboard.press("Enter")
    await expect(pause).to_be_focused()
    cancel = nora.main.get_by_role("button", name="Cancel", exact=True)
    await cancel.focus()
    await nora.page.keyboard.press("Enter")
    await expect(nora.page.locator("#f-file")).to_be_focused()
    await expect(nora.page.locator("[role=status]", has_text="was cancelled")).to_be_visible()
