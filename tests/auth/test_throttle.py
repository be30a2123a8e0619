"""Waits that grow, end, and lock nobody out for long."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.actors import add_user
from www.auth import sessions, throttle
from www.errors import RateLimited
from www.models import SignInFailure

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FREE = 3


async def attempt(engine, at=NOW, name="eve", address="192.0.2.1"):
    async with engine.transaction() as conn:
        return await throttle.begin(conn, name_key=name, address=address, free=FREE, now=at)


async def test_it_waits_longer_and_longer_but_not_for_ever(engine):
    at, waits = NOW, []
    for number in range(12):
        await attempt(engine, at, address=f"192.0.2.{number}")
        try:
            await attempt(engine, at, address="203.0.113.1")
        except RateLimited as err:
            waits.append(err.retry_after_s)
            at += timedelta(seconds=err.retry_after_s)
        else:
            waits.append(0)
    assert waits[:2] == [0, 2]
    assert waits == sorted(waits)
    assert max(waits) == 60


async def test_a_refused_attempt_does_not_prolong_the_wait(engine):
    for _ in range(FREE):
        await attempt(engine)
    for _ in range(20):
        with pytest.raises(RateLimited):
            await attempt(engine)
    await attempt(engine, NOW + timedelta(seconds=2))


async def test_it_counts_addresses_over_all_accounts(engine):
    for number in range(FREE):
        await attempt(engine, name=f"name{number}")
    with pytest.raises(RateLimited):
        await attempt(engine, name="another")
    await attempt(engine, name="another", address="192.0.2.2")


async def test_who_is_signed_in_there_is_not_kept_out_by_strangers(engine):
    eve = await add_user(engine, "eve")
    async with engine.transaction() as conn:
        await sessions.create(conn, eve, now=NOW, address="198.51.100.7")
    for number in range(FREE):
        await attempt(engine, address=f"192.0.2.{number}")
    with pytest.raises(RateLimited):
        await attempt(engine, address="192.0.2.99")
    await attempt(engine, address="198.51.100.7")


async def test_it_forgets(engine):
    for _ in range(FREE):
        await attempt(engine)
    keys = await attempt(engine, NOW + throttle.WINDOW)
    assert set(await engine.scalars(SignInFailure.select(SignInFailure.failures))) == {1}
    async with engine.transaction() as conn:
        await throttle.succeed(conn, keys, now=NOW + 3 * throttle.WINDOW)
    assert not await engine.exists(SignInFailure.select())


async def test_success_does_not_clear_the_address(engine):
    await attempt(engine, name="victim")
    keys = await attempt(engine, name="own account")
    async with engine.transaction() as conn:
        await throttle.succeed(conn, keys, now=NOW)
    row = await engine.one(SignInFailure.select().where(SignInFailure.key == "address:192.0.2.1"))
    assert row.failures == 1


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "address:192.0.2.1"),
        ("::ffff:192.0.2.1", "address:192.0.2.1"),
        ("2001:db8:1:2:3::4", "address:2001:db8:1:2::/64"),
        ("", None),
        ("nonsense", None),
    ],
)
def test_addresses_are_grouped_as_they_are_given_out(address, key):
    assert throttle.address_key(address) == key


def test_the_key_does_not_hold_the_name():
    """People type their password there now and then."""
    assert "hunter2" not in throttle.account_key("hunter2")
