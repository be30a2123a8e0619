"""What programs see of the pages: valid HTML, links that lead somewhere, headers on every answer."""

import re
from html import unescape
from urllib.parse import unquote, urldefrag, urljoin

import pytest_asyncio

from tests.e2e.checks import invalid_html
from tests.e2e.places import EMPTY, FILLED, WRONG
from tests.e2e.visitor import EXPECTED

LINK = re.compile(r'<(?:a|link|img|script|form)\b[^>]*?\b(?:href|src|action)="([^"]*)"')
POST_ONLY = re.compile(
    r"/(logout|preferences|preview|comments|revoke|discard)$|/account/\w+$|/admin/users/\d+$|/admin/statements/reset$|/files/many$|/quota$"
)


class Answer:
    """What came back for one address."""

    def __init__(self, response, text):
        self.status, self.headers, self.text = response.status, response.headers, text
        self.is_page = response.content_type == "text/html"

    def links(self, path):
        return {urljoin(path, unescape(link)) for link in LINK.findall(self.text)}


async def ask(client, site, path, who="", data=None):
    headers = {"Cookie": f"session={site.cookies[who]}"} if who else {}
    method = "GET" if data is None else "POST"
    async with client.request(method, path, data=data, headers=headers) as response:
        is_text = response.content_type.startswith("text/")
        return Answer(response, await response.text() if is_text else "")


async def crawl(site, who):
    """Follow every link from the front page on; return answers by path."""
    answers, waiting = {}, {"/"}
    async with site.client() as client:
        while waiting:
            path = waiting.pop()
            answers[path] = await ask(client, site, path, who)
            if answers[path].is_page and not path.startswith("/files/"):
                links = {urldefrag(link).url for link in answers[path].links(path)}
                own = {link for link in links if link.startswith("/")}
                waiting |= {link for link in own if not POST_ONLY.search(link)} - set(answers)
    return answers


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=["", "lin", "rosa"])
async def crawled(request, filled):
    return await crawl(filled, request.param)


async def test_every_link_leads_somewhere(crawled):
    assert len(crawled) > 40
    broken = {path: answer.status for path, answer in crawled.items() if answer.status >= 400}
    assert not broken


async def test_every_answer_has_the_headers(crawled):
    lacking = {
        path: missing
        for path, answer in crawled.items()
        if (missing := EXPECTED - {name.lower() for name in answer.headers})
    }
    assert not lacking


async def test_every_anchor_exists(crawled):
    pages = {path: answer for path, answer in crawled.items() if answer.is_page}
    ids = {path: set(re.findall(r'\bid="([^"]*)"', page.text)) for path, page in pages.items()}
    broken = [
        (path, link)
        for path, page in pages.items()
        for link in page.links(path)
        if (target := urldefrag(link)).fragment
        and unquote(target.fragment) not in ids.get(target.url or path, {unquote(target.fragment)})
    ]
    assert not broken


async def every_state(filled, lonely):
    """Yield the answer of every page in every state, with a name."""
    for site, places in ((filled, FILLED), (lonely, EMPTY)):
        async with site.client() as client:
            for place in places:
                path = place.path.format_map(site.places)
                yield place.name, await ask(client, site, path, place.who)
    async with filled.client() as client:
        for form in WRONG:
            path = form.action.format_map(filled.places)
            yield form.name, await ask(client, filled, path, form.who, form.fields)


async def test_html_is_valid(filled, lonely, checkers, tmp_path):
    pages = {}
    async for name, answer in every_state(filled, lonely):
        pages[name] = tmp_path / f"{name}.html"
        pages[name].write_text(answer.text, encoding="utf-8")
    pages["bad"] = tmp_path / "bad.html"
    pages["bad"].write_text("<!DOCTYPE html><title>bad</title><p><div></p>")
    messages = invalid_html(pages)
    assert any(message.startswith("bad:") for message in messages)  # the validator is awake
    assert [message for message in messages if not message.startswith("bad:")] == []
