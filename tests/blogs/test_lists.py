"""Lists of posts: tags, years, people, drafts; page by page."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.posts import NOW, older, read, store, titles

SMALL = pytest.mark.parametrize("settings", [{"site": {"posts_per_page": 2}}], indirect=True)


async def walk(actor, path):
    """Follow `older` to the end and return the titles of each page."""
    pages = []
    while path:
        text = await read(actor, path)
        pages.append(titles(text))
        path = older(text)
    return pages


@SMALL
@pytest.mark.parametrize("path", ["/", "/tags/all", "/archive/2026", "/users/alice"])
async def test_it_goes_page_by_page(alice, client, engine, path):
    # Two of the same moment: the id decides, none is lost or shown twice.
    for number, minutes in enumerate([0, 5, 5, 5, 9]):
        at = NOW + timedelta(minutes=minutes)
        await store(engine, alice.user, f"Post {number}", tags=["all"], at=at)
    assert await walk(client, path) == [["Post 4", "Post 3"], ["Post 2", "Post 1"], ["Post 0"]]


@SMALL
async def test_it_pages_drafts_by_change(alice, engine):
    for number in range(3):
        await store(engine, alice.user, f"Draft {number}", at=None)
    pages = await walk(alice, "/drafts")
    assert pages == [["Draft 2", "Draft 1"], ["Draft 0"]]


async def test_it_orders_a_tag_by_publication(alice, client, engine):
    await store(engine, alice.user, "Written first", tags=["t"], at=NOW + timedelta(days=1))
    await store(engine, alice.user, "Written last", tags=["t"], at=NOW)
    assert titles(await read(client, "/tags/t")) == ["Written first", "Written last"]


@pytest.mark.parametrize("name", ["C++/CLI", "a&b?#%", "{x}", "读书", "😀", "..a", "a b"])
async def test_it_has_a_page_for_any_tag(alice, client, engine, name):
    blog = await store(engine, alice.user, tags=[name])
    page = await read(client, f"/blogs/{blog.id}-hello-world")
    address = page.split('href="/tags/')[1].partition('"')[0].replace("&amp;", "&")
    assert titles(await read(client, f"/tags/{address}")) == ["Hello World"]


async def test_it_finds_a_tag_in_any_case(alice, client, engine):
    await store(engine, alice.user, tags=["Straße"])
    page = await read(client, "/tags/STRASSE")
    assert "<h1>Straße</h1>" in page


@pytest.mark.parametrize(
    "path", ["/tags/none", "/tags/%00", "/tags/" + "x" * 3000, "/tags/", "/users/nobody"]
)
async def test_it_answers_404_for_unknown_names(client, path):
    await read(client, path, 404)


@pytest.mark.parametrize(
    "path",
    ["/tags/%ff", "/users/%ff", "/tags/%ed%a0%80", "/users/%ed%a0%80", "/users/" + "x" * 999],
)
async def test_it_answers_4xx_for_broken_names(client, path):
    assert (await client.get(path)).status in {400, 404}


@pytest.mark.parametrize("settings", [{"site": {"timezone": "Asia/Shanghai"}}], indirect=True)
async def test_it_counts_years_by_the_clocks_of_the_site(alice, client, engine):
    await store(engine, alice.user, "Old year", at=datetime(2024, 12, 31, 15, 59, tzinfo=UTC))
    await store(engine, alice.user, "New year", at=datetime(2024, 12, 31, 16, tzinfo=UTC))
    page = await read(client, "/archive/2025")
    assert titles(page) == ["New year"]
    assert 'href="/archive/2024"' in page
    assert titles(await read(client, "/archive/2024")) == ["Old year"]


async def test_it_names_the_years_that_have_posts(alice, client, engine):
    for year in (2020, 2019, 2021, 2021, 2026):
        await store(engine, alice.user, at=datetime(year, 5, 5, tzinfo=UTC))
    page = await read(client, "/archive/2022")
    assert titles(page) == []
    assert [year for year in range(2015, 2030) if f'<a href="/archive/{year}"' in page] == [
        2019,
        2020,
        2021,
        2026,
    ]


@pytest.mark.parametrize(
    "year", ["0000", "0999", "9999", "20", "20266", "２０２６", "-999", "20x6"]
)
async def test_it_answers_404_for_what_is_no_year(client, year):
    await read(client, f"/archive/{year}", 404)


async def test_it_shows_a_person(alice, client, engine):
    await store(engine, alice.user)
    page = await read(client, "/users/ALICE")
    assert "<h1>alice</h1>" in page
    assert titles(page) == ["Hello World"]


@pytest.mark.parametrize("path", ["/drafts", "/tags/x", "/archive/2026", "/users/alice"])
@pytest.mark.parametrize("cursor", ["x", "%ff", "W10", "WzFd", "A" * 1001, "bnVsbA", "😀"])
async def test_it_refuses_a_broken_cursor(alice, engine, path, cursor):
    await store(engine, alice.user, tags=["x"])
    await read(alice, f"{path}?before={cursor}", 400)
