"""Comments in the order of a conversation, with ONE query however many they are."""

from datetime import UTC, datetime

import pytest

from tests.posts import store
from www.comments import actions, queries
from www.comments.forms import NewComment
from www.db.testing import assert_statements
from www.errors import NotFound

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
async def blog(alice, engine):
    return await store(engine, alice.user)


@pytest.fixture
def say(engine, blog, bob):
    async def say(parent_id=None, body="x"):
        async with engine.transaction() as conn:
            new = NewComment(body, parent_id)
            made, _ = await actions.add(
                conn, new, blog_id=blog.id, author_id=bob.user.id, html=body, now=NOW
            )
        return made.id

    return say


async def test_it_puts_answers_below_what_they_answer(engine, blog, say):
    first, second = await say(), await say()
    deep = await say(first)
    late = await say(second)
    deeper = await say(deep)
    beside = await say(first)
    thread = await queries.thread(engine, blog)
    shown = [(row.id, row["depth"]) for row in thread.rows]
    assert shown == [(first, 0), (deep, 1), (deeper, 2), (beside, 1), (second, 0), (late, 1)]


async def test_it_indents_four_steps_at_most(engine, blog, say):
    ids = [await say()]
    for _ in range(6):
        ids.append(await say(ids[-1]))
    thread = await queries.thread(engine, blog)
    assert [row["depth"] for row in thread.rows] == [0, 1, 2, 3, 4, 4, 4]
    assert [row.id for row in thread.rows] == ids
    assert thread.rows[-1].parent_id == ids[-2]


async def test_it_goes_on_where_it_stopped(engine, blog, say):
    ids = [await say() for _ in range(5)]
    answer = await say(ids[1])
    order = [ids[0], ids[1], answer, *ids[2:]]
    part = await queries.thread(engine, blog, size=2)
    found = [row.id for row in part.rows]
    while part.next is not None:
        part = await queries.thread(engine, blog, start=part.next, size=2)
        found += [row.id for row in part.rows]
    assert found == order


async def test_it_asks_once(engine, blog, say):
    for _ in range(5):
        await say()
    async with assert_statements(engine, 1):
        await queries.thread(engine, blog)


async def test_it_starts_at_no_comment_of_another_post(engine, alice, blog, say):
    id = await say()
    other = await store(engine, alice.user)
    with pytest.raises(NotFound):
        await queries.thread(engine, other, start=id)
