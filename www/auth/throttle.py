"""Growing waits between attempts that fail: at signing in, registering and confirming a password.

The first `limits.login_attempts` wrong passwords for one account from one network cost nothing.
Every further one doubles a wait that starts at two seconds and ends at one minute, so a guesser is
left with 1,440 guesses a day; so is, after five times as many, one who tries many accounts. These
waits hold for that network alone: whoever fails on purpose keeps nobody else out. Guesses from many
networks are counted for the account as well, which then answers more slowly, and never closes: a
counter that closed it would let any stranger keep its owner out for as long as he likes.

An attempt is counted before the password is checked and taken back when it was right; otherwise a
thousand attempts at once would all see the counter as it was before. After a quarter of an hour
without a failure all is forgotten.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from www.errors import RateLimited
from www.models import SignInFailure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from www.db import Connection

WINDOW: Final = timedelta(minutes=15)
LONGEST_WAIT: Final = timedelta(minutes=1)
PER_ADDRESS: Final = 5
"""So many times more is free for an address than for an account from there: offices share one."""
SLOW_FROM: Final = 10
"""So many times more is free for an account from everywhere before it answers more slowly."""
_LONGEST_DELAY_S: Final = 5.0
_SWEPT_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was counted; give it to `succeed` if it was right."""

    forgotten: str  # the counter that ends with a success
    shared: tuple[str, ...]  # counters of others too, which lose this attempt only
    delay_s: float  # how long to wait before the answer


async def begin_sign_in(
    conn: Connection, *, name_key: str, address: str, free: int, now: datetime
) -> Attempt:
    """Count an attempt to sign in; raises RateLimited during a wait.

    Where no address is known (a Unix socket), all are one network.
    """
    place = network(address)
    here, account = f"{_hashed(name_key)}@{place}", f"name:{_hashed(name_key)}"
    bounds: dict[str, int | None] = {here: free, account: None}
    if place:
        bounds[f"address:{place}"] = free * PER_ADDRESS
    before = await _count(conn, bounds, now)
    delay_s = min(float(before[account] // (free * SLOW_FROM)), _LONGEST_DELAY_S)
    return Attempt(here, tuple(key for key in bounds if key != here), delay_s)


async def begin(conn: Connection, key: str, *, free: int, now: datetime) -> Attempt:
    """Count an attempt of another kind under its own `key`; raises RateLimited during a wait."""
    await _count(conn, {key: free}, now)
    return Attempt(key, (), 0.0)


async def succeed(conn: Connection, attempt: Attempt) -> None:
    """Forget the failures from there for that account, and this attempt elsewhere."""
    await _hold(conn, (attempt.forgotten, *attempt.shared))
    await conn.run(SignInFailure.delete().where(SignInFailure.key == attempt.forgotten))
    # Not the address's failures: an attacker would sign in to an account of his own in between.
    change = SignInFailure.update(failures=SignInFailure.failures - 1)
    shared = SignInFailure.key.in_(attempt.shared)
    await conn.run(change.where(shared, SignInFailure.failures > 0))


async def sweep(conn: Connection, *, now: datetime) -> None:
    """Delete what is old; in a transaction of its own, for it takes locks in their order."""
    old = SignInFailure.last_at <= now - WINDOW
    keys = await conn.scalars(
        SignInFailure.select(SignInFailure.key).where(old).limit(_SWEPT_AT_ONCE)
    )
    await _hold(conn, keys)
    await conn.run(SignInFailure.delete().where(SignInFailure.key.in_(keys), old))


def network(address: str) -> str:
    """Return what is counted as one: the address, of IPv6 the /64, which one customer has whole.

    "" for what is no address.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


def wait(failures: int, free: int) -> timedelta:
    """Return how long after the last failure the next attempt may come."""
    if failures < free:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - free + 1, 10)), LONGEST_WAIT)


async def _count(
    conn: Connection, bounds: Mapping[str, int | None], now: datetime
) -> dict[str, int]:
    """Add an attempt to every counter; return what they held, each bounded by what is free."""
    await _hold(conn, bounds)
    recent = SignInFailure.last_at > now - WINDOW
    rows = await conn.all(SignInFailure.select().where(SignInFailure.key.in_(list(bounds)), recent))
    # Without a pause the clock does not count: `last_at` may be later than our `now`, of somebody
    # who came first to the counter.
    waits = [
        row.last_at + pause - now
        for row in rows
        if (free := bounds[row.key]) is not None and (pause := wait(row.failures, free))
    ]
    longest = max(waits, default=timedelta())
    if longest > timedelta():
        raise RateLimited(longest.total_seconds())
    before = dict.fromkeys(bounds, 0) | {row.key: row.failures for row in rows}
    columns = (SignInFailure.failures, SignInFailure.last_at)
    for key, failures in before.items():
        counted = SignInFailure.insert({"key": key, "failures": failures + 1, "last_at": now})
        await conn.run(counted.or_update(SignInFailure.key, columns=columns))
    return before


async def _hold(conn: Connection, keys: Iterable[str]) -> None:
    """Keep these counters to ourselves; everybody takes them in the same order."""
    for key in sorted(keys):
        await conn.lock(key)


def _hashed(name_key: str) -> str:
    """Hide the name: people type their password into its field now and then."""
    return hashlib.sha256(name_key.encode()).hexdigest()[:32]
