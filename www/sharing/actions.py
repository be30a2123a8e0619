"""What changes share links."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from www.errors import Invalid
from www.files import actions as files
from www.i18n import N_, Message
from www.models import File, ShareLink, User

if TYPE_CHECKING:
    from datetime import datetime

    from www.db import Connection
    from www.models import Folder
    from www.sharing.forms import NewLink

MOST_OPEN: Final = 100
"""How many links that are not revoked one file or folder may have."""
_TOKEN_BYTES: Final = 16


async def make(
    conn: Connection,
    user: User,
    thing: File | Folder,
    new: NewLink,
    *,
    password_hash: str | None,
    now: datetime,
) -> ShareLink:
    """Make a link to a file or folder that `user` manages."""
    column = ShareLink.file_id if isinstance(thing, File) else ShareLink.folder_id
    await files.hold(conn, thing.owner_id)
    others = ShareLink.select(ShareLink.id).where(column == thing.id)
    if await conn.count(others.where(ShareLink.revoked_at.is_(None))) >= MOST_OPEN:
        text = Message(N_("There are %(max)s links to this already: revoke some."), max=MOST_OPEN)
        raise Invalid({"": [text]})
    link = ShareLink(
        file_id=thing.id if isinstance(thing, File) else None,
        folder_id=None if isinstance(thing, File) else thing.id,
        token=secrets.token_urlsafe(_TOKEN_BYTES),
        password_hash=password_hash,
        expires_at=new.expires_at(now),
        downloads_left=new.limit,
        created_by=user.id,
        created_at=now,
    )
    await files.note(conn, user, "share", thing.owner_id, [thing.name], now=now)
    return await conn.insert(link)


async def revoke(
    conn: Connection, user: User, link: ShareLink, thing: File | Folder, *, now: datetime
) -> None:
    """Let a link open nothing any more; one that is revoked keeps its moment."""
    still = (ShareLink.id == link.id) & ShareLink.revoked_at.is_(None)
    if await conn.run(ShareLink.update(revoked_at=now).where(still)):
        await files.note(conn, user, "unshare", thing.owner_id, [thing.name], now=now)


async def count(conn: Connection, link: ShareLink, *, now: datetime) -> bool:
    """Count a download; return whether there was one left, however many ask at once."""
    is_open = ShareLink.revoked_at.is_(None) & (
        ShareLink.expires_at.is_(None) | (ShareLink.expires_at > now)
    )
    left = ShareLink.downloads_left.is_(None) | (ShareLink.downloads_left > 0)
    counted = ShareLink.update(
        downloads=ShareLink.downloads + 1, downloads_left=ShareLink.downloads_left - 1
    )
    return await conn.run(counted.where(ShareLink.id == link.id, is_open, left)) == 1
