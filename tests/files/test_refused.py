"""Pictures that no page shows: a link with their name stands wherever others are seen."""

import html
import re

from tests.files.door import upload
from tests.files.test_pictures import fetch, show, uploaded
from tests.pictures import samples
from tests.posts import read, write
from tests.sharing.door import share
from www import keys
from www.files import facts
from www.models import Blog, File, Visibility

BOMB = samples.bomb_png(30_000, 30_000)


def images(page, file):
    """What would make a browser fetch the original or a copy."""
    tags = re.findall(r"<(?:img|source|video|object|embed|link)[^>]*>", page)
    return [tag for tag in tags if f"/{file.id}/" in html.unescape(tag)]


async def test_it_is_a_link_in_posts(alice, client):
    file = await uploaded(alice, BOMB, "größe.png")
    cat = await uploaded(alice, samples.jpeg())
    address = f"/files/{file.id}/gr%C3%B6%C3%9Fe.png"
    body = f'![A bomb]({address}) <img src="{address}"> [![Inside]({address})](/tags/x)'
    _, path = await write(alice, body=f"{body} ![Cat](/files/{cat.id}/cat.jpg)")
    page = await read(client, path)
    assert images(page, file) == []
    assert len(images(page, cat)) == 2
    assert page.count(f'<a href="{address}" title="A bomb">größe.png</a>') == 1
    assert page.count("größe.png</a>") == 3
    assert re.findall("<a [^>]*>[^<]*<a ", page) == []


async def test_it_is_a_link_in_the_preview_and_what_is_stored(alice, client):
    file = await uploaded(alice, BOMB, "bomb.png")
    body = f"![A bomb](/files/{file.id}/bomb.png)"
    async with alice.post("/preview", data={"body": body}) as answer:
        shown = await answer.text()
    assert "bomb.png</a>" in shown
    assert images(shown, file) == []
    await write(alice, body=body)
    blog = await alice.app[keys.engine].get(Blog, 1)
    assert "bomb.png</a>" in blog.html
    assert "<img" not in blog.html


async def test_it_is_a_link_before_anybody_has_looked(alice, client):
    [sent] = await upload(alice, ("bomb.png", BOMB))
    _, path = await write(alice, body=f"![A bomb](/files/{sent['id']}/bomb.png)")
    page = await read(client, path)
    assert "bomb.png</a>" in page
    assert f'<img src="/files/{sent["id"]}/' not in page


async def test_it_is_not_seen_in_lists(alice, client):
    file = await uploaded(alice, BOMB, "bomb.png")
    await show(alice, file, Visibility.PUBLIC)
    for page in ("/files", "/files?view=grid", f"/files/{file.id}/edit", "/users/alice/files"):
        _, body = await fetch(alice, page)
        assert b"bomb.png" in body, page
        assert images(body.decode(), file) == [], page
    for language, words in (("en", "damaged or too large"), ("zh-Hans", "已损坏或过大")):
        _, body = await fetch(alice, f"/files/{file.id}/edit", **{"Accept-Language": language})
        assert words in body.decode()


async def test_it_is_not_seen_by_share_links(alice, client):
    """Also where the link is opened before anybody has looked."""
    sent = await upload(alice, ("bomb.png", BOMB), ("cat.jpg", samples.jpeg()))
    for one, is_shown in zip(sent, (False, True), strict=True):
        file = await alice.app[keys.engine].get(File, one["id"])
        link = await share(alice, f"/files/{file.id}")
        _, body = await fetch(client, link)
        page = body.decode()
        assert bool(images(page, file)) is is_shown
        assert ("too large" in page) is not is_shown
        assert f"{file.name}</h1>" in page
        assert f'href="{link}/{file.id}/{file.name}"' in page


async def test_it_is_saved_and_not_opened(alice, client):
    """Who follows the link gets it on their disk."""
    file = await uploaded(alice, BOMB, "bomb.png")
    assert facts.is_refused(file)
    for actor in (alice, client, client):
        answer, body = await fetch(actor, f"/files/{file.id}/bomb.png")
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert body == BOMB
    cat = await uploaded(alice, samples.jpeg())
    answer, _ = await fetch(client, f"/files/{cat.id}/cat.jpg")
    assert answer.headers["Content-Disposition"].startswith("inline")
