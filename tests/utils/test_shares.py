"""Shares: never more than there are, in the order of asking, given back whatever happens."""

import asyncio

import pytest

from www.utils.shares import Shares


@pytest.fixture
def held():
    return []


@pytest.fixture
def most():
    return []


def taker(shares, held, most):
    async def take(count, seen=None):
        async with shares.take(count):
            held.append(count)
            most.append(sum(held))
            await asyncio.sleep(0)
            held.remove(count)
            if seen is not None:
                seen.append(count)

    return take


async def test_never_more_are_held_than_there_are(held, most):
    take = taker(Shares(10), held, most)
    await asyncio.gather(*(take(count) for count in (3, 9, 1, 10, 4, 4, 2, 7) * 20))
    assert max(most) == 10


async def test_who_wants_much_is_not_passed_by_forever(held, most):
    seen: list[int] = []
    take = taker(Shares(4), held, most)
    await asyncio.gather(*(take(count, seen) for count in (1, 4, 1, 1)))
    assert seen == [1, 4, 1, 1]


async def test_more_than_there_are_counts_as_all(held, most):
    shares = Shares(2)
    await asyncio.gather(*(taker(shares, held, most)(5) for _ in range(3)))
    assert most == [5, 5, 5]


async def test_who_gives_up_waiting_gives_back_what_was_gathered():
    shares = Shares(3)
    async with shares.take(2):
        waiting = asyncio.create_task(shares.take(3).__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with asyncio.timeout(1), shares.take(3):
        pass
