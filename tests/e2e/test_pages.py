"""Every page in every state: axe finds nothing, nothing sticks out, nobody else is asked.

With SCREENSHOTS=FOLDER pictures of all pages are left in that folder.
"""

import os
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.checks import accessibility, too_wide
from tests.e2e.places import EMPTY, FILLED, WRONG
from tests.e2e.visitor import DESKTOP, PHONE, let_in, visiting

FOLDER = os.environ.get("SCREENSHOTS")
SMALLEST = 320
LANGUAGES = ["en", "zh-Hans"]
SEND = """([action, fields]) => {
    const form = document.querySelector(`main form[action="${action}"]`);
    for (const name in fields) form.elements[name].value = fields[name];
    form.submit();
}"""


def named(places):
    return pytest.mark.parametrize("place", places, ids=lambda place: place.name)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def windows(browser, filled, lonely, checkers):
    """Return a function that gives a browser window per site, person and language."""
    opened = {}
    async with AsyncExitStack() as stack:

        async def window(site, who, language):
            key = site.url, who, language
            if key not in opened:
                opened[key] = await stack.enter_async_context(visiting(browser, site.url, language))
                if who:
                    await let_in(opened[key], site, who)
            return opened[key]

        yield window


async def judge(visitor, name):
    """Find nothing wrong: in both themes, and on three widths."""
    page, found = visitor.page, []
    await expect(page.locator("h1")).to_have_count(1)
    for width, scheme in ((DESKTOP, "light"), (PHONE, "dark")):
        await page.emulate_media(color_scheme=scheme)
        found += await too_wide(page, width)
        found += await accessibility(page)
        await picture(visitor, f"{name}-{width}-{scheme}")
    # The theme that the reader chose, not the device's; what else there is has been judged above.
    await page.emulate_media(color_scheme="light")
    for width, theme in ((DESKTOP, "dark"), (SMALLEST, "light")):
        await page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        found += await too_wide(page, width)
        found += await accessibility(page, "color-contrast")
    await picture(visitor, f"{name}-320-light")
    assert found == []


async def picture(visitor, name):
    if FOLDER:
        file = Path(FOLDER) / f"{name}-{visitor.language}.png"
        await visitor.page.screenshot(path=file, full_page=True)


@pytest.mark.parametrize("language", LANGUAGES)
@named(FILLED)
async def test_judges_find_nothing(windows, filled, place, language):
    visitor = await windows(filled, place.who, language)
    answer = await visitor.go(place.path.format_map(filled.places))
    assert answer.status == place.status
    await judge(visitor, place.name)


@named(EMPTY)
async def test_judges_find_nothing_on_an_empty_site(windows, lonely, place):
    visitor = await windows(lonely, place.who, "zh-Hans")
    await visitor.go(place.path.format_map(lonely.places))
    await judge(visitor, place.name)


@named(WRONG)
async def test_judges_find_nothing_when_a_form_comes_back(windows, filled, place):
    visitor = await windows(filled, place.who, "en")
    await visitor.go(place.path.format_map(filled.places))
    sent = [place.action.format_map(filled.places), place.fields]
    async with visitor.page.expect_navigation() as navigation:
        await visitor.page.evaluate(SEND, sent)
    answer = await navigation.value
    assert answer.status == place.status
    await judge(visitor, place.name)


async def test_judges_find_what_is_wrong(browser, filled, checkers):
    """Prove that the judges above are awake."""
    async with visiting(browser, filled.url) as visitor:
        await visitor.go("/")
        await visitor.page.evaluate(
            """() => document.querySelector("main").insertAdjacentHTML("beforeend",
               `<input><div class="wide">wide</div>`)"""
        )
        await visitor.page.evaluate(
            "() => { document.querySelector('.wide').style.width = '5000px'; }"
        )
        assert any("label" in found for found in await accessibility(visitor.page))
        assert any("wide" in found for found in await too_wide(visitor.page, DESKTOP))


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("new Image().src = 'https://example.com/x.png'", "Content Security Policy"),
        ("document.head.append(Object.assign(document.createElement('style'), {textContent: 'p {}'}))", "Content Security Policy"),
        ("setTimeout(() => { throw Error('thrown') })", "thrown"),
    ],
)  # fmt: skip
async def test_what_no_page_may_do_is_seen(browser, filled, script, problem):
    with pytest.raises(AssertionError, match=problem):
        async with visiting(browser, filled.url) as visitor:
            await visitor.go("/")
            async with visitor.page.context.expect_event(
                "weberror" if problem == "thrown" else "console"
            ):
                await visitor.page.evaluate(f"() => {{ {script} }}")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_name_of_the_site_stands_on_two_lines_at_most(windows, filled, language):
    visitor = await windows(filled, "lin", language)
    await visitor.page.set_viewport_size({"width": SMALLEST, "height": 600})
    await visitor.go("/drafts")
    lines = """() => {
        const name = document.querySelector(".brand span");
        return name.getBoundingClientRect().height / parseFloat(getComputedStyle(name).lineHeight);
    }"""
    assert round(await visitor.page.evaluate(lines)) <= 2
