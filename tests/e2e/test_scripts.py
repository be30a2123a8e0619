"""What scripts add to pages that work without them."""

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e import walk
from tests.e2e.filled import cookie_of
from tests.e2e.site import upload
from tests.e2e.visitor import let_in, visiting


@pytest_asyncio.fixture(loop_scope="session")
async def dora(browser, lonely):
    """An author with a window of her own, who has written nothing."""
    async with lonely.person("dora") as client:
        lonely.cookies["dora"] = cookie_of(client)
    async with visiting(browser, lonely.url) as visitor:
        await let_in(visitor, lonely, "dora")
        yield visitor


async def test_the_preview_follows_the_writing(dora):
    await dora.go("/write")
    await expect(dora.page.get_by_role("button", name="Preview")).to_be_hidden()
    body, pane = dora.page.locator("[name=body]"), dora.page.locator("[data-preview-target]")
    await body.fill("One *two*")
    await expect(pane.locator("em")).to_have_text("two")
    await body.press_sequentially(" `three` <b onclick='x'>four</b>")
    await expect(pane.locator("code")).to_have_text("three")
    assert "onclick" not in await pane.inner_html()
    await body.fill("")
    await expect(pane).to_be_empty()


async def test_the_bar_does_not_cover_the_line_that_one_writes(dora):
    await dora.page.set_viewport_size({"width": 1280, "height": 700})
    await dora.go("/write")
    await dora.main.locator("[name=body]").click()
    for line in range(30):
        await dora.page.keyboard.type(f"{line}\n")
    text = await dora.main.locator("[name=body]").bounding_box()
    bar = await dora.main.locator(".editor-tools").bounding_box()
    assert text["y"] + text["height"] <= bar["y"]


async def test_unsaved_text_survives_the_window(dora):
    await dora.go("/write")
    await dora.fill(title="Half a letter", body="Not saved 未存", tags="letters")
    await expect(dora.page.locator("[data-kept]")).to_have_text("Kept in this browser")
    asked = []

    async def leave(dialog):
        asked.append(dialog.type)
        await dialog.accept()

    dora.page.on("dialog", leave)
    await dora.page.reload()
    assert asked == ["beforeunload"]
    assert await dora.page.locator("[name=title]").input_value() == ""
    await dora.press("Restore it")
    await expect(dora.page.locator("[name=title]")).to_have_value("Half a letter")
    await expect(dora.page.locator("[name=body]")).to_have_value("Not saved 未存")
    await dora.press("Save draft")
    await dora.notice("Saved as a draft. Only its author and the editors can see it.")
    await dora.go("/write")
    await expect(dora.page.get_by_role("button", name="Restore it")).to_have_count(0)


async def test_unsaved_text_is_its_writers_alone(dora, lonely):
    """It outlives a change of the person at this browser, and its writer's signing out ends it."""
    kept = "() => Object.keys(localStorage).filter(key => key.startsWith('www:draft:'))"
    dora.page.on("dialog", lambda dialog: dialog.accept())
    await dora.go("/write")
    await dora.fill(title="A secret", body="For nobody", tags="")
    await expect(dora.page.locator("[data-kept]")).to_have_text("Kept in this browser")
    async with lonely.person("eve") as client:
        lonely.cookies["eve"] = cookie_of(client)
    for name, offered in (("eve", 0), ("dora", 1)):
        await let_in(dora, lonely, name)
        await dora.go("/write")
        await expect(dora.page.get_by_role("button", name="Restore it")).to_have_count(offered)
    await dora.menu("Sign out")
    await dora.notice("You are signed out. See you soon.")
    assert await dora.page.evaluate(kept) == []


async def test_an_address_is_copied_whole(dora, lonely):
    async with lonely.person("dora") as client:
        (file,) = await upload(client, **{"copy me.txt": b"text"})
    await dora.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await dora.go("/files")
    row = dora.main.locator("li", has_text="copy me.txt")
    await row.get_by_role("button", name="Copy").click()
    await expect(row.get_by_text("Copied")).to_be_visible()
    copied = await dora.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == lonely.url + file["url"]


async def test_the_theme_changes_without_a_new_page(dora):
    await dora.go("/")
    await dora.page.evaluate("() => window.same = true")
    colour = "() => getComputedStyle(document.body).backgroundColor"
    before = await dora.page.evaluate(colour)
    async with dora.page.expect_response("**/preferences"):
        await dora.press("Dark")
    assert await dora.page.evaluate(colour) != before
    assert await dora.page.evaluate("() => window.same")
    await dora.page.reload()
    await expect(dora.page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize(("width", "box"), [(1280, "#find"), (390, None)])
async def test_a_slash_leads_to_the_search_box(dora, width, box):
    await dora.page.set_viewport_size({"width": width, "height": 800})
    await dora.go("/" if box else "/search")
    await dora.page.keyboard.press("/")
    focused = dora.page.locator(box or "#q")
    await expect(focused).to_be_focused()
    await expect(focused).to_have_value("")
    await dora.page.keyboard.type("a/b")
    await expect(focused).to_have_value("a/b")


async def test_the_menu_closes_as_people_expect(dora):
    await dora.go("/")
    menu = dora.page.locator("[data-menu]")
    await menu.locator("summary").click()
    await expect(menu.get_by_text("Drafts")).to_be_visible()
    await dora.page.keyboard.press("Escape")
    await expect(menu.get_by_text("Drafts")).to_be_hidden()
    await expect(menu.locator("summary")).to_be_focused()


async def test_control_enter_sends_a_comment(dora):
    await dora.go("/write")
    await dora.fill(title="To be answered", body=walk.BODY)
    await dora.press("Publish")
    await dora.fill(body="Quick")
    await dora.page.keyboard.press("Control+Enter")
    await dora.notice("Thank you, your comment is here.")
