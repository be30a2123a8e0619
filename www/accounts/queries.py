"""What is asked about people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from www.accounts.names import key_of
from www.errors import NotFound
from www.i18n import N_
from www.models import Role, User

if TYPE_CHECKING:
    from www.db import Connection, Engine

_SHOWN: Final = (
    User.id,
    User.name,
    User.display_name,
    User.bio,
    User.role,
    User.active,
    User.created_at,
)


async def person_by_name(db: Engine | Connection, name: str) -> User:
    """Return what everybody may see of the person called `name`, in any case; or NotFound."""
    person = await db.first(User.select(*_SHOWN).where(User.name_key == key_of(name)))
    if person is None:
        raise NotFound(N_("There is nobody of that name here."))
    return person


async def credentials(db: Engine | Connection, name: str) -> User | None:
    """Return what a sign-in needs of the account called `name`, None if there is none in use."""
    select = User.select(User.id, User.name, User.password_hash, User.updated_at)
    return await db.first(select.where(User.name_key == key_of(name), User.active))


async def account(db: Engine | Connection, user_id: int) -> User:
    """Return the whole row of a person; raises RowNotFound if it was deleted meanwhile."""
    return await db.one(User.select().where(User.id == user_id))


async def has_administrator(db: Engine | Connection) -> bool:
    """Return whether somebody can run the site; else a set-up link is wanted."""
    select = User.select(User.id)
    return await db.exists(select.where(User.role == Role.ADMIN, User.active))
