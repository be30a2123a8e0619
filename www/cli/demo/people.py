"""Who writes on the demo's site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from www.accounts import actions as accounts
from www.accounts import names
from www.models import Role, User

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from www.db import Connection


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes; `is_new` if this run made the account."""

    id: int
    name: str
    role: Role
    language: str
    is_new: bool


async def invited(
    conn: Connection, row: Sequence[str], *, password_hash: str, since: datetime
) -> Person:
    """Return the account of `row`; strangers keep the names that they have taken."""
    name, display_name, role, language, bio = row
    number = 1
    known = await _known(conn, name)
    while known is not None and known.bio != bio:
        number += 1
        known = await _known(conn, f"{name}{number}")
    if known is not None:
        return Person(known.id, known.name, known.role, language, is_new=False)
    user = await accounts.add(
        conn,
        name=name if number == 1 else f"{name}{number}",
        password_hash=password_hash,
        role=Role(role),
        now=since,
    )
    user.display_name, user.bio = display_name, bio
    await conn.update(user)
    return Person(user.id, user.name, user.role, language, is_new=True)


async def _known(conn: Connection, name: str) -> User | None:
    select = User.select(User.id, User.name, User.role, User.bio)
    return await conn.first(select.where(User.name_key == names.key_of(name)))
