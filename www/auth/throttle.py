"""Growing waits between sign-ins that fail, per account name and per address.

The first `limits.login_attempts` wrong passwords cost nothing. Every further one doubles a wait
that starts at two seconds and ends at one minute: an attacker is left with 1,440 guesses a day,
while a stranger who fails on purpose can delay somebody else's sign-in by a minute at a time and no
longer. Even that does not hold where the person is signed in already: an address with a session of
the account passes. After a quarter of an hour without a failure all is forgotten.

An attempt is counted before the password is checked and taken back when it was right; otherwise a
thousand attempts at once would all see the counter as it was before.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from www.errors import RateLimited
from www.models import Session, SignInFailure, User

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from www.db import Connection

WINDOW: Final = timedelta(minutes=15)
LONGEST_WAIT: Final = timedelta(minutes=1)


def account_key(name_key: str) -> str:
    """Return the counter's key for an account, whether or not there is one of that name.

    Hashed, because people type their password into the field above now and then.
    """
    return "name:" + hashlib.sha256(name_key.encode()).hexdigest()[:32]


def address_key(address: str) -> str | None:
    """Return the counter's key for an address; of IPv6 the /64, which one customer has whole."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None  # a Unix socket has no address
    if isinstance(parsed, IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    if isinstance(parsed, IPv6Address):
        return f"address:{ip_network((parsed, 64), strict=False)}"
    return f"address:{parsed}"


async def begin(
    conn: Connection, *, name_key: str, address: str, free: int, now: datetime
) -> list[str]:
    """Count an attempt and return its keys for `succeed`; raises RateLimited during a wait."""
    account, place = account_key(name_key), address_key(address)
    keys = [account] if place is None else [account, place]
    for key in sorted(keys):
        await conn.lock(key)
    select = SignInFailure.select().where(
        SignInFailure.key.in_(keys), SignInFailure.last_at > now - WINDOW
    )
    waits = {
        row.key: wait(row.failures, free) - (now - row.last_at) for row in await conn.all(select)
    }
    if waits.get(account, timedelta()) > timedelta() and await _is_at_home(conn, name_key, address):
        del waits[account]
    longest = max(waits.values(), default=timedelta())
    if longest > timedelta():
        raise RateLimited(longest.total_seconds())
    await _count(conn, keys, now)
    return keys


async def succeed(conn: Connection, keys: Sequence[str], *, now: datetime) -> None:
    """Forget the account's failures and this attempt; sweep what is old."""
    account, *places = keys
    await conn.run(SignInFailure.delete().where(SignInFailure.key == account))
    # Not the address's failures: an attacker would sign in to an account of his own in between.
    change = SignInFailure.update(failures=SignInFailure.failures - 1)
    await conn.run(change.where(SignInFailure.key.in_(places), SignInFailure.failures > 0))
    await conn.run(SignInFailure.delete().where(SignInFailure.last_at <= now - WINDOW))


def wait(failures: int, free: int) -> timedelta:
    """Return how long after the last failure the next attempt may come."""
    if failures < free:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - free + 1, 10)), LONGEST_WAIT)


async def _count(conn: Connection, keys: Sequence[str], now: datetime) -> None:
    for key in keys:
        change = SignInFailure.update(failures=SignInFailure.failures + 1, last_at=now)
        recent = change.where(SignInFailure.key == key, SignInFailure.last_at > now - WINDOW)
        if not await conn.run(recent):
            fresh = SignInFailure.insert({"key": key, "failures": 1, "last_at": now})
            columns = (SignInFailure.failures, SignInFailure.last_at)
            await conn.run(fresh.or_update(SignInFailure.key, columns=columns))


async def _is_at_home(conn: Connection, name_key: str, address: str) -> bool:
    """Return whether the account is signed in from `address`; no address is nobody's home."""
    if not address:
        return False
    select = Session.select(Session.id).join(User)
    return await conn.exists(select.where(User.name_key == name_key, Session.address == address))
