"""Lists of files in a browser: every action by forms alone, and what scripts add to the boxes."""

import io
import re
import zipfile

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.filled import cookie_of
from tests.e2e.site import post, upload
from tests.e2e.visitor import DESKTOP, PHONE, let_in, visiting
from tests.files.door import BOUNDARY, body_of

NAMES = ("a.txt", "b 二.txt", "c.txt")


@pytest_asyncio.fixture(
    params=[(True, DESKTOP), (False, PHONE)], ids=["scripts", "plain"], loop_scope="session"
)
async def ada(request, browser, lonely):
    """An author with three files and two folders, with scripts and without."""
    scripts, width = request.param
    name = "ada" if scripts else "ida"
    async with lonely.person(name) as client:
        lonely.cookies[name] = cookie_of(client)
        await clear(client)
        await upload(client, **{file: file.encode() for file in NAMES})
        for folder in ("照片", "letters"):
            await post(client, "/folders", name=folder, parent="")
    async with visiting(browser, lonely.url, scripts=scripts, width=width) as visitor:
        await let_in(visitor, lonely, name)
        await visitor.go("/files")
        yield visitor


async def clear(client):
    """Delete what the test before has left."""
    async with client.get("/files") as answer:
        page = await answer.text()
    fields = [
        (name, value) for name, value in re.findall(r'name="(id|folders)" value="(\d+)"', page)
    ]
    if fields:
        fields += [("action", "delete"), ("sure", "1"), ("content", "delete")]
        async with client.post("/files/many", data=fields, allow_redirects=False) as answer:
            assert answer.status == 303


async def tick(visitor, *names):
    for name in names:
        await visitor.main.get_by_role("checkbox", name=f"Tick {name}", exact=True).check()


async def listed(visitor):
    return sorted(await visitor.main.locator(".files h2").all_inner_texts())


async def choose(visitor, select, option):
    await visitor.main.locator(f".many [name={select}]").select_option(label=option)


def panel(visitor):
    return visitor.main.locator(".many")


async def test_files_and_folders_are_moved(ada):
    await tick(ada, "a.txt", "letters")
    folders = await ada.main.locator(".many [name=folder] option").all_inner_texts()
    await choose(ada, "folder", next(text for text in folders if "照片" in text))
    await ada.press("Move", panel(ada))
    await ada.notice("Your changes are saved.")
    assert await listed(ada) == ["b 二.txt", "c.txt", "照片"]
    await ada.follow("照片")
    assert await listed(ada) == ["a.txt", "letters"]


async def test_a_folder_does_not_go_into_itself(ada):
    await tick(ada, "letters")
    folders = await ada.main.locator(".many [name=folder] option").all_inner_texts()
    await choose(ada, "folder", next(text for text in folders if "letters" in text))
    await ada.press("Move", panel(ada))
    await expect(ada.main).to_contain_text("The folder “letters” cannot lie in itself.")
    await ada.follow("Back to the list")
    assert len(await listed(ada)) == 5


async def test_what_is_ticked_is_deleted_after_a_question(ada):
    await tick(ada, "a.txt", "照片")
    await ada.press("Delete", panel(ada))
    await expect(ada.main.locator("h1")).to_have_text("Delete 2 things?")
    await ada.follow("Keep it")
    await tick(ada, "a.txt", "照片")
    await ada.press("Delete", panel(ada))
    await ada.press("Delete for good")
    await ada.notice("What was ticked is deleted.")
    assert await listed(ada) == ["b 二.txt", "c.txt", "letters"]


async def test_what_is_ticked_is_downloaded_as_one(ada):
    await tick(ada, "a.txt", "b 二.txt")
    async with ada.page.expect_download() as started:
        await ada.press("Download", panel(ada))
    data = (await (await started.value).path()).read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            name: name.encode() for name in NAMES[:2]
        }


async def test_a_whole_list_is_deleted_after_a_question(ada, lonely):
    kind = {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Accept": "application/json",
    }
    body = body_of(*((f"{n}.txt", b"x") for n in range(60)))
    answer = await ada.page.request.post(f"{lonely.url}/upload", data=body, headers=kind)
    assert answer.status == 201
    await ada.go("/files")
    await panel(ada).get_by_role("checkbox", name="All 63 files of this list").check()
    # Without scripts there is no box for all on the page, and nothing that counts.
    counts = await panel(ada).get_by_text("All on this page").is_visible()
    expected = "63 are ticked" if counts else "With what is ticked"
    await expect(panel(ada).locator("legend")).to_have_text(expected)
    await ada.press("Delete", panel(ada))
    await expect(ada.main.locator("h1")).to_have_text("Delete 63 files?")
    await ada.press("Delete for good")
    await ada.notice("The files are deleted.")
    assert await listed(ada) == ["letters", "照片"]


async def test_who_may_read_is_set_for_many(ada):
    await tick(ada, "a.txt", "c.txt", "letters")
    await choose(ada, "visibility", "Private")
    await ada.press("Set", panel(ada))
    await ada.notice("Your changes are saved.")
    await expect(ada.main.locator(".badge", has_text="Private")).to_have_count(3)


async def test_one_file_is_renamed_shared_and_deleted(ada):
    row = ada.main.locator("li.file", has_text="a.txt")
    await row.get_by_role("link", name="Details").click()
    await ada.fill(name="renamed.txt")
    await ada.press("Save")
    await ada.notice("Your changes are saved.")
    await ada.follow("Share")
    await ada.press("Make the link")
    await ada.notice("The link is ready. Copy it below.")
    await ada.press("Revoke")
    await ada.notice("The link is revoked. Nobody can use it any more.")
    await ada.follow("Back to the file")
    await ada.follow("Delete")
    await ada.press("Delete for good")
    await ada.notice("The file is deleted.")
    assert "renamed.txt" not in await listed(ada)


async def test_a_link_ends_when_its_maker_wants(ada):
    row = ada.main.locator("li.file", has_text="a.txt")
    await row.get_by_role("link", name="Details").click()
    await ada.follow("Share")
    days, until = ada.page.get_by_label("Days"), ada.page.get_by_label("Date and time")
    await expect(days).to_be_hidden()
    await expect(until).to_be_hidden()
    await ada.page.get_by_label("Expires").select_option(label="At a date and time …")
    await expect(until).to_be_visible()
    await ada.press("Make the link")
    await expect(ada.page.locator("#f-until-wrong")).to_have_text("Please fill this in.")
    await ada.fill(until="2031-05-04T18:00", note="For Rosa")
    await ada.page.get_by_label("Expires").select_option(label="After a number of days …")
    await ada.fill(days="3")
    await ada.press("Make the link")
    await expect(until).to_be_visible()  # what was forgotten there is shown
    await until.fill("")
    await ada.press("Make the link")
    await expect(ada.page.locator("#links")).to_contain_text("For Rosa")


async def test_a_folder_is_made_changed_and_deleted(ada):
    await ada.follow("New folder")
    await ada.fill(name="drafts")
    await ada.press("Make the folder")
    await ada.follow("Change")
    await ada.fill(name="finished")
    await ada.press("Save")
    await expect(ada.main.locator("h1")).to_have_text("finished")
    await ada.follow("Change")
    await ada.follow("Delete the folder")
    await ada.press("Delete the folder")
    await ada.notice("The folder is deleted.")


async def test_lists_are_searched_and_ordered(ada):
    await ada.main.locator("[name=sort]").select_option("name")
    if not ada.scripts:
        await ada.press("Show")
    await expect(ada.page).to_have_url(re.compile("sort=name$"))
    names = await ada.main.locator(".files h2").all_inner_texts()
    assert names == ["letters", "照片", *NAMES]
    await ada.main.locator("[name=q]").fill("二")
    await ada.press("Show")
    await expect(ada.main.locator(".files h2")).to_have_text(["b 二.txt"])


@pytest.mark.parametrize("ada", [(True, DESKTOP)], indirect=True, ids=["scripts"])
class TestBoxes:
    async def test_all_of_a_page_are_ticked_at_once(self, ada):
        every = ada.main.get_by_role("checkbox", name="All on this page")
        legend, delete = (
            panel(ada).locator("legend"),
            panel(ada).get_by_role("button", name="Delete"),
        )
        await expect(delete).to_be_disabled()
        await every.check()
        await expect(legend).to_have_text("5 are ticked")
        await expect(delete).to_be_enabled()
        assert await ada.main.locator(".tick input:checked").count() == 5
        await ada.main.get_by_role("checkbox", name="Tick a.txt").uncheck()
        await expect(legend).to_have_text("4 are ticked")
        assert await every.evaluate("box => box.indeterminate && !box.checked")
        await every.check()
        await every.uncheck()
        await expect(legend).to_have_text("With what is ticked")
        await expect(delete).to_be_disabled()

    async def test_a_page_of_before_is_shown_as_it_was_left(self, ada):
        await tick(ada, "a.txt")
        await ada.follow("照片")
        await ada.page.go_back()
        await expect(panel(ada).locator("legend")).to_have_text("1 is ticked")
