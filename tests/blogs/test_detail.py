"""The page of one post: its address, its Markdown, its comments in order."""

import pytest

from tests.posts import read, store, write


async def test_it_shows_the_post(alice, client, engine):
    blog = await store(
        engine,
        alice.user,
        "Über *Tee*",
        body="# One\n\n## Two\n\n| a |\n|---|\n| b |",
        tags=["Tee"],
    )
    page = await read(client, f"/blogs/{blog.id}-über-tee")
    assert "<h1>Über *Tee*</h1>" in page
    assert '<a href="/users/alice">alice</a>' in page
    assert "<td>b</td>" in page
    assert 'href="#h-two"' in page


@pytest.mark.parametrize(
    "path",
    [
        "/blogs/1-wrong",
        "/blogs/1",
        "/blogs/1-hello-world-",
        "/blogs/1-HELLO-world",
        "/blogs/1-%2e%2e",
    ],
)
async def test_it_corrects_the_address(alice, client, engine, path):
    await store(engine, alice.user)
    answer = await client.get(f"{path}?reply=3&x=%26", allow_redirects=False)
    assert answer.status == 301
    assert answer.headers["Location"] == "/blogs/1-hello-world?reply=3&x=%26"
    # A browser keeps a 301 for ever, but titles change back.
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_it_has_a_chinese_address(alice, client, engine):
    blog = await store(engine, alice.user, "你好，世界")
    answer = await client.get(f"/blogs/{blog.id}", allow_redirects=False)
    assert answer.headers["Location"] == "/blogs/1-%E4%BD%A0%E5%A5%BD-%E4%B8%96%E7%95%8C"
    await read(client, answer.headers["Location"])


async def test_it_gives_its_markdown(alice, client, engine):
    blog = await store(engine, alice.user, body="# Eins\n\n<b>ä</b>")
    answer = await client.get(f"/blogs/{blog.id}-hello-world.md")
    assert await answer.text() == "# Eins\n\n<b>ä</b>"
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    moved = await client.get(f"/blogs/{blog.id}-other.md", allow_redirects=False)
    assert moved.headers["Location"] == "/blogs/1-hello-world.md"


@pytest.mark.parametrize(
    "path",
    [
        "/blogs/0-x",
        "/blogs/01-x",
        "/blogs/-1-x",
        "/blogs/x",
        "/blogs/9",
        "/blogs/9-x",
        "/blogs/9-x.md",
        "/blogs/1-",
    ]
    + [f"/blogs/{'9' * n}" for n in (18, 19, 400)]
    + [
        "/blogs/1.5",
        "/blogs/1%00",
        "/blogs/%EF%BC%91",
        "/blogs/1e3",
        "/blogs/9/edit",
        "/blogs/9/delete",
    ],
)
async def test_it_answers_404_for_what_is_no_post(alice, engine, path):
    await store(engine, alice.user)
    await read(alice, path, 404)


@pytest.mark.parametrize(
    "query", ["reply=x", "reply=0", "reply=9", "comments=9", "comments=-1", "reply=" + "9" * 25]
)
async def test_it_answers_404_for_what_is_no_comment(alice, client, query):
    _id, path = await write(alice)
    await read(client, f"{path}?{query}", 404)


@pytest.mark.parametrize("query", ["reply=%ff", "comments=" + "9" * 4000])
async def test_it_refuses_a_broken_query(alice, client, query):
    _id, path = await write(alice)
    await read(client, f"{path}?{query}", 400)


async def test_it_answers_head(alice, client):
    _id, path = await write(alice)
    answer = await client.head(path)
    assert answer.status == 200
    assert await answer.read() == b""
