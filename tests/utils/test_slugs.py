import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from www.utils.slugs import MAX_LENGTH, slugify


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Hello, World!", "hello-world"),
        ("  Two   words ", "two-words"),
        ("你好，世界", "你好-世界"),
        ("Crème brûlée", "crème-brûlée"),
        ("हिन्दी में", "हिन्दी-में"),
        ("a/b?c#d.e%f", "a-b-c-d-e-f"),
        ("snake_case", "snake-case"),
        ("notes.md", "notes-md"),
        ("...", "post"),
        ("", "post"),
        ("🎉", "post"),
    ],
)
def test_it_makes_a_slug(title, slug):
    assert slugify(title) == slug


def test_it_cuts_at_a_word():
    slug = slugify("word " * 40)
    assert len(slug) <= MAX_LENGTH
    assert set(slug.split("-")) == {"word"}


def test_it_cuts_chinese_anywhere():
    assert slugify("字" * 200) == "字" * MAX_LENGTH


def test_it_takes_a_name_for_nothing():
    assert slugify("!", fallback="section") == "section"


@given(st.text())
def test_it_is_always_a_safe_path_segment(title):
    slug = slugify(title)
    assert slug
    assert len(slug) <= MAX_LENGTH
    assert not set(slug) & set("/?#.%\\ \0")
    assert not slug.startswith("-")
    assert not slug.endswith("-")
    assert unicodedata.is_normalized("NFC", slug)


@given(st.text())
def test_it_keeps_a_slug(title):
    slug = slugify(title)
    assert slugify(slug) == slug


def test_it_keeps_a_word_that_just_fits():
    assert slugify("x" * MAX_LENGTH + " y") == "x" * MAX_LENGTH
