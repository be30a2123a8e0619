"""What changes accounts: each runs in the caller's transaction; hashes and clocks are arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from www.accounts import names, queries
from www.auth import audit, links, sessions
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
    """Add an account; a name that is taken, even a moment ago, is Invalid.

    An administrator ends all links to become the first one.
    """
    user = User(
        name=name,
        name_key=names.key_of(name),
        email=email,
        password_hash=password_hash,
        role=role,
        created_at=now,
        updated_at=now,
    )
    if role == Role.ADMIN:
        await links.withdraw(conn, Purpose.SETUP)
    try:
        return await conn.insert(user)
    except UniqueViolation as err:
        raise taken() from err


def taken() -> Invalid:
    """Return the error for a name that somebody has."""
    return Invalid({"name": [N_("This name is taken. Please choose another one.")]})


async def use_link(
    conn: Connection, link: OneTimeLink, new: NewAccount, *, password_hash: str, now: datetime
) -> User:
    """Make the account that a set-up link or an invitation promises; Gone if it was used."""
    if link.purpose == Purpose.SETUP:
        await hold_administrators(conn)
    await links.use(conn, link, now=now)
    role = link.role
    if link.purpose == Purpose.SETUP:
        if await queries.has_administrator(conn):
            raise links.gone()
        role = Role.ADMIN
    user = await add(
        conn, name=new.name, email=new.email, password_hash=password_hash, role=role, now=now
    )
    if link.purpose == Purpose.SETUP:
        await audit.note(conn, user, "setup", user.name, now=now)
    return user


async def use_reset_link(
    conn: Connection, link: OneTimeLink, *, password_hash: str, now: datetime
) -> User:
    """Set the password that a reset link allows to set; signs the person out everywhere."""
    await hold_user(conn, link.user_id)
    await links.use(conn, link, now=now)
    user = await conn.first(User.select().where(User.id == link.user_id, User.active))
    if user is None or not await change_password(
        conn, user.id, password_hash=password_hash, known=None, keep=None, now=now
    ):
        raise links.gone()
    return user


async def change_password(
    conn: Connection,
    user_id: int,
    *,
    password_hash: str,
    known: str | None,
    keep: Session | None,
    now: datetime,
) -> bool:
    """Set the password, sign out every session but `keep`, and withdraw reset links.

    False, and nothing is changed, if the hash is no longer `known` or the account not in use.
    """
    await hold_user(conn, user_id)
    change = User.update(password_hash=password_hash, updated_at=now)
    change = change.where(User.id == user_id, User.active)
    if not await conn.run(change if known is None else change.where(User.password_hash == known)):
        return False
    await sessions.end_all(conn, user_id, but=keep.id if keep else None)
    await links.withdraw(conn, Purpose.RESET, user_id=user_id)
    return True


async def keep_password(conn: Connection, user_id: int, *, known: str, password_hash: str) -> bool:
    """Store the same password with another hash, or with the same one; False as above.

    The row stays locked until the transaction ends: nobody changes the password or deactivates the
    account between this answer and the session that begins because of it.
    """
    change = User.update(password_hash=password_hash)
    mine = change.where(User.id == user_id, User.active, User.password_hash == known)
    return bool(await conn.run(mine))


async def hold_user(conn: Connection, user_id: int | None) -> None:
    """Let nobody else change password, role or links of that user until the transaction ends."""
    await conn.lock(f"user {user_id}")


async def hold_administrators(conn: Connection) -> None:
    """Let nobody else look whether there are administrators and change something because of it.

    Taken before `hold_user` and before any row is changed, so that no two wait for each other.
    """
    await conn.lock("administrators")


async def change_profile(
    conn: Connection, user_id: int, profile: Profile, *, now: datetime
) -> None:
    """Write what the person says about themselves."""
    change = User.update(
        display_name=profile.display_name, email=profile.email, bio=profile.bio, updated_at=now
    )
    await conn.run(change.where(User.id == user_id))


async def issue_setup_link(conn: Connection, *, now: datetime) -> str | None:
    """Return the token of a link for the first administrator, None where there is one already.

    Older links stay good, for a start that failed may have printed this one to nobody.
    """
    await hold_administrators(conn)
    if await queries.has_administrator(conn):
        return None
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
    await hold_user(conn, user.id)
    await links.withdraw(conn, Purpose.RESET, user_id=user.id)
    return await links.issue(
        conn, Purpose.RESET, now=now, role=user.role, user_id=user.id, created_by=created_by
    )
