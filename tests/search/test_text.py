import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from www.markup import ComrakRenderer
from www.search.text import (
    MAX_QUERY,
    MAX_TERMS,
    Term,
    highlight,
    index_text,
    plain_text,
    query_terms,
    snippet,
)

TEXTS = st.text(
    alphabet=st.one_of(st.sampled_from("ab É<>&\"'中文字がｶﾞ한e\u0301 …"), st.characters()),
    max_size=80,
)


def finds(query: str, text: str) -> bool:
    """What a full-text index does: every term, as neighbouring tokens."""
    tokens = index_text(text).split(" ")
    return all(
        any(stands_at(term, tokens, at) for at in range(len(tokens))) for term in query_terms(query)
    )


def stands_at(term: Term, tokens: list[str], at: int) -> bool:
    found = tokens[at : at + len(term.tokens)]
    if term.prefix and len(found) == len(term.tokens):
        return found[:-1] == list(term.tokens[:-1]) and found[-1].startswith(term.tokens[-1])
    return found == list(term.tokens)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Hello, World", "hello world"),
        ("naïve Wörld Straße", "naive world strasse"),
        ("ＣＡＦÉ e\u0301té", "cafe ete"),
        ("中文搜索", "中文 文搜 搜索 索"),
        ("字", "字"),
        ("Python教程", "python 教程 程"),
        ("日本のｶﾞ", "日本 本の のガ ガ"),
        ("한국어", "한국 국어 어"),
        ("हिन्दी", "हिन्दी"),
        ("foo_bar C++", "foo bar c"),
        ("… !", ""),
    ],
)
def test_it_cuts_text_into_tokens(text, tokens):
    assert index_text(text) == tokens


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("hello", "Hello world"),
        ("hel", "Hello world"),
        ("world hello", "Hello world"),
        ('"hello world"', "Say hello, world!"),
        ("搜索", "中文搜索引擎"),
        ("文", "中文"),
        ("中", "中文"),
        ("中文 搜索", "搜索中文"),
        ("python教程", "教程：Python 入门"),
        ('"使用 python"', "我们使用 Python 写"),
        ("CAFE", "café"),
        ("カフェ", "ｶﾌｪ"),
    ],
)
def test_it_finds(query, text):
    assert finds(query, text)
    assert "<mark>" in highlight(text, query_terms(query))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("hel ", "hello"),
        ("help", "hello"),
        ('"world hello"', "hello world"),
        ("索引", "搜索和引擎"),
        ("中文", "中 文"),
        ('"a b"', "a x b"),
    ],
)
def test_it_does_not_find(query, text):
    assert not finds(query, text)
    assert "<mark>" not in highlight(text, query_terms(query))


@pytest.mark.parametrize("query", ["", " ", '"', '""', "*", "():^{}-+", "。，"])
def test_it_asks_for_nothing_without_a_word(query):
    assert query_terms(query) == ()


def test_it_takes_operators_as_words():
    assert [term.tokens for term in query_terms('a OR b* NEAR(c) "')] == [
        ("a",),
        ("or",),
        ("b",),
        ("near",),
        ("c",),
    ]


def test_it_bounds_a_query():
    assert len(query_terms(" ".join(map(str, range(100))))) == MAX_TERMS
    assert query_terms("x" * MAX_QUERY + "y")[0].tokens[0].count("y") == 0


def test_it_marks_what_was_found():
    terms = query_terms("wörld 文搜")
    assert (
        highlight("World & 中文搜索 <b>", terms)
        == "<mark>World</mark> &amp; 中<mark>文搜</mark>索 &lt;b&gt;"
    )


def test_it_marks_one_character_of_a_pair():
    assert highlight("中文", query_terms("中")) == "<mark>中</mark>文"


def test_it_shows_where_the_hits_are():
    text = "far " * 100 + "needle & needle" + " away" * 100
    shown = snippet(text, query_terms("needle"))
    assert shown.startswith("…far ")
    assert shown.endswith(" away…")
    assert "<mark>needle</mark> &amp; <mark>needle</mark>" in shown


def test_it_shows_a_short_text_whole():
    assert snippet("中文 text", query_terms("none")) == "中文 text"


def test_it_shows_chinese_around_a_hit():
    shown = snippet("前" * 300 + "目标" + "后" * 300, query_terms("目标"), size=40)
    assert "<mark>目标</mark>" in shown
    assert len(shown) < 60


def test_it_strips_html():
    assert plain_text("<p>a<em>b</em>c</p><p>1 &lt; 2</p>") == "abc 1 < 2"


def test_it_leaves_out_the_marks_of_footnotes():
    source = "One `two`[^a] and [3](/x) [4](/y).\n\n[^a]: a note\n[^b]: no\n\nMore[^a]."
    text = plain_text(ComrakRenderer().render(source).html)
    assert text == "One two and 3 4. More. a note"


def unmarked(html: str) -> str:
    assert not re.search(r"<(?!/?mark>)", html)
    return unescape(re.sub(r"</?mark>", "", html))


@given(TEXTS, TEXTS)
def test_it_escapes_whatever_it_marks(text, query):
    assert unmarked(highlight(text, query_terms(query))) == text.replace("\r", "\r")


@given(TEXTS, TEXTS, st.integers(1, 40))
def test_it_shows_a_piece_of_the_text(text, query, size):
    shown = snippet(text, query_terms(query), size)
    whole = " ".join(text.split())
    piece = unmarked(shown)
    assert (
        piece in whole
        or piece.removeprefix("…").removesuffix("…") in whole
        or piece[1:] in whole
        or piece[:-1] in whole
    )
    assert shown.count("<mark>") == shown.count("</mark>")


@given(TEXTS)
def test_it_finds_every_text_by_its_first_words(text):
    query = " ".join(text.split()[:3])
    assert not query_terms(query) or finds(query, text)
    assert all(
        token == token.strip() and token for term in query_terms(text) for token in term.tokens
    )
