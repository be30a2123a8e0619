"""The form decoders agree with urllib and give back what a browser sent."""

from urllib.parse import parse_qsl, quote_plus, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from www.utils.form_data import FilePart, multipart, urlencoded

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=8)
TYPE = "multipart/form-data; boundary=----x"


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


def encoded(pairs, boundary=b"----x"):
    parts = []
    for name, value in pairs:
        shown = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22").encode()
        head = b'Content-Disposition: form-data; name="%s"\r\n\r\n' % shown
        parts.append(b"--%s\r\n%s%s\r\n" % (boundary, head, value.encode()))
    return b"".join(parts) + b"--%s--\r\n" % boundary


@given(PAIRS)
def test_multipart_gives_back_what_was_encoded(pairs):
    clean = [(name, value) for name, value in pairs if "%" not in name]
    assert multipart(encoded(clean), TYPE, 100) == clean


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"----x", b"------x", encoded([("a", "b")])[:-8], encoded([("a", "b")] * 11)),
        b"------x\r\n\r\nvalue\r\n------x--",
        b"------x\r\nContent-Disposition: form-data\r\n\r\nvalue\r\n------x--",
        b"------x\r\nX: " + b"a" * 3000 + b"\r\n\r\nvalue\r\n------x--",
        encoded([("a", "b")]).replace(b"b\r", b"\xff\r"),
        encoded([("n", "b")]).replace(b'"n"', b'"\xff"'),
    ],
)
def test_multipart_refuses_what_is_no_form(body):
    with pytest.raises(ValueError):
        multipart(body, TYPE, 10)


def test_multipart_knows_files():
    body = encoded([("a", "b")]).replace(b'name="a"', b'name="a"; filename=""')
    with pytest.raises(FilePart):
        multipart(body, TYPE, 10)


@pytest.mark.parametrize("content_type", ["multipart/form-data", 'x; boundary=""', "x; boundary="])
def test_multipart_needs_a_boundary(content_type):
    with pytest.raises(ValueError):
        multipart(b"", content_type, 10)


def test_long_text_in_chinese_is_quick():
    text = "你好，世界。" * 30_000
    assert urlencoded(b"a=" + quote_plus(text).encode(), 10) == [("a", text)]
