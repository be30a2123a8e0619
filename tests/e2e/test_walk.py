"""From the set-up link to the last deletion, in every kind of browser window.

The rows hold every pair of two circumstances; all sixteen rows would find little more.
"""

import pytest

from tests.e2e import walk
from tests.e2e.visitor import DESKTOP, PHONE, visiting

WINDOWS = [
    ("en", True, DESKTOP, "light"),
    ("en", False, PHONE, "dark"),
    ("zh-Hans", True, PHONE, "light"),
    ("zh-Hans", True, DESKTOP, "dark"),
    ("zh-Hans", False, DESKTOP, "light"),
    ("en", True, PHONE, "dark"),
]


@pytest.mark.parametrize(
    ("language", "scripts", "width", "scheme"),
    WINDOWS,
    ids=lambda value: (
        str(value) if not isinstance(value, bool) else "scripts" if value else "plain"
    ),
)
async def test_the_walk(browser, site, language, scripts, width, scheme):
    window = {"scripts": scripts, "width": width, "scheme": scheme}
    async with (
        visiting(browser, site.url, language, **window) as rosa,
        visiting(browser, site.url, language, **window) as bob,
        visiting(browser, site.url, language, **window) as stranger,
    ):
        await walk.set_up(rosa, site.setup_link)
        await walk.register(bob, "bob")
        await walk.sign_out_and_in(bob, "bob")
        await walk.write_with_preview(rosa)
        path = await walk.save_draft(rosa, stranger)
        path = await walk.publish_and_edit(rosa, stranger, path)
        await walk.comment_answer_delete(rosa, bob, path)
        await walk.search(stranger, "lantern", "lantern")
        await walk.search(stranger, "枫桥", "枫桥")
        await walk.upload_and_download(bob)
        await walk.delete_post(rosa, stranger, path)
