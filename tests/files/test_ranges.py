"""The Range header against a plain model: sets of numbers."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from www.files.ranges import MAX_RANGES, parse

SIZE = 10_000


def cut(value, size=SIZE):
    parts = parse([f"bytes={value}"], size)
    return None if parts is None else [tuple(part) for part in parts]


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("0-9,1000-1009", [(0, 10), (1000, 10)]),
        ("1000-1009,0-9", [(1000, 10), (0, 10)]),  # in the order asked for
        ("0-9, -10", [(0, 10), (9990, 10)]),
        ("0-0,-1", [(0, 1), (9999, 1)]),
        ("0-99,50-149", [(0, 150)]),  # they overlap
        ("0-99,100-149", [(0, 150)]),  # they touch
        ("0-99,180-199", [(0, 200)]),  # the gap is shorter than what would stand in it
        ("0-99,181-199", [(0, 100), (181, 19)]),
        ("5000-,0-9,4000-5999", [(4000, 6000), (0, 10)]),
        ("0-,0-,0-,0-,0-,0-,0-,0-", [(0, SIZE)]),
        ("0-9,99999-,1000-1009", [(0, 10), (1000, 10)]),
        ("99999-,88888-", []),
        ("0-9\t,\t1000-1009", [(0, 10), (1000, 10)]),
        ("0-9,,1000-1009,", [(0, 10), (1000, 10)]),
        ("0-9 1000-1009", None),
        ("0-9;1000-1009", None),
        ("0-9,bytes=5-6", None),
        ("--1", None),
        ("1--1", None),
        ("+1-2", None),
        ("0x1-2", None),
    ],
)
def test_it_cuts_several_ranges(value, parts):
    assert cut(value) == parts


def test_space_costs_nothing():
    start = time.process_time()
    for value in (" " * 8000 + "!", "0-1," + " " * 8000 + "x", "1" * 8000 + "!", ", " * 4000):
        cut(value)
    assert time.process_time() - start < 0.02


def test_it_sends_the_whole_to_who_asks_for_very_many():
    many = [f"{n * 200}-{n * 200}" for n in range(MAX_RANGES)]
    assert len(cut(",".join(many))) == MAX_RANGES
    assert cut(",".join([*many, "9000-9000"])) is None
    assert cut(",".join(["0-0"] * 2000)) is None
    assert cut("," * 8000) is None


def spec(first, last):
    return f"{'' if first is None else first}-{'' if last is None else last}"


def model(first, last, size):
    """Return the bytes that one range names; None where it names none in any content."""
    if first is None:
        wanted = set(range(size)[-last:]) if last else set()
        return None if last is None or (not size and last) else wanted
    if last is not None and last < first:
        return None
    return {at for at in range(size) if first <= at and (last is None or at <= last)}


numbers = st.none() | st.integers(0, 700)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8), st.integers(0, 600))
def test_it_sends_what_is_asked_for_and_little_else(ranges, size):
    wanted = [model(first, last, size) for first, last in ranges]
    parts = cut(",".join(spec(*pair) for pair in ranges), size)
    if None in wanted:
        assert parts is None
        return
    sent = [set(range(offset, offset + length)) for offset, length in parts]
    asked = set().union(*wanted)
    assert asked <= set().union(*sent)
    assert all(a.isdisjoint(b) for a, b in itertools.combinations(sent, 2))
    for one in sent:  # it begins and ends with what was asked for; a gap in it is short
        kept = sorted(one & asked)
        assert (kept[0], kept[-1]) == (min(one), max(one))
        assert all(b - a <= 81 for a, b in itertools.pairwise(kept))
    first_asked = [next(n for n, w in enumerate(wanted) if w & one) for one in sent]
    assert first_asked == sorted(first_asked)
