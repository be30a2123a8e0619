"""A comment is written under a published post, and counted (rules 2 and 3 of the house)."""

import asyncio

import pytest

from tests.posts import read, store, write
from www.comments.queries import PAGE_SIZE
from www.models import Blog, Comment


@pytest.fixture
async def blog(alice, engine):
    return await store(engine, alice.user)


PATH = "/blogs/1-hello-world"


async def say(actor, body="Well *said*", **more):
    async with actor.post(
        "/blogs/1/comments", data={"body": body, **more}, allow_redirects=False
    ) as answer:
        await answer.read()
        return answer


async def test_it_appears(blog, bob, client, engine):
    answer = await say(bob)
    assert answer.status == 303
    assert answer.headers["Location"] == f"{PATH}?notice=commented#comment-1"
    page = await read(client, PATH)
    assert "<p>Well <em>said</em></p>" in page
    assert "1 comment<" in page
    assert (await engine.get(Blog, 1)).comment_count == 1


async def test_it_answers_another(blog, alice, bob, client):
    await say(bob, "first")
    page = await read(alice, f"{PATH}?reply=1")
    assert "Reply to bob" in page
    assert '<input type="hidden" name="parent" value="1">' in page
    await say(alice, "second", parent="1")
    assert "in reply to bob" in await read(client, PATH)


async def test_it_requires_login(blog, client, engine):
    answer = await say(client)
    assert answer.headers["Location"] == "/login"
    assert await engine.count(Comment.select()) == 0
    assert "Sign in to comment" in await read(client, PATH)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "Please fill this in."),
        ("x" * 20_001, "At most 20000 characters"),
        (">" * 200, "Nested more than"),
        ("<!-- unseen -->", "Nothing of this would be seen."),
    ],
)
async def test_it_refuses_and_keeps_the_text(blog, bob, engine, body, message):
    await say(bob)
    answer = await bob.post("/blogs/1/comments", data={"body": body, "parent": "1"})
    page = await answer.text()
    assert answer.status == 422
    assert message in page
    assert 'name="parent" value="1"' in page
    assert body[:9].replace("<", "&lt;").replace(">", "&gt;") in page
    assert (await engine.get(Blog, 1)).comment_count == 1


@pytest.mark.parametrize("parent", ["99", "0x1", "-1", "1.5", "9" * 30, "２"])
async def test_it_refuses_an_answer_to_nothing(blog, bob, engine, parent):
    answer = await bob.post("/blogs/1/comments", data={"body": "kept text", "parent": parent})
    assert answer.status == 422
    assert "kept text</textarea>" in await answer.text()
    assert await engine.count(Comment.select()) == 0
    assert (await engine.get(Blog, 1)).comment_count == 0


async def test_it_refuses_an_answer_to_a_comment_of_another_post(blog, alice, bob, engine):
    await say(bob)
    await store(engine, alice.user, "Other")
    answer = await bob.post("/blogs/2/comments", data={"body": "kept text", "parent": "1"})
    assert answer.status == 422
    assert "The comment that you answer is gone." in await answer.text()
    assert (await engine.get(Blog, 2)).comment_count == 0
    await read(bob, "/blogs/2-other?reply=1", 404)


async def test_it_refuses_as_problem_json(blog, bob):
    headers = {"Accept": "application/json"}
    answer = await bob.post("/blogs/1/comments", data={"body": ""}, headers=headers)
    assert (answer.status, answer.content_type) == (422, "application/problem+json")
    assert list((await answer.json())["errors"]) == ["body"]


@pytest.mark.parametrize("path", ["/blogs/9/comments", "/blogs/0/comments", "/blogs/x/comments"])
async def test_it_needs_a_post(blog, bob, path):
    assert (await bob.post(path, data={"body": "x"})).status == 404


@pytest.mark.parametrize(
    "body", ["<script>alert(1)</script>x", "[x](javascript:alert(1))", "<img src=x onerror=y>x"]
)
async def test_it_is_harmless(blog, bob, client, body):
    await say(bob, body)
    page = await read(client, PATH)
    for bad in ("<script>alert", "javascript:", "onerror=y>"):
        assert bad not in page.replace("&lt;", "")


async def test_it_counts_200_at_once(blog, bob, engine):
    answers = await asyncio.gather(*(say(bob, f"comment {number}") for number in range(200)))
    assert {answer.status for answer in answers} == {303}
    assert await engine.count(Comment.select()) == 200
    assert (await engine.get(Blog, 1)).comment_count == 200


async def test_it_leads_to_a_comment_in_a_long_conversation(blog, bob, engine):
    rows = [
        Comment(blog_id=1, author_id=bob.user.id, path=f"{n:012}", body="x", html="x")
        for n in range(1, PAGE_SIZE + 1)
    ]
    await engine.insert_many(rows)
    await engine.run(Blog.update(comment_count=PAGE_SIZE).where(Blog.id == 1))
    answer = await say(bob, "the last")
    id = PAGE_SIZE + 1
    assert answer.headers["Location"] == f"{PATH}?notice=commented&comments={id}#comment-{id}"
    assert "the last" not in await read(bob, PATH)
    assert "the last" in await read(bob, answer.headers["Location"])
    assert "Reply to bob" in await read(bob, f"{PATH}?reply={id}")


async def test_it_shows_who_wrote(alice, bob, client):
    _id, path = await write(alice)
    await say(bob)
    assert '<a href="/users/bob">bob</a>' in await read(client, path)
