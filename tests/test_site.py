"""The front page and the search page."""

import pytest

from tests.posts import NOW, older, read, store, titles


async def test_it_shows_the_newest_posts(alice, bob, client, engine):
    await store(engine, alice.user, "First & last", body="What it is about.", tags=["one", "二"])
    await store(engine, alice.user, "Second", at=NOW.replace(hour=23))
    await bob.post("/blogs/1/comments", data={"body": "x"})
    page = await read(client, "/")
    assert titles(page) == ["Second", "First &amp; last"]
    for part in (
        'href="/users/alice">alice</a>',
        "What it is about.",
        "1 comment</a>",
        'href="/tags/one"',
        ">二</a>",
    ):
        assert part in page


@pytest.mark.parametrize("actor", ["client", "bob", "alice"])
async def test_it_has_a_friendly_empty_page(request, client, bob, alice, actor):
    page = await read({"client": client, "bob": bob, "alice": alice}[actor], "/")
    assert ("Write the first post" in page) == (actor == "alice")


async def test_it_ends(alice, client, engine):
    for _ in range(11):
        await store(engine, alice.user)
    last = await read(client, older(await read(client, "/")))
    assert len(titles(last)) == 1
    assert older(last) is None


@pytest.mark.parametrize("settings", [{"site": {"posts_per_page": 1}}], indirect=True)
async def test_it_is_empty_behind_the_last_post(alice, client, engine):
    for hour in (8, 9):
        await store(engine, alice.user, f"At {hour}", at=NOW.replace(hour=hour))
    cursor = older(await read(client, "/"))
    await alice.post("/blogs/1/delete")
    page = await read(client, cursor)
    assert titles(page) == []
    assert "That was everything" in page


@pytest.mark.parametrize(
    "cursor", ["x", "%ff", "W10", "WzFd", "A" * 1001, "bnVsbA", "%00", "W251bGwsbnVsbF0"]
)
async def test_it_refuses_a_broken_cursor(client, cursor):
    await read(client, f"/?before={cursor}", 400)


async def test_it_searches(alice, client, engine):
    await store(engine, alice.user, "Needles <b>", body="In a *haystack* & elsewhere", tags=["x"])
    page = await read(client, "/search?q=needles+hay")
    assert "1 post found" in page
    assert "<mark>Needles</mark> &lt;b&gt;" in page
    assert "<mark>haystack</mark> &amp; elsewhere" in page
    assert 'href="/blogs/1-needles-b"' in page


async def test_it_pages_the_hits(alice, client, engine):
    for number in range(12):
        await store(engine, alice.user, f"Same {number}")
    first = await read(client, "/search?q=same")
    assert "12 posts found" in first
    assert older(first) == "/search?q=same&page=2"
    assert titles(await read(client, "/search?q=same&page=2")) == [
        f"<mark>Same</mark> {n}" for n in (1, 0)
    ]
    await read(client, "/search?q=same&page=3", 404)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", "Titles and texts of all posts are searched"),
        ("?q=", "Titles and texts of all posts are searched"),
        ("?q=zzz", "Nothing found"),
        ("?q=%22", "A little more, please"),
        ("?q=%22a+OR+%28&page=1", "Nothing found"),
        ("?q=%3Cscript%3E", "Nothing found"),
        ("?q=%F0%9F%98%80", "A little more, please"),
    ],
)
async def test_it_is_friendly_about(client, query, text):
    page = await read(client, f"/search{query}")
    assert text in page
    assert "<script>" not in page


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("q=x&page=0", 404),
        ("q=x&page=2", 404),
        ("page=2", 404),
        ("q=x&page=-1", 404),
        ("q=x&page=1e3", 404),
        ("q=x&page=%D9%A1", 404),
        ("q=x&page=" + "9" * 400, 404),
        ("q=x&page=" + "9" * 4000, 400),
        ("q=%ff", 400),
        ("q=%00", 400),
        ("q=%ed%a0%80", 400),
        ("q=" + "x" * 1001, 400),
    ],
)
async def test_it_refuses_nonsense(client, query, status):
    await read(client, f"/search?{query}", status)
