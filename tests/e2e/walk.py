"""What people do on a site, chapter by chapter; each chapter begins on any page."""

import re

from playwright.async_api import expect

from tests.actors import PASSWORD

BODY = "## Maple Bridge\n\nThe *lantern* was lit.\n\n## 枫桥\n\n船过枫桥的时候，雨停了。\n"
BINARY = bytes(range(256)) * 400


async def set_up(visitor, link):
    await visitor.go(link)
    await visitor.fill(name="rosa", password=PASSWORD)
    await visitor.press("Make the account")
    await visitor.notice("Welcome! You are signed in.")


async def register(visitor, name):
    await visitor.go("/")
    await visitor.follow("Register")
    await visitor.fill(name=name, email=f"{name}@example.org", password=PASSWORD)
    await visitor.press("Register")
    await visitor.notice("Welcome! You are signed in.")


async def sign_out_and_in(visitor, name):
    await visitor.menu("Sign out")
    await visitor.notice("You are signed out. See you soon.")
    await expect(visitor.page.locator("[data-menu]")).to_have_count(0)
    await visitor.follow("Sign in")
    await visitor.fill(name=name, password=PASSWORD)
    await visitor.press("Sign in")
    await expect(visitor.page.locator("[data-menu]")).to_be_visible()


async def write_with_preview(visitor):
    """Leave the editor open, with the preview beside or below the text."""
    await visitor.go("/")
    await visitor.follow("Write")
    await visitor.fill(title="The lantern 灯", body=BODY, tags="letters, 读书")
    if not visitor.scripts:
        await visitor.press("Preview")
    preview = visitor.page.locator("[data-preview-pane]")
    await expect(preview.locator("h2", has_text="枫桥")).to_be_visible()
    await expect(preview.locator("em")).to_have_text("lantern")
    if not visitor.scripts:
        await expect(preview.locator("em")).to_be_in_viewport()


async def save_draft(visitor, stranger):
    await visitor.press("Save draft")
    await visitor.notice("Saved as a draft. Only its author and the editors can see it.")
    path = visitor.page.url.partition("?")[0]
    await expect(visitor.main.locator("h1")).to_have_text("The lantern 灯")
    await visitor.menu("Drafts")
    await expect(visitor.main).to_contain_text("The lantern 灯")
    assert (await stranger.go(path)).status == 404
    await stranger.go("/")
    await expect(stranger.main).not_to_contain_text("The lantern")
    return path


async def publish_and_edit(visitor, stranger, path):
    """Return the address, which follows the title."""
    await visitor.go(path)
    await visitor.follow("Edit")
    await visitor.press("Publish")
    await visitor.notice("Published. Everyone can read it now.")
    await stranger.go("/")
    await stranger.follow("The lantern 灯")
    await expect(stranger.main.locator(".prose em")).to_have_text("lantern")
    await visitor.follow("Edit")
    await visitor.fill(title="The lantern, again 灯")
    await visitor.press("Save and keep public")
    await visitor.notice("Your changes are saved.")
    await stranger.page.reload()
    await expect(stranger.main.locator("h1")).to_have_text("The lantern, again 灯")
    assert visitor.page.url.partition("?")[0] != path
    return visitor.page.url.partition("?")[0]


async def comment_answer_delete(author, reader, path):
    await reader.go(path)
    await reader.fill(body="What a **light**!")
    await reader.press("Post comment")
    await reader.notice("Thank you, your comment is here.")
    await author.go(path)
    first = author.page.locator(".comment", has_text="What a light!")
    await first.get_by_role("link", name=re.compile("^" + author.t("Reply"))).click()
    await author.fill(body="Come and see it.")
    await author.press("Post comment")
    await author.notice("Thank you, your comment is here.")
    answer = author.page.locator(".comment", has_text="Come and see it.")
    await expect(answer).to_be_visible()
    await answer.get_by_role("link", name=re.compile("^" + author.t("Delete"))).click()
    await expect(author.main).to_contain_text("Come and see it.")
    await author.main.locator("form[method=post] button").click()
    await author.notice("The comment is deleted.")
    await expect(answer).to_have_count(0)
    await expect(first).to_be_visible()


async def search(visitor, words, found):
    await visitor.go("/search")
    await visitor.main.locator("[name=q]").fill(words)
    await visitor.press("Search", visitor.main)
    marks = visitor.main.locator(".card mark")
    await expect(marks.first).to_have_text(found)
    await expect(visitor.main.locator(".card")).to_have_count(1)


async def upload_and_download(visitor):
    await visitor.go("/")
    await visitor.menu("Files")
    await visitor.main.get_by_role("link", name=visitor.t("Upload files")).click()
    data = {"name": "夜航船 letters.bin", "mimeType": "application/octet-stream", "buffer": BINARY}
    await visitor.page.locator("[type=file]").set_input_files(data)
    await visitor.press("Upload")
    await visitor.notice("Uploaded.")
    async with visitor.page.expect_download() as started:
        await visitor.follow("夜航船 letters.bin")
    download = await started.value
    assert download.suggested_filename == "夜航船 letters.bin"
    assert (await download.path()).read_bytes() == BINARY


async def delete_post(visitor, stranger, path):
    await visitor.go(path)
    await visitor.follow("Delete")
    await visitor.main.locator("form[method=post] button").click()
    await visitor.notice("The post is deleted.")
    assert (await stranger.go(path)).status == 404
    await visitor.go("/search?q=lantern")
    await expect(visitor.main.locator(".card")).to_have_count(0)
