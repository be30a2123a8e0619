"""What is asked about people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from www.accounts.names import key_of
from www.errors import NotFound
from www.i18n import N_
from www.models import Role, User

if TYPE_CHECKING:
    from www.db.verbs import Verbs

_SHOWN: Final = (
    User.id,
    User.name,
    User.display_name,
    User.bio,
    User.role,
    User.active,
    User.created_at,
)


async def user_by_name(conn: Verbs, name: str) -> User:
    """Return what everybody may see of the person called `name`, in any case; or NotFound."""
    person = await conn.first(User.select(*_SHOWN).where(User.name_key == key_of(name)))
    if person is None:
        raise NotFound(N_("There is nobody of that name here."))
    return person


async def credentials(conn: Verbs, name: str) -> User | None:
    """Return what a sign-in needs of the account called `name`, None if there is none in use."""
    select = User.select(User.id, User.name, User.password_hash, User.updated_at)
    return await conn.first(select.where(User.name_key == key_of(name), User.active))


async def is_taken(conn: Verbs, name: str) -> bool:
    """Return whether an account has that name, in any case."""
    return await conn.exists(User.select(User.id).where(User.name_key == key_of(name)))


async def user(conn: Verbs, user_id: int) -> User:
    """Return the whole row of a person; raises RowNotFound if it was deleted meanwhile."""
    return await conn.one(User.select().where(User.id == user_id))


async def is_administrator(conn: Verbs, user_id: int) -> bool:
    """Return whether that person is an administrator at this moment."""
    select = User.select(User.id).where(User.id == user_id)
    return await conn.exists(select.where(User.role == Role.ADMIN, User.active))


async def has_administrator(conn: Verbs) -> bool:
    """Return whether somebody can run the site; else a set-up link is wanted."""
    select = User.select(User.id)
    return await conn.exists(select.where(User.role == Role.ADMIN, User.active))
