"""What administrators ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from www.errors import NotFound
from www.i18n import N_
from www.models import AuditEntry, OneTimeLink, Purpose, User

if TYPE_CHECKING:
    from datetime import datetime

    from www.db import Page
    from www.db.verbs import Verbs

PAGE_SIZE: Final = 50


async def users(conn: Verbs, before: str | None) -> Page[User]:
    """Return one page of accounts, newest first."""
    select = User.select(
        User.id,
        User.name,
        User.display_name,
        User.email,
        User.role,
        User.active,
        User.created_at,
    )
    return await conn.page(select.order_by(User.id.desc()), after=before, size=PAGE_SIZE)


async def user(conn: Verbs, user_id: int) -> User:
    """Return name, role and activity of a person, or NotFound."""
    select = User.select(User.id, User.name, User.role, User.active)
    found = await conn.first(select.where(User.id == user_id))
    if found is None:
        raise NotFound(N_("There is no such account."))
    return found


async def open_invitations(conn: Verbs, *, now: datetime) -> list[OneTimeLink]:
    """Return the invitations that still wait for somebody, newest first."""
    select = OneTimeLink.select(
        OneTimeLink.id, OneTimeLink.role, OneTimeLink.created_at, OneTimeLink.expires_at
    )
    waiting = select.where(
        OneTimeLink.purpose == Purpose.INVITE,
        OneTimeLink.used_at.is_(None),
        OneTimeLink.expires_at > now,
    )
    return await conn.all(waiting.order_by(OneTimeLink.id.desc()).limit(200))


async def audit(conn: Verbs, before: str | None) -> Page[AuditEntry]:
    """Return one page of what administrators did, newest first."""
    select = AuditEntry.select().order_by(AuditEntry.id.desc())
    return await conn.page(select, after=before, size=PAGE_SIZE)
