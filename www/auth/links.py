"""One-time links: an address that makes an account, or sets a password, exactly once.

Only the token's hash is stored, so a copy of the database opens nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from www.errors import Gone, NotFound
from www.i18n import N_
from www.models import OneTimeLink, Purpose, Role
from www.utils.tokens import hash_token, is_token, new_token

if TYPE_CHECKING:
    from datetime import datetime

    from www.db import Connection
    from www.db.verbs import Verbs

LIFETIMES: Final = {
    Purpose.SETUP: timedelta(days=7),
    Purpose.INVITE: timedelta(days=14),
    Purpose.RESET: timedelta(days=1),
}


async def issue(
    conn: Connection,
    purpose: Purpose,
    *,
    now: datetime,
    role: Role = Role.READER,
    user_id: int | None = None,
    created_by: int | None = None,
) -> str:
    """Store a link and return its token, which nobody can read again."""
    token = new_token()
    await conn.insert(
        OneTimeLink(
            token_hash=hash_token(token),
            purpose=purpose,
            role=role,
            user_id=user_id,
            created_by=created_by,
            created_at=now,
            expires_at=now + LIFETIMES[purpose],
        )
    )
    return token


async def find(conn: Verbs, token: str, *, now: datetime) -> OneTimeLink:
    """Return the link; raises NotFound for an unknown token, Gone for a used or old one."""
    link = None
    if is_token(token):
        link = await conn.first(
            OneTimeLink.select().where(OneTimeLink.token_hash == hash_token(token))
        )
    if link is None:
        raise NotFound(N_("This link is not known here. Please check that it was copied whole."))
    if link.used_at is not None or link.expires_at <= now:
        raise gone()
    return link


async def use(conn: Connection, link: OneTimeLink, *, now: datetime) -> None:
    """Mark the link as used; of two who do so at once, one gets Gone."""
    change = OneTimeLink.update(used_at=now)
    unused = change.where(
        OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now
    )
    if not await conn.run(unused):
        raise gone()


async def withdraw(conn: Connection, purpose: Purpose, *, user_id: int | None = None) -> int:
    """Delete unused links of that purpose (for that user); return how many there were."""
    unused = OneTimeLink.delete().where(
        OneTimeLink.purpose == purpose, OneTimeLink.used_at.is_(None)
    )
    if user_id is not None:
        unused = unused.where(OneTimeLink.user_id == user_id)
    return await conn.run(unused)


async def withdraw_made_by(conn: Connection, user_id: int) -> int:
    """Delete every unused link that the user has made; return how many there were."""
    mine = OneTimeLink.created_by == user_id
    return await conn.run(OneTimeLink.delete().where(mine, OneTimeLink.used_at.is_(None)))


def gone() -> Gone:
    """Return the error for a link that is used up."""
    return Gone(N_("This link was used already or is too old. Please ask for a new one."))
