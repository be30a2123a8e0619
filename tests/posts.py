"""Posts for tests: through the door with `publish` and `draft`, or straight into the tables."""

import io
import re
from datetime import UTC, datetime
from urllib.parse import urlencode

from www.blogs import actions
from www.blogs.forms import Action, Text
from www.markup import ComrakRenderer

RENDERER = ComrakRenderer()
URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def form(**changes):
    """The fields of the editor, as a browser sends them."""
    sent = {"title": "Hello World", "body": "## Part\n\nSome *text*.", "tags": "letters, 读书"}
    return {**sent, "version": "", "action": "publish", **changes}


def body_of(fields):
    """The same fields as a stream, because aiohttp's client warns of long bodies."""
    return io.BytesIO(urlencode(fields).encode())


async def write(actor, **changes):
    """Write a post as `actor`; return its id and its path."""
    async with actor.post("/write", data=form(**changes), allow_redirects=False) as answer:
        assert answer.status == 303, await answer.text()
        path = answer.headers["Location"].partition("?")[0]
    return int(re.findall(r"/blogs/(\d+)-", path)[0]), path


async def store(engine, author, title="Hello World", *, body="Some text.", tags=(), at=NOW):
    """Put a post of `author` into the tables, published `at`; a draft where that is None."""
    text = Text(title, body, tuple(tags), action=Action.PUBLISH if at else Action.DRAFT)
    prepared = actions.prepare(RENDERER, text)
    async with engine.transaction() as conn:
        return await actions.create(conn, text, prepared, author_id=author.id, now=at or NOW)


async def read(actor, path, status=200):
    """Return the page as text; redirects are not followed."""
    async with actor.get(path, allow_redirects=False) as answer:
        text = await answer.text()
        assert answer.status == status, (path, answer.status, text[-600:])
        return text


def titles(page):
    """The titles of the cards of a page, in their order."""
    return re.findall(r'<h2><a href="[^"]*">(.*?)</a></h2>', page)


def older(page):
    """The address of the next page, None on the last one."""
    found = re.search(r'rel="next" href="([^"]*)"', page)
    return found and found[1].replace("&amp;", "&")
