"""Forms of text in the other encoding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from www.bodies.multipart import Malformed, TooMany
from www.bodies.text_form import FilePart, text_fields

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=8)
TYPE = "multipart/form-data; boundary=----x"


def encoded(pairs, boundary=b"----x"):
    parts = []
    for name, value in pairs:
        shown = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22").encode()
        head = b'Content-Disposition: form-data; name="%s"\r\n\r\n' % shown
        parts.append(b"--%s\r\n%s%s\r\n" % (boundary, head, value.encode()))
    return b"".join(parts) + b"--%s--\r\n" % boundary


@given(PAIRS)
def test_it_gives_back_what_was_encoded(pairs):
    clean = [(name, value) for name, value in pairs if not {"%", "\\"} & set(name)]
    assert text_fields(encoded(clean), TYPE, 100) == clean


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"----x", b"------x", encoded([("a", "b")])[:-8], encoded([("a", "b")] * 11)),
        b"------x\r\n\r\nvalue\r\n------x--",
        b"------x\r\nContent-Disposition: form-data\r\n\r\nvalue\r\n------x--",
        b"------x\r\nX: " + b"a" * 3000 + b"\r\n\r\nvalue\r\n------x--",
        encoded([("a", "b")]).replace(b"b\r", b"\xff\r"),
    ],
)
def test_it_refuses_what_is_no_form(body):
    with pytest.raises((Malformed, TooMany, UnicodeDecodeError)):
        text_fields(body, TYPE, 10)


def test_it_knows_files():
    body = encoded([("a", "b")]).replace(b'name="a"', b'name="a"; filename=""')
    with pytest.raises(FilePart):
        text_fields(body, TYPE, 10)


@pytest.mark.parametrize("content_type", ["multipart/form-data", 'x; boundary=""', "x; boundary="])
def test_it_needs_a_boundary(content_type):
    with pytest.raises(Malformed):
        text_fields(b"", content_type, 10)
