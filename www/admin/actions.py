"""What administrators change; every action leaves a row in the audit log, in its transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from www.accounts import actions as accounts
from www.accounts import queries
from www.auth import audit, links, sessions
from www.errors import Conflict, NotFound
from www.i18n import N_
from www.models import OneTimeLink, Purpose, Role, User

if TYPE_CHECKING:
    from datetime import datetime

    from www.db import Connection


async def change_user(
    conn: Connection, actor: User, user_id: int, *, role: Role, active: bool, now: datetime
) -> None:
    """Give a person another role, or (de)activate the account; who is deactivated is signed out.

    The last active administrator stays one: counted after the change, in the transaction of the
    database's only writer, so that two who demote each other do not both succeed.
    """
    user = await conn.first(
        User.select(User.id, User.name, User.role, User.active).where(User.id == user_id)
    )
    if user is None:
        raise NotFound(N_("There is no such account."))
    if (user.role, user.active) == (role, active):
        return
    change = User.update(role=role, active=active, updated_at=now)
    await conn.run(change.where(User.id == user_id))
    if not await queries.has_administrator(conn):
        raise Conflict(N_("This is the last administrator. Make somebody else one first."))
    if not active:
        await sessions.end_all(conn, user_id)
        await links.withdraw(conn, Purpose.RESET, user_id=user_id)
    if user.role != role:
        await audit.note(conn, actor, "role", f"{user.name}: {user.role} > {role}", now=now)
    if user.active != active:
        action = "activate" if active else "deactivate"
        await audit.note(conn, actor, action, user.name, now=now)


async def invite(conn: Connection, actor: User, *, role: Role, now: datetime) -> str:
    """Return the token of a new invitation."""
    token = await accounts.issue_invitation(conn, role=role, created_by=actor.id, now=now)
    await audit.note(conn, actor, "invite", role, now=now)
    return token


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
