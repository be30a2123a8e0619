"""What uploads take of a quota while they come in."""

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
