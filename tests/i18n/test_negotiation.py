"""A reader gets a language that exists, whatever the browser says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from www.i18n import LANGUAGES, negotiate


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-SG", "zh-Hans"),
        ("zh-Hans", "zh-Hans"),
        ("zh-Hans-HK", "zh-Hans"),
        ("ZH-cn", "zh-Hans"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("en;q=0.5, zh;q=0.9", "zh-Hans"),
        ("fr, zh;q=0.1", "zh-Hans"),
        ("zh-TW", "en"),
        ("zh-TW, zh;q=0.5", "zh-Hans"),
        ("zh;q=0", "en"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("*", "en"),
        ("", "en"),
        (None, "en"),
        ("zh;q=nonsense,,;;q=1", "en"),
        ("zh;q=9", "en"),
    ],
)
def test_accept_language(header, language):
    assert negotiate(header, None, "en") == language


def test_the_cookie_comes_first_and_the_default_last():
    assert negotiate("en", "zh-Hans", "en") == "zh-Hans"
    assert negotiate("en", "xx", "zh-Hans") == "en"
    assert negotiate("fr", None, "zh-Hans") == "zh-Hans"


@given(st.text(st.sampled_from("zhHnsen-*;q=0.159, \t\xff")))
def test_garbage_is_safe(header):
    assert negotiate(header, header, "en") in LANGUAGES
