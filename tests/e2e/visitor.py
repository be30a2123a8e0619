"""A person in front of a browser, and what watches over every page that they see.

Things on pages are found by what a person reads on them, in the person's language.
"""

import contextlib
import re
from urllib.parse import urlsplit

from playwright.async_api import expect

from www.i18n import translations
from www.middlewares.headers import SECURITY_HEADERS

EXPECTED = {name.lower() for name, _ in SECURITY_HEADERS} | {"cache-control", "x-request-id"}
PHONE, DESKTOP = 390, 1280
LOCALES = {"en": "en-GB", "zh-Hans": "zh-CN"}
NOTHING = "(?!)"  # the pattern of no text
# Chromium logs every 4xx of a page and every request without a network; tests ask for those.
_MEANT = re.compile(
    r"Failed to load resource: (?:the server responded with a status of 4|net::ERR_INTERNET_DISC)"
)


class Watch:
    """Notes what no page may ever do."""

    def __init__(self, context, url, bucket="", meant=NOTHING):
        self.problems: list[str] = []
        self._meant = re.compile(meant)
        self._host = urlsplit(url).netloc
        self._hosts = {self._host, urlsplit(bucket).netloc}
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"error: {error.error}"))

    def _request(self, request):
        parts = urlsplit(request.url)
        if parts.netloc not in self._hosts and parts.scheme in {"http", "https", "ws", "wss"}:
            self.problems.append(f"asks another host: {request.url}")

    def _response(self, response):
        parts = urlsplit(response.url)
        if parts.netloc != self._host or not response.headers:  # none: made up by a viewer
            return
        missing = EXPECTED - set(response.headers)
        if missing:
            self.problems.append(f"{response.url} lacks {', '.join(sorted(missing))}")
        if response.status >= 500:
            self.problems.append(f"{response.url} answers {response.status}")

    def _console(self, message):
        meant = _MEANT.match(message.text) or self._meant.match(message.text)
        if message.type in {"error", "warning"} and not meant:
            self.problems.append(f"{message.type} on {message.page.url}: {message.text}")


class Visitor:
    """One browser window. `t` translates; the methods do what hands do."""

    def __init__(self, page, url, language="en", *, scripts=True):
        self.page, self.url, self.scripts = page, url, scripts
        self.language, self.t = language, translations(language).gettext

    @property
    def main(self):
        """What stands between head and foot."""
        return self.page.locator("main")

    async def go(self, path):
        """Type an address; return the answer."""
        return await self.page.goto(path if "://" in path else self.url + path)

    async def press(self, text, within=None):
        """Press the button with this (English) text; waits for the page that follows, if any."""
        await (within or self.page).get_by_role("button", name=self.t(text), exact=True).click()

    async def follow(self, text, within=None):
        """Follow a link by its (English) text."""
        await (within or self.page).get_by_role("link", name=self.t(text), exact=True).click()

    async def fill(self, **fields):
        """Fill the form by the names of its fields."""
        for name, text in fields.items():
            field = f"form:not([role=search]) [name={name}]:not([type=hidden])"
            await self.main.locator(field).fill(text)

    async def menu(self, text):
        """Open the menu and choose; the menu works without scripts too."""
        await self.page.locator("[data-menu] summary").click()
        await self.page.locator("[data-menu]").get_by_text(self.t(text), exact=True).click()

    async def notice(self, text):
        """See what the page says about what was done."""
        await expect(self.page.locator("main > .notice")).to_have_text(self.t(text))


@contextlib.asynccontextmanager
async def visiting(
    browser,
    url,
    language="en",
    *,
    scripts=True,
    width=DESKTOP,
    scheme="light",
    bucket="",
    meant=NOTHING,
    **options,
):
    """Open a browser window of a new person; afterwards nothing may have gone wrong in it.

    `bucket` is another address where pages may go, the one of the site's files; `meant` is a pattern
    of what the console may say besides, by default nothing.
    """
    context = await browser.new_context(
        locale=LOCALES[language],
        java_script_enabled=scripts,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
        accept_downloads=True,
        **options,
    )
    context.set_default_timeout(30_000)
    try:
        watch = Watch(context, url, bucket, meant)
        yield Visitor(await context.new_page(), url, language, scripts=scripts)
        assert not watch.problems, watch.problems
    finally:
        await context.close()


async def let_in(visitor, site, who):
    """Give the window the session of `who`."""
    cookie = {"name": "session", "value": site.cookies[who], "url": site.url, "sameSite": "Lax"}
    await visitor.page.context.add_cookies([cookie])
