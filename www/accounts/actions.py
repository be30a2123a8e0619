"""What changes accounts: each runs in the caller's transaction; hashes and clocks are arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from www.accounts import names, queries
from www.auth import links, sessions
from www.db import UniqueViolation
from www.errors import Invalid
from www.i18n import N_
from www.models import OneTimeLink, Purpose, Role, Session, User

if TYPE_CHECKING:
    from datetime import datetime

    from www.accounts.forms import NewAccount, Profile
    from www.db import Connection


async def add(
    conn: Connection,
    *,
    name: str,
    password_hash: str,
    role: Role,
    now: datetime,
    email: str | None = None,
) -> User:
    """Add an account; a name that is taken, even a moment ago, is Invalid."""
    user = User(
        name=name,
        name_key=names.key_of(name),
        email=email,
        password_hash=password_hash,
        role=role,
        created_at=now,
        updated_at=now,
    )
    try:
        return await conn.insert(user)
    except UniqueViolation as err:
        message = N_("This name is taken. Please choose another one.")
        raise Invalid({"name": [message]}) from err


async def use_link(
    conn: Connection, link: OneTimeLink, new: NewAccount, *, password_hash: str, now: datetime
) -> User:
    """Make the account that a set-up link or an invitation promises; Gone if it was used."""
    await links.use(conn, link, now=now)
    role = link.role
    if link.purpose == Purpose.SETUP:
        if await queries.has_administrator(conn):
            raise links.gone()
        role = Role.ADMIN
    return await add(
        conn, name=new.name, email=new.email, password_hash=password_hash, role=role, now=now
    )


async def use_reset_link(
    conn: Connection, link: OneTimeLink, *, password_hash: str, now: datetime
) -> User:
    """Set the password that a reset link allows to set; signs the person out everywhere."""
    await links.use(conn, link, now=now)
    user = await conn.first(User.select().where(User.id == link.user_id, User.active))
    if user is None:
        raise links.gone()
    await change_password(conn, user.id, password_hash=password_hash, keep=None, now=now)
    return user


async def change_password(
    conn: Connection, user_id: int, *, password_hash: str, keep: Session | None, now: datetime
) -> None:
    """Set the password, sign out every session but `keep`, and withdraw reset links."""
    change = User.update(password_hash=password_hash, updated_at=now)
    await conn.run(change.where(User.id == user_id))
    await sessions.end_all(conn, user_id, but=keep.id if keep else None)
    await links.withdraw(conn, Purpose.RESET, user_id=user_id)


async def change_profile(
    conn: Connection, user_id: int, profile: Profile, *, now: datetime
) -> None:
    """Write what the person says about themselves."""
    change = User.update(
        display_name=profile.display_name, email=profile.email, bio=profile.bio, updated_at=now
    )
    await conn.run(change.where(User.id == user_id))


async def issue_setup_link(conn: Connection, *, now: datetime) -> str | None:
    """Return the token of the first administrator's link, replacing older ones.

    None where there is an administrator already.
    """
    if await queries.has_administrator(conn):
        return None
    await links.withdraw(conn, Purpose.SETUP)
    return await links.issue(conn, Purpose.SETUP, now=now, role=Role.ADMIN)


async def issue_invitation(
    conn: Connection, *, role: Role, created_by: int | None, now: datetime
) -> str:
    """Return the token of a link that makes one account with `role`."""
    return await links.issue(conn, Purpose.INVITE, now=now, role=role, created_by=created_by)


async def issue_reset_link(
    conn: Connection, user: User, *, created_by: int | None, now: datetime
) -> str:
    """Return the token of a link by which `user` chooses a new password; older ones end."""
    await links.withdraw(conn, Purpose.RESET, user_id=user.id)
    return await links.issue(
        conn, Purpose.RESET, now=now, role=user.role, user_id=user.id, created_by=created_by
    )
