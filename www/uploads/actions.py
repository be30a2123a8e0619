"""What changes the rows of uploads. Their bytes are the business of `www.uploads.staging`.

A file of the staging exists before its row, and goes after it; so a crash leaves at worst a file
that nobody knows, which the sweep removes.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from www.errors import NotFound
from www.files import actions as files
from www.files import folder_actions, folder_queries, openness
from www.files import queries as file_queries
from www.files.space import no_room
from www.uploads import queries
from www.uploads.errors import TooManyUploads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from www.db import Connection
    from www.files.space import Space
    from www.files.upload import Received
    from www.models import File, Upload, Visibility
    from www.uploads.destination import Destination

MOST_UNFINISHED: Final = 1000
"""Uploads that one person may have begun: each has a row and a file."""
UNCLAIMED: Final = timedelta(hours=1)
"""How long a new upload waits for somebody to come to its address: the answer that told it may have
been lost, and then nobody ever will."""
_RENEWED_AFTER: Final = timedelta(hours=1)


def new_token() -> str:
    """Return a new upload's name, which nobody can guess."""
    return secrets.token_hex(16)


async def create(conn: Connection, upload: Upload, *, space: Space, quota_bytes: int) -> None:
    """Insert `upload`; raises QuotaExceeded, TooManyUploads."""
    await require_room(conn, upload, space=space, quota_bytes=quota_bytes)
    await conn.insert(upload)


async def require_room(conn: Connection, upload: Upload, *, space: Space, quota_bytes: int) -> None:
    """Raise QuotaExceeded, TooManyUploads where there is no room for a new upload."""
    await conn.lock(f"files of {upload.owner_id}")
    if await queries.unfinished(conn, upload.owner_id) >= MOST_UNFINISHED:
        raise TooManyUploads
    await _check(conn, upload.owner_id, upload.reserved, space=space, quota_bytes=quota_bytes)


async def reserve(
    conn: Connection, upload: Upload, size_bytes: int, *, space: Space, quota_bytes: int
) -> None:
    """Let `upload` count as `size_bytes` in the quota. Raises QuotaExceeded."""
    await conn.lock(f"files of {upload.owner_id}")
    more = size_bytes - upload.reserved
    await _check(conn, upload.owner_id, more, space=space, quota_bytes=quota_bytes)
    upload.reserved = size_bytes
    await conn.update(upload)


def renew(upload: Upload, lifetime: timedelta, *, now: datetime) -> bool:
    """Let the upload live on, counted from now; in steps, to spare the database.

    Tell whether there is something to be written.
    """
    step = min(_RENEWED_AFTER, lifetime / 10)
    if upload.completed_at is not None or now + lifetime - upload.expires_at <= step:
        return False
    upload.expires_at = now + lifetime
    return True


def leave(
    upload: Upload, lifetime: timedelta, *, now: datetime, unclaimed: timedelta = UNCLAIMED
) -> None:
    """Let the upload go soon unless somebody comes, who renews it."""
    upload.expires_at = now + min(lifetime, unclaimed)


async def complete(
    conn: Connection,
    upload: Upload,
    received: Received,
    *,
    parts: Sequence[Upload],
    destination: Destination,
    quota_bytes: int,
    usual: Visibility,
    now: datetime,
) -> File:
    """Write the file's row, and in the same step that the upload has become it.

    `parts` are what it was put together of, and go. Folders of the path that are missing are made;
    what was closed since the upload began closes the file. Raises QuotaExceeded.
    """
    owner_id, asked = upload.owner_id, destination.visibility
    await files.hold(conn, owner_id)
    await conn.delete_many(parts)
    upload.completed_at, upload.reserved = now, 0
    await conn.update(upload)
    try:
        folder = await folder_queries.own_folder(conn, owner_id, destination.folder_id)
    except NotFound:  # deleted meanwhile, which must not cost the file
        folder = None
    folder = await folder_actions.down(
        conn, owner_id, folder, destination.path, asked=asked, usual=usual, now=now
    )
    [file] = await files.add(
        conn,
        [received],
        owner_id=owner_id,
        quota_bytes=quota_bytes,
        now=now,
        folder_id=folder.id if folder else None,
        visibility=openness.of_new(folder, asked, usual),
    )
    upload.file_id = file.id
    await conn.update(upload)
    return file


async def _check(
    conn: Connection, owner_id: int, more_bytes: int, *, space: Space, quota_bytes: int
) -> None:
    """Raise QuotaExceeded unless `more_bytes` fit, beside what forms are bringing right now."""
    with space.reserve(owner_id) as reservation:
        since = reservation.mark()
        quota_bytes = await file_queries.quota_bytes(conn, owner_id, quota_bytes)
        taken_bytes = await file_queries.taken_bytes(conn, owner_id)
        reservation.limit(quota_bytes, taken_bytes, since=since)
        if more_bytes > reservation.left_bytes:
            raise no_room(more_bytes, reservation.left_bytes, quota_bytes)
