"""A post is deleted with everything that hangs on it, after a question."""

import pytest

from tests.posts import read, store, titles, write
from www.models import Blog, BlogSearch, BlogTag, Comment


async def test_it_asks_first(alice, engine):
    id, path = await write(alice)
    page = await read(alice, f"/blogs/{id}/delete")
    assert "Delete this post?" in page
    assert f'href="{path}"' in page
    assert await engine.exists(Blog.select())


async def test_it_deletes_all_of_it(alice, bob, client, engine):
    id, path = await write(alice)
    await bob.post(f"/blogs/{id}/comments", data={"body": "Hi"})
    answer = await alice.post(f"/blogs/{id}/delete", allow_redirects=False)
    assert answer.headers["Location"] == "/?notice=deleted"
    await read(client, path, 404)
    assert titles(await read(client, "/search?q=hello")) == []
    for table in (Blog, BlogTag, Comment):
        assert await engine.count(table.select()) == 0
    assert await engine.count(BlogSearch.select(BlogSearch.blog_id)) == 0


async def test_its_tags_go_with_their_last_post(alice, client):
    id, _path = await write(alice)
    await alice.post(f"/blogs/{id}/delete")
    await read(client, "/tags/letters", 404)


@pytest.mark.parametrize("method", ["get", "post"])
async def test_it_is_for_the_author_and_editors(alice, bob, make_actor, engine, method):
    blog = await store(engine, alice.user)
    for actor in (bob, await make_actor("olga", "author")):
        answer = await getattr(actor, method)(f"/blogs/{blog.id}/delete")
        assert answer.status == 403
    assert await engine.exists(Blog.select())


async def test_it_is_gone_the_second_time(alice):
    id, _path = await write(alice)
    await alice.post(f"/blogs/{id}/delete")
    assert (await alice.post(f"/blogs/{id}/delete")).status == 404
