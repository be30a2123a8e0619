"""What uploads take of a quota while they come in."""

from time import monotonic

import pytest

from www.errors import QuotaExceeded
from www.files.space import Space


def reserved(space: Space, limit: int):
    context = space.reserve(1)
    reservation = context.__enter__()
    reservation.limit(limit, 0, since=reservation.mark())
    return context, reservation


def test_who_comes_first_uploads_first():
    space = Space()
    first, one = reserved(space, 100)
    one.claim(80)
    second, two = reserved(space, 100)
    assert two.left_bytes == 20
    two.claim(80)
    with pytest.raises(QuotaExceeded):
        two.take(80)
    one.take(50)
    one.take(30)
    one.keep()
    second.__exit__(None, None, None)
    first.__exit__(None, None, None)
    assert not space._accounts


def test_what_was_claimed_and_not_taken_comes_back():
    space = Space()
    outer, one = reserved(space, 100)
    inner, two = reserved(space, 100)
    two.claim(100)
    assert one.left_bytes == 0
    inner.__exit__(None, None, None)
    one.take(100)
    with pytest.raises(QuotaExceeded):
        one.take(1)
    outer.__exit__(None, None, None)


def test_what_one_was_told_will_do_for_the_next():
    space = Space()
    with space.reserve(1) as one, space.reserve(1) as two, space.reserve(2) as other:
        assert not one.is_known_to_fit(0)
        one.limit(100, 0, since=one.mark())
        one.claim(60)
        assert not other.is_known_to_fit(1)
        assert not two.is_known_to_fit(41)  # which must be asked for: something may have gone
        assert two.is_known_to_fit(40)
        two.take(40)
        with pytest.raises(QuotaExceeded):
            two.take(1)


def test_what_was_told_long_ago_will_not_do(monkeypatch):
    space = Space()
    with space.reserve(1) as one, space.reserve(1) as two:
        one.limit(100, 0, since=one.mark())
        later = monotonic() + 1
        monkeypatch.setattr("www.files.space.monotonic", lambda: later)
        assert not two.is_known_to_fit(1)
