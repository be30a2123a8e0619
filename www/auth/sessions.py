"""Sessions: signed-in devices, as rows; a cookie holds a token, the database its hash.

A session ends 30 days after it was last used. Nothing is signed, so there is no secret to keep: who
does not know 256 random bits is nobody. Users who are deactivated are signed out by the look-up.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from www.db import Prepared, given
from www.models import Session, User
from www.utils.tokens import hash_token, is_token, new_token

if TYPE_CHECKING:
    from datetime import datetime

    from www.db import Connection
    from www.db.verbs import Verbs

LIFETIME: Final = timedelta(days=30)
SEEN_EVERY: Final = timedelta(minutes=5)
"""`seen_at` is this old before it is written again: most requests only read."""

_SESSION: Final = tuple(Session.info.columns)
_FIND: Final = Prepared(
    User.select(
        User.id,
        User.name,
        User.display_name,
        User.role,
        *(column.label(f"session_{name}") for name, column in Session.info.columns.items()),
    )
    .join(Session)
    .where(
        Session.token_hash == given("token_hash"), Session.expires_at > given("now"), User.active
    )
)


async def create(
    conn: Connection, user: User, *, now: datetime, user_agent: str = "", address: str = ""
) -> str:
    """Sign `user` in on one more device and return the token for its cookie."""
    token = new_token()
    await conn.insert(
        Session(
            token_hash=hash_token(token),
            user_id=user.id,
            created_at=now,
            seen_at=now,
            expires_at=now + LIFETIME,
            user_agent=user_agent[:300],
            address=address[:64],
        )
    )
    return token


async def find(conn: Verbs, token: str, *, now: datetime) -> tuple[User, Session] | None:
    """Return who holds `token`, with the columns that every page needs, and the session."""
    if not is_token(token):
        return None
    users = await conn.prepared(_FIND, token_hash=hash_token(token), now=now)
    if not users:
        return None
    user = users[0]
    return user, Session(**{name: user.pop(f"session_{name}") for name in _SESSION})


def is_stale(session: Session, now: datetime) -> bool:
    """Return whether it is time for `touch`."""
    return bool(now - session.seen_at >= SEEN_EVERY)


async def touch(conn: Verbs, session: Session, *, now: datetime) -> None:
    """Note that the session was used, which prolongs it."""
    change = Session.update(seen_at=now, expires_at=now + LIFETIME)
    await conn.run(change.where(Session.id == session.id))


async def of_user(conn: Verbs, user_id: int, *, now: datetime) -> list[Session]:
    """Return the devices on which the user is signed in, last used first."""
    select = Session.select(
        Session.id, Session.created_at, Session.seen_at, Session.user_agent, Session.address
    )
    mine = select.where(Session.user_id == user_id, Session.expires_at > now)
    # The index gives the newest sign-ins; sorting by a column that every visit changes is ours.
    rows = await conn.all(mine.order_by(Session.id.desc()).limit(100))
    return sorted(rows, key=lambda row: row.seen_at, reverse=True)


async def end(conn: Verbs, *, user_id: int, session_id: int) -> bool:
    """Sign out one device of the user; False if there is no such one."""
    mine = Session.delete().where(Session.id == session_id, Session.user_id == user_id)
    return bool(await conn.run(mine))


async def end_all(conn: Connection, user_id: int, *, but: int | None = None) -> int:
    """Sign the user out everywhere, apart from the session `but`; return from how many devices."""
    mine = Session.delete().where(Session.user_id == user_id)
    return await conn.run(mine if but is None else mine.where(Session.id != but))


async def sweep(conn: Connection, *, now: datetime) -> int:
    """Delete what has expired; a sign-in does this on its way."""
    return await conn.run(Session.delete().where(Session.expires_at <= now))
