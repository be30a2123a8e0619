"""What changes share links."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from www.errors import Invalid
from www.files import actions as files
from www.i18n import N_, Message
from www.models import File, ShareDownload, ShareLink, User

if TYPE_CHECKING:
    from datetime import datetime

    from www.db import Connection, Engine
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
        expires_at=new.expires_at,
        downloads_left=new.limit,
        note=new.note,
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
        downloads=ShareLink.downloads + 1,
        downloads_left=ShareLink.downloads_left - 1,
        last_download_at=now,
    )
    return await conn.run(counted.where(ShareLink.id == link.id, is_open, left)) == 1


async def remember(
    conn: Connection, link: ShareLink, bytes_left: int, *, until: datetime
) -> ShareDownload:
    """Let a download that was counted go on, for so many bytes."""
    return await conn.insert(
        ShareDownload(link_id=link.id, bytes_left=bytes_left, expires_at=until)
    )


async def go_on(
    conn: Connection, link: ShareLink, id: int, size_bytes: int, *, at_least: int, now: datetime
) -> bool:
    """Take bytes from a counted download; return whether it has `at_least` so many left."""
    taken = ShareDownload.update(bytes_left=ShareDownload.bytes_left - size_bytes)
    mine = (ShareDownload.id == id) & (ShareDownload.link_id == link.id)
    enough = (ShareDownload.expires_at > now) & (ShareDownload.bytes_left >= at_least)
    return await conn.run(taken.where(mine, enough)) == 1


async def give_back(conn: Connection, id: int, size_bytes: int) -> None:
    """Give back bytes that did not go out."""
    given = ShareDownload.update(bytes_left=ShareDownload.bytes_left + size_bytes)
    await conn.run(given.where(ShareDownload.id == id))


async def uncount(conn: Connection, link: ShareLink, id: int, bytes_left: int) -> bool:
    """Undo a count of which nothing was sent, unless somebody has gone on with it since."""
    untouched = (ShareDownload.id == id) & (ShareDownload.bytes_left == bytes_left)
    if not await conn.run(ShareDownload.delete().where(untouched)):
        return False
    undone = ShareLink.update(
        downloads=ShareLink.downloads - 1, downloads_left=ShareLink.downloads_left + 1
    )
    await conn.run(undone.where(ShareLink.id == link.id))
    return True


async def sweep(engine: Engine, *, now: datetime) -> int:
    """Forget counted downloads that may not go on any more; return how many."""
    old = ShareDownload.expires_at <= now
    if not await engine.exists(ShareDownload.select(ShareDownload.id).where(old)):
        return 0  # and nobody waited for a write
    return await engine.run(ShareDownload.delete().where(old))
