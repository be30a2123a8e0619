"""What administrators change; every action leaves a row in the audit log, in its transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from www.accounts import actions as accounts
from www.accounts.queries import has_administrator, is_administrator
from www.admin import queries
from www.auth import audit, links, sessions
from www.errors import Conflict, Forbidden, NotFound
from www.i18n import N_
from www.models import OneTimeLink, Purpose, Role, User

if TYPE_CHECKING:
    from datetime import datetime

    from www.db import Connection


async def change_user(
    conn: Connection, actor: User, user_id: int, *, role: Role, active: bool, now: datetime
) -> None:
    """Give a person another role, or (de)activate the account; who is deactivated is signed out.

    The last active administrator stays one: counted after the change, while nobody else changes
    any. With the office end the invitations that somebody has made.
    """
    await _hold_office(conn, actor)
    await accounts.hold_user(conn, user_id)
    user = await queries.user(conn, user_id)
    if (user.role, user.active) == (role, active):
        return
    change = User.update(role=role, active=active, updated_at=now)
    await conn.run(change.where(User.id == user_id))
    if not await has_administrator(conn):
        raise Conflict(N_("This is the last administrator. Make somebody else one first."))
    if not active:
        await sessions.end_all(conn, user_id)
        await links.withdraw(conn, Purpose.RESET, user_id=user_id)
    if role != Role.ADMIN or not active:
        count = await links.withdraw_made_by(conn, user_id)
        if count:
            await audit.note(conn, actor, "withdraw", f"{user.name}: {count}", now=now)
    if user.role != role:
        await audit.note(conn, actor, "role", f"{user.name}: {user.role} > {role}", now=now)
    if user.active != active:
        action = "activate" if active else "deactivate"
        await audit.note(conn, actor, action, user.name, now=now)


async def change_quota(
    conn: Connection, actor: User, user_id: int, size_bytes: int | None, *, now: datetime
) -> None:
    """Let somebody keep so much, None for what the settings say; files that are there stay."""
    await _hold_office(conn, actor)
    user = await queries.user(conn, user_id)
    await conn.run(User.update(quota_bytes=size_bytes).where(User.id == user_id))
    text = "usual" if size_bytes is None else str(size_bytes)
    await audit.note(conn, actor, "quota", f"{user.name}: {text}", now=now)


async def invite(conn: Connection, actor: User, *, role: Role, now: datetime) -> str:
    """Return the token of a new invitation."""
    await _hold_office(conn, actor)
    token = await accounts.issue_invitation(conn, role=role, created_by=actor.id, now=now)
    await audit.note(conn, actor, "invite", role, now=now)
    return token


async def note_reset(conn: Connection, actor: User, *, now: datetime) -> None:
    """Write down that the figures of statements start again at nothing."""
    await _hold_office(conn, actor)
    await audit.note(conn, actor, "reset-figures", "statements", now=now)


async def revoke_invitation(conn: Connection, actor: User, link_id: int, *, now: datetime) -> None:
    """Delete an invitation that nobody has used; NotFound if there is no such one."""
    unused = OneTimeLink.delete().where(
        OneTimeLink.id == link_id,
        OneTimeLink.purpose == Purpose.INVITE,
        OneTimeLink.used_at.is_(None),
    )
    if not await conn.run(unused):
        raise NotFound(N_("There is no such invitation."))
    await audit.note(conn, actor, "revoke", f"invitation {link_id}", now=now)


async def _hold_office(conn: Connection, actor: User) -> None:
    """Raise Forbidden unless `actor` still is an administrator, which then nobody changes."""
    await accounts.hold_administrators(conn)
    if not await is_administrator(conn, actor.id):
        raise Forbidden
