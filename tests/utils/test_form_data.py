"""The decoder agrees with urllib and gives back what a browser sent."""

from urllib.parse import parse_qsl, quote_plus, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from www.utils.form_data import urlencoded

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=8)


@given(PAIRS)
@example([("a", "=\r\n=?%20+ \t"), ("", "=="), ("=", "%")])
def test_it_gives_back_what_was_encoded(pairs):
    sent = [pair for pair in pairs if pair != ("", "")]
    assert urlencoded(urlencode(sent).encode(), 100) == sent


@given(st.text(st.sampled_from("xy=%+&\n\r 2540_"), max_size=30))
def test_it_agrees_with_urllib(text):
    expected = parse_qsl(text.strip(), keep_blank_values=True, errors="strict")
    assert urlencoded(text.encode(), 100) == expected


@pytest.mark.parametrize("body", [b"a=%FF", b"\xff=1", b"&" * 10, b"%" * 1000, b"%ED%A0%80"])
def test_it_refuses_what_is_no_form(body):
    with pytest.raises(ValueError):
        urlencoded(body, 10)


def test_long_text_in_chinese_is_quick():
    text = "你好，世界。" * 30_000
    assert urlencoded(b"a=" + quote_plus(text).encode(), 10) == [("a", text)]
