"""Posts are found by title and text, in English and Chinese, the best first."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.posts import store
from www.search import index
from www.search.text import query_terms

POSTS = [
    ("Growing apples", "Trees need patience and **water** every day."),
    ("A letter", "She wrote about apples, apples and pears; straße naïve."),
    ("用 aiohttp 写一个小站", "一台旧笔记本，两个晚上。搜索引擎很简单。"),
    ("夜航船", "船过枫桥的时候，雨停了。<b>bold</b> &amp; `code span`"),
]


@pytest.fixture
async def posts(engine, alice):
    return [await store(engine, alice.user, title, body=body) for title, body in POSTS]


async def found(engine, query, **part):
    hits, total = await index.find(engine, query, **{"limit": 10, **part})
    return [hit.id for hit in hits], total


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("apples", [1, 2]),  # the title weighs more than twice the text
        ("APPLE", [1, 2]),
        ("apple ", [1, 2]),
        ("pears apples", [2]),
        ('"apples and pears"', [2]),
        ('"pears and apples"', []),
        ("strasse naive", [2]),
        ("搜索", [3]),
        ("笔记", [3]),
        ("船", [4]),
        ("aiohttp 小站", [3]),
        ("枫桥", [4]),
        ("雨停了", [4]),
        ("停雨", []),
        ("bold code", [4]),
        ("strong", []),
        ("b", []),
    ],
)
async def test_it_finds(engine, posts, query, ids):
    if query == "apple ":
        ids = []  # a space says that the word is whole
    assert await found(engine, query) == (ids, len(ids))


async def test_it_finds_page_by_page(engine, alice):
    for number in range(5):
        await store(engine, alice.user, f"Same {number}")
    pages = [await found(engine, "same", limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert pages == [([5, 4], 5), ([3, 2], 5), ([1], 5), ([], 5)]


@pytest.mark.parametrize("query", ["", " ", "()*", '"', "。", "\u0301"])
async def test_it_finds_nothing_without_a_word(engine, posts, query):
    assert await found(engine, query) == ([], 0)


async def test_it_forgets(engine, posts):
    await index.remove(engine, 1)
    assert await found(engine, "growing") == ([], 0)


async def test_it_replaces(engine, posts):
    await index.put(engine, 1, index.words("Other", "<p>word</p>"))
    assert await found(engine, "growing") == ([], 0)
    assert await found(engine, "other word") == ([1], 1)


async def test_it_marks_what_was_found(engine, posts):
    hits, _total = await index.find(engine, "apples water", limit=10)
    (hit,) = index.shown(hits, query_terms("apples water"))
    assert hit["title_html"] == "Growing <mark>apples</mark>"
    assert "<mark>water</mark>" in hit["snippet_html"]
    assert "author_name" in hit


@examples(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.text(
        st.one_of(st.sampled_from("\"*():^{}-+ANDORNEAR中é,. \\'"), st.characters()), max_size=60
    )
)
async def test_it_never_fails(engine, posts, query):
    hits, total = await index.find(engine, query, limit=3)
    assert len(hits) <= total
    index.shown(hits, query_terms(query))
