"""A new post: published, kept as a draft, or only looked at."""

import asyncio

import pytest

from tests.posts import URLENCODED, body_of, form, read, write
from www.models import Blog, Tag


async def test_it_shows_an_empty_sheet(alice):
    page = await read(alice, "/write")
    assert 'name="title"' in page
    assert 'name="body"' in page


async def test_it_requires_login(client):
    answer = await client.get("/write", allow_redirects=False)
    assert answer.status == 303
    assert answer.headers["Location"] == "/login?next=/write"


async def test_it_requires_an_author(bob):
    assert (await bob.get("/write")).status == 403
    assert (await bob.post("/write", data=form())).status == 403


async def test_it_publishes(alice, client, engine):
    id, path = await write(alice)
    page = await read(client, path)
    assert "<h1>Hello World</h1>" in page
    assert "Some <em>text</em>." in page
    assert '<a href="/tags/letters">letters</a>' in page
    blog = await engine.get(Blog, id)
    assert blog.body == form()["body"]
    assert blog.summary
    assert blog.toc == [{"level": 2, "id": "h-part", "title": "Part"}]


async def test_it_says_so(alice):
    answer = await alice.post("/write", data=form())
    assert "Published. Everyone can read it now." in await answer.text()


async def test_it_keeps_a_draft_private(alice, client, engine):
    id, path = await write(alice, action="draft")
    assert "Some <em>text</em>." in await read(alice, path)
    await read(client, path, 404)
    assert (await engine.get(Blog, id)).published_at is None


async def test_it_takes_a_draft_without_text(alice):
    id, _path = await write(alice, action="draft", body="")
    assert 'value="Hello World"' in await read(alice, f"/blogs/{id}/edit")


async def test_it_publishes_a_draft(alice, client):
    id, path = await write(alice, action="draft")
    answer = await alice.post(f"/blogs/{id}/edit", data=form(version=1), allow_redirects=False)
    assert answer.headers["Location"] == f"{path}?notice=published"
    await read(client, path)


async def test_it_previews_without_storing(alice, engine):
    for title in ("", "Letters"):  # one may look before one has found a title
        answer = await alice.post("/write", data=form(action="preview", title=title))
        page = await answer.text()
        assert answer.status == 200
        assert "Some <em>text</em>." in page
        assert 'value="letters, 读书"' in page
    assert await engine.count(Blog.select()) == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"title": ""}, "Please fill this in."),
        ({"title": " \t "}, "Please fill this in."),
        ({"title": "\u200b\u2028"}, "A title needs something that can be seen."),
        ({"title": "x" * 201}, "At most 200 characters"),
        ({"title": "a\nb"}, "Please write this in one line."),
        ({"body": " \n "}, "Please fill this in."),
        ({"body": "x" * 512_001}, "At most 512000 characters"),
        ({"body": "字" * 200_000}, "At most 512000 bytes"),
        ({"body": ">" * 300}, "Nested more than 100 levels deep."),
        ({"tags": "x" * 51}, "A tag has at most 50 characters."),
        ({"tags": ",".join("abcdefghijk")}, "At most 10 tags, please."),
        ({"tags": "a, .."}, "A tag cannot be made of dots alone."),
        ({"tags": "x" * 1001}, "At most 1000 characters"),
        ({"version": "x"}, "Please enter a whole number."),
        ({"version": "9" * 30}, "Please enter a whole number."),
        ({"action": "explode"}, "Please choose one of the options."),
    ],
)
async def test_it_refuses_with_a_message_and_keeps_the_text(alice, engine, wrong, message):
    sent = form(**wrong)
    answer = await alice.post("/write", data=body_of(sent), headers=URLENCODED)
    page = await answer.text()
    assert answer.status == 422
    assert message in page
    assert (sent["body"] if "body" not in wrong else sent["title"])[:20] in page
    assert await engine.count(Blog.select()) == 0


async def test_it_reports_all_that_is_wrong_as_problem_json(alice):
    sent = form(title="", body="", tags="..")
    answer = await alice.post("/write", data=sent, headers={"Accept": "application/json"})
    assert answer.status == 422
    assert answer.content_type == "application/problem+json"
    assert set((await answer.json())["errors"]) == {"title", "body", "tags"}


@pytest.mark.parametrize(
    "text", ["😀 \U0010ffff", "\u202e\ufeff x", "<script>alert(1)</script>", "x\x01\x7f"]
)
async def test_it_takes_any_text(alice, client, text):
    _id, path = await write(
        alice, title=f"T {text}".replace("\x01", "").replace("\x7f", ""), body=text
    )
    page = await read(client, path)
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    "body", [b"title=%ff", b"title=%00&body=x", b"title=%ed%a0%80&body=x", b"&" * 5000]
)
async def test_it_refuses_what_is_no_text(alice, body):
    answer = await alice.post("/write", data=body, headers=URLENCODED)
    assert answer.status in {400, 413, 422}


async def test_it_refuses_other_content_types(alice):
    assert (await alice.post("/write", json=form())).status == 415


async def test_it_shares_tags_between_posts(alice, engine):
    await write(alice, tags="Python")
    await write(alice, tags="python , Straße，STRASSE、三")
    assert [tag.name for tag in await engine.all(Tag.select().order_by(Tag.id))] == [
        "Python",
        "Straße",
        "三",
    ]


async def test_it_makes_a_tag_once_for_many_writers(alice, engine):
    made = await asyncio.gather(*(write(alice, tags="Shared, other") for _ in range(20)))
    assert len({id for id, _path in made}) == 20
    assert await engine.count(Tag.select()) == 2
