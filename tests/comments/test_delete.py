"""A comment is deleted after a question; answers to it stay, and so does its place."""

import asyncio
from datetime import UTC, datetime

import pytest

from tests.posts import read, store
from www.comments import actions, queries
from www.errors import NotFound
from www.models import Blog, Comment

PATH = "/blogs/1-hello-world"


@pytest.fixture
async def talk(alice, bob, engine):
    """1 of bob, 2 of alice answers it, 3 of bob answers that."""
    await store(engine, alice.user)
    await bob.post("/blogs/1/comments", data={"body": "one"})
    await alice.post("/blogs/1/comments", data={"body": "two", "parent": "1"})
    await bob.post("/blogs/1/comments", data={"body": "three", "parent": "2"})


async def delete(actor, id):
    async with actor.post(f"/comments/{id}/delete", allow_redirects=False) as answer:
        await answer.read()
        return answer


async def test_it_asks_first(talk, bob, engine):
    page = await read(bob, "/comments/3/delete")
    assert "<p>three</p>" in page
    assert 'href="/blogs/1"' in page
    assert await engine.count(Comment.select()) == 3


async def test_it_deletes_the_last_word(talk, bob, client, engine):
    answer = await delete(bob, 3)
    assert answer.headers["Location"] == f"{PATH}?notice=comment_deleted#comments"
    page = await read(client, PATH)
    assert "three" not in page
    assert "This comment was deleted." not in page
    assert (await engine.get(Blog, 1)).comment_count == 2


async def test_it_keeps_the_answers(talk, bob, client, engine):
    await delete(bob, 1)
    page = await read(client, PATH)
    assert "<p>one</p>" not in page
    assert "This comment was deleted." in page
    assert "<p>two</p>" in page
    assert (await engine.get(Blog, 1)).comment_count == 2
    assert (await engine.get(Comment, 1)).body == ""


async def test_it_drops_the_place_with_its_last_answer(talk, bob, alice, client, engine):
    for actor, id in ((bob, 1), (alice, 2), (bob, 3)):
        await delete(actor, id)
    assert await engine.count(Comment.select()) == 0
    assert (await engine.get(Blog, 1)).comment_count == 0
    assert "Nobody has said anything yet." in await read(client, PATH)


async def test_it_is_gone_the_second_time(talk, bob, engine):
    await delete(bob, 1)
    assert (await delete(bob, 1)).status == 404
    assert (await bob.post("/blogs/1/comments", data={"body": "x", "parent": "1"})).status == 422
    await read(bob, f"{PATH}?reply=1", 404)
    assert (await engine.get(Blog, 1)).comment_count == 2


async def test_it_is_for_its_author_the_posts_author_and_editors(
    talk, bob, client, make_actor, alice
):
    other = await make_actor("olga", "author")
    assert (await delete(other, 1)).status == 403
    assert (await other.get("/comments/1/delete")).status == 403
    assert (await delete(bob, 2)).status == 403
    assert (await delete(client, 1)).headers["Location"] == "/login"
    assert (await delete(alice, 3)).status == 303
    assert (await delete(await make_actor("ed", "editor"), 2)).status == 303


async def test_it_offers_only_what_is_allowed(talk, bob, client, alice):
    offered = {"bob": (1, 3), "alice": (1, 2, 3), "client": ()}
    for actor, name in ((bob, "bob"), (alice, "alice"), (client, "client")):
        page = await read(actor, PATH)
        assert tuple(id for id in (1, 2, 3) if f"/comments/{id}/delete" in page) == offered[name]


@pytest.mark.parametrize("id", ["0", "9", "x", "9" * 18, "9" * 30, "-1"])
async def test_it_answers_404_for_what_is_no_comment(talk, bob, id):
    assert (await bob.get(f"/comments/{id}/delete")).status == 404
    assert (await delete(bob, id)).status == 404


async def test_it_counts_once_for_many_at_once(talk, bob, make_actor, engine):
    editor = await make_actor("ed", "editor")
    answers = await asyncio.gather(*(delete(actor, 3) for actor in (bob, editor) * 6))
    assert sorted(answer.status for answer in answers) == [303] + [404] * 11
    assert (await engine.get(Blog, 1)).comment_count == 2


async def test_it_counts_once_for_two_who_have_both_seen_it(talk, bob, engine):
    comment = await queries.deletable_comment(engine, bob.user, 3)

    async def remove():
        async with engine.transaction() as conn:
            await actions.remove(conn, comment, now=datetime.now(UTC))

    done = await asyncio.gather(remove(), remove(), return_exceptions=True)
    assert [type(error) for error in done if error] == [NotFound]
    assert (await engine.get(Blog, 1)).comment_count == 2


async def test_it_keeps_answers_that_come_meanwhile(talk, bob, alice, engine):
    for round_ in range(8):
        async with bob.post("/blogs/1/comments", data={"body": "x"}) as answer:
            assert answer.status == 200
        last = await engine.scalar(Comment.select(Comment.id).order_by(Comment.id.desc()))
        reply = {"body": f"answer {round_}", "parent": str(last)}
        await asyncio.gather(delete(bob, last), alice.post("/blogs/1/comments", data=reply))
    shown = Comment.select().where(Comment.deleted_at.is_(None))
    assert (await engine.get(Blog, 1)).comment_count == await engine.count(shown)
