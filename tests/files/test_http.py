from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from www.files.http import Validators, decide

SAME = "Tue, 20 Oct 2026 10:00:00 GMT"
EARLIER = "Tue, 20 Oct 2026 09:59:59 GMT"
LATER = "Tue, 20 Oct 2026 10:00:01 GMT"
CONTENT = Validators(100, "abc", datetime(2026, 10, 20, 10, 0, 0, 999_999, tzinfo=UTC))


def answer(headers, method="GET", content=CONTENT):
    return decide(method, CIMultiDict(headers), content)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"If-None-Match": '"abc"'}, 304),
        ({"If-None-Match": 'W/"abc"'}, 304),
        ({"If-None-Match": '"x", "a,b", "abc"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"x"'}, 200),
        ({"If-None-Match": "abc"}, 200),
        ({"If-None-Match": '"x"', "If-Modified-Since": SAME}, 200),
        ({"If-Modified-Since": SAME}, 304),
        ({"If-Modified-Since": LATER}, 304),
        ({"If-Modified-Since": EARLIER}, 200),
        ({"If-Modified-Since": "Tuesday, 20-Oct-26 10:00:00 GMT"}, 304),
        ({"If-Modified-Since": "Tue Oct 20 10:00:00 2026"}, 304),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Modified-Since": "Tue, 99 Oct 99999 10:00:00 GMT"}, 200),
        ({"If-Match": '"abc"'}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": '"x"'}, 412),
        ({"If-Match": 'W/"abc"'}, 412),
        ({"If-Match": ""}, 412),
        ({"If-Match": '"abc"', "If-Unmodified-Since": EARLIER}, 200),
        ({"If-Match": '"abc"', "If-None-Match": '"abc"'}, 304),
        ({"If-Unmodified-Since": SAME}, 200),
        ({"If-Unmodified-Since": EARLIER}, 412),
        ({"If-Unmodified-Since": "never"}, 200),
        ({"If-None-Match": '"abc"', "Range": "bytes=0-1"}, 304),
    ],
)
def test_it_keeps_conditions(headers, status):
    assert answer(headers).status == status


@pytest.mark.parametrize(
    ("value", "status", "offset", "length"),
    [
        ("bytes=0-9", 206, 0, 10),
        ("bytes=90-", 206, 90, 10),
        ("bytes=90-1000", 206, 90, 10),
        ("bytes=-10", 206, 90, 10),
        ("bytes=-1000", 206, 0, 100),
        ("BYTES = 0-0", 206, 0, 1),
        (f"bytes=0-{'9' * 5000}", 206, 0, 100),
        ("bytes=0-99", 206, 0, 100),
        ("bytes=100-", 416, 0, 0),
        (f"bytes={'9' * 5000}-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
        ("bytes=5-3", 200, 0, 100),
        ("bytes=-", 200, 0, 100),
        ("bytes=a-b", 200, 0, 100),
        ("bytes=０-９", 200, 0, 100),
        ("bytes", 200, 0, 100),
        ("", 200, 0, 100),
        ("lines=0-9", 200, 0, 100),
        ("bytes=,, 0-1 ,", 206, 0, 2),
        ("bytes=,", 200, 0, 100),
        ("bytes=0-1,5-6", 206, 0, 7),
        ("bytes=0-1,x", 200, 0, 100),
        ("bytes=0-1,200-", 206, 0, 2),
        ("bytes=200-,-0", 416, 0, 0),
        ("bytes=0-1,5-3", 200, 0, 100),
    ],
)
def test_it_cuts_ranges(value, status, offset, length):
    decision = answer({"Range": value})
    assert (decision.status, decision.parts) == (status, ((offset, length),) if length else ())
    line = decision.headers.get("Content-Range")
    parts = {200: None, 206: f"bytes {offset}-{offset + length - 1}/100", 416: "bytes */100"}
    assert line == parts[status]


@pytest.mark.parametrize(
    ("if_range", "status"),
    [
        ('"abc"', 206),
        ('W/"abc"', 200),
        ('"old"', 200),
        (SAME, 206),
        (EARLIER, 200),
        (LATER, 200),
        ("?", 200),
    ],
)
def test_it_never_joins_two_versions(if_range, status):
    assert answer({"Range": "bytes=0-9", "If-Range": if_range}).status == status


def test_a_head_has_no_ranges():
    assert answer({"Range": "bytes=0-9"}, "HEAD").status == 200


@pytest.mark.parametrize(
    ("value", "status"), [("bytes=0-", 416), ("bytes=-5", 200), ("bytes=-0", 416)]
)
def test_it_cuts_nothing_of_an_empty_file(value, status):
    assert answer({"Range": value}, content=Validators(0, "e", CONTENT.modified)).status == status


def test_it_ignores_two_range_lines():
    headers = CIMultiDict([("Range", "bytes=0-1"), ("Range", "bytes=2-3")])
    assert decide("GET", headers, CONTENT).status == 200


def test_it_names_the_version():
    for headers in ({}, {"If-None-Match": "*"}, {"Range": "bytes=0-1"}):
        said = answer(headers).headers
        assert (said["ETag"], said["Last-Modified"]) == ('"abc"', SAME)


NAMES = [
    "Range",
    "If-Range",
    "If-Match",
    "If-None-Match",
    "If-Modified-Since",
    "If-Unmodified-Since",
]
values = st.text(st.sampled_from('bytes=0123456789-,*"W/ abcTueOct:GMT\x00文'), max_size=40)


@given(st.dictionaries(st.sampled_from(NAMES), values), st.integers(0, 10))
def test_any_headers_have_an_answer_within_the_content(headers, size):
    decision = answer(headers, content=Validators(size, "abc", CONTENT.modified))
    assert decision.status in {200, 206, 304, 412, 416}
    assert all(0 <= p.offset <= p.offset + p.length <= size for p in decision.parts)
