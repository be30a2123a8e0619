"""Waits that grow, end, and lock nobody out for long."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from www.auth import throttle
from www.errors import RateLimited
from www.models import SignInFailure

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FREE = 3


async def attempt(engine, at=NOW, name="eve", address="192.0.2.1"):
    async with engine.transaction() as conn:
        return await throttle.begin_sign_in(conn, name_key=name, address=address, free=FREE, now=at)


async def test_it_waits_longer_and_longer_but_not_for_ever(engine):
    at, waits = NOW, []
    for _ in range(12):
        await attempt(engine, at)
        try:
            await attempt(engine, at)
        except RateLimited as err:
            waits.append(err.retry_after_s)
            at += timedelta(seconds=err.retry_after_s)
    assert waits[0] == 2
    assert waits == sorted(waits)
    assert max(waits) == 60


async def test_a_refused_attempt_does_not_prolong_the_wait(engine):
    for _ in range(FREE):
        await attempt(engine)
    for _ in range(20):
        with pytest.raises(RateLimited):
            await attempt(engine)
    await attempt(engine, NOW + timedelta(seconds=2))


async def test_who_had_to_queue_for_the_counter_is_not_refused_for_it(engine):
    """The clock was read before the counter was ours, and somebody who read it later came first."""
    await attempt(engine, NOW + timedelta(seconds=1))
    await attempt(engine, NOW)


async def test_nobody_is_locked_out_by_strangers(engine):
    """A stranger who asks twice a second for ten minutes, and the person, somewhere else."""
    for half_seconds in range(1200):
        at = NOW + timedelta(seconds=half_seconds / 2)
        with contextlib.suppress(RateLimited):
            await attempt(engine, at)
        if half_seconds % 200 == 199:
            mine = await attempt(engine, at, address="198.51.100.7")
            assert mine.delay_s == 0
            async with engine.transaction() as conn:
                await throttle.succeed(conn, mine)


async def test_many_addresses_make_an_account_slow_and_not_closed(engine):
    delays = []
    for number in range(700):
        address = f"198.51.{number // 256}.{number % 256}"
        delays.append((await attempt(engine, address=address)).delay_s)
    assert delays[: FREE * throttle.SLOW_FROM] == [0] * (FREE * throttle.SLOW_FROM)
    assert delays == sorted(delays)
    assert delays[FREE * throttle.SLOW_FROM] == 1
    assert delays[-1] == 5


async def test_it_counts_addresses_over_all_accounts(engine):
    for number in range(FREE * throttle.PER_ADDRESS):
        await attempt(engine, name=f"name{number}")
    with pytest.raises(RateLimited):
        await attempt(engine, name="another")
    await attempt(engine, name="another", address="192.0.2.2")


async def test_without_addresses_accounts_are_counted(engine):
    for _ in range(FREE):
        await attempt(engine, address="")
    with pytest.raises(RateLimited):
        await attempt(engine, address="")
    await attempt(engine, address="", name="another")


async def test_it_forgets(engine):
    for _ in range(FREE):
        await attempt(engine)
    await attempt(engine, NOW + throttle.WINDOW)
    assert set(await engine.scalars(SignInFailure.select(SignInFailure.failures))) == {1}
    async with engine.transaction() as conn:
        await throttle.sweep(conn, now=NOW + 3 * throttle.WINDOW)
    assert not await engine.exists(SignInFailure.select())


async def test_success_clears_nothing_but_its_own(engine):
    await attempt(engine, name="victim")
    mine = await attempt(engine, name="own account")
    async with engine.transaction() as conn:
        await throttle.succeed(conn, mine)
    row = await engine.one(SignInFailure.select().where(SignInFailure.key == "address:192.0.2.1"))
    assert row.failures == 1
    assert await engine.count(SignInFailure.select().where(SignInFailure.failures > 0)) == 3


async def test_of_many_at_once_only_the_free_ones_pass(engine):
    answers = await asyncio.gather(*(attempt(engine) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(answer, throttle.Attempt) for answer in answers) == FREE
    assert sum(isinstance(answer, RateLimited) for answer in answers) == 20 - FREE


async def test_sweeping_and_counting_do_not_stand_in_each_others_way(engine):
    for number in range(20):
        await attempt(engine, name=f"name{number}", address=f"192.0.2.{number}")
    late = NOW + 2 * throttle.WINDOW

    async def sweep():
        async with engine.transaction() as conn:
            await throttle.sweep(conn, now=late)

    again = (attempt(engine, late, f"name{n}", f"192.0.2.{19 - n}") for n in range(20))
    await asyncio.gather(*again, *(sweep() for _ in range(5)))
    failures = await engine.scalars(SignInFailure.select(SignInFailure.failures))
    assert failures == [1] * 60


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("", ""),
        ("nonsense", ""),
    ],
)
def test_addresses_are_grouped_as_they_are_given_out(address, key):
    assert throttle.network(address) == key


async def test_the_keys_do_not_hold_the_name(engine):
    """People type their password there now and then."""
    await attempt(engine, name="hunter2")
    assert "hunter2" not in "".join(await engine.scalars(SignInFailure.select(SignInFailure.key)))
