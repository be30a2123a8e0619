"""What is asked about uploads that may be resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from www.errors import Gone, NotFound
from www.i18n import N_
from www.models import Upload

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from www.db import Delete, Select, Update
    from www.db.verbs import Verbs

_MOST_TOKENS: Final = 1000


async def own(conn: Verbs, owner_id: int, token: str, *, now: datetime) -> Upload:
    """Return an upload of this person; raises NotFound, Gone.

    Of others' uploads it tells nothing, not even that they exist.
    """
    return _usable(await conn.first(by_token(token)), owner_id, now, direct=False)


async def own_direct(conn: Verbs, owner_id: int, token: str, *, now: datetime) -> Upload:
    """Return an upload of this person that goes to the bucket directly; raises as `own`."""
    return _usable(await conn.first(by_token(token)), owner_id, now, direct=True)


def _usable(found: Upload | None, owner_id: int, now: datetime, *, direct: bool) -> Upload:
    is_direct = found is not None and found.part_bytes is not None
    if found is None or found.owner_id != owner_id or is_direct is not direct:
        raise NotFound(N_("There is no such upload, or it is over."))
    if found.expires_at <= now:
        raise Gone(N_("This upload was left alone for too long. Please begin anew."))
    return found


async def known(conn: Verbs, tokens: Sequence[str]) -> set[str]:
    """Return which of these tokens belong to an upload that is not complete."""
    found: set[str] = set()
    for start in range(0, len(tokens), _MOST_TOKENS):
        some = tokens[start : start + _MOST_TOKENS]
        select = Upload.select(Upload.token).where(
            Upload.token.in_(some), Upload.completed_at.is_(None)
        )
        found.update(await conn.scalars(select))
    return found


async def unfinished(conn: Verbs, owner_id: int) -> int:
    """Return how many uploads of this person are not complete."""
    return await conn.count(unfinished_of(owner_id))


def waiting(owner_id: int, now: datetime) -> Select[Any]:
    """The uploads of one person that may still be gone on with."""
    return unfinished_of(owner_id).where(Upload.expires_at > now)


async def waiting_finals(conn: Verbs, owner_id: int) -> list[Upload]:
    """Return this person's uploads that wait for their parts, the oldest first."""
    finals = unfinished_of(owner_id).where(Upload.concat.startswith("final;"))
    return await conn.all(finals.order_by(Upload.id))


def finished_alike(new: Upload, now: datetime) -> Select[Any]:
    """Uploads that were announced in the same words, and are the files that they were made for."""
    found = Upload.select().where(Upload.owner_id == new.owner_id, Upload.expires_at > now)
    found = found.where(Upload.concat == new.concat, Upload.claims == new.claims)
    return found.where(Upload.file_id.is_not(None)).order_by(Upload.id)


def unfinished_of(owner_id: int) -> Select[Any]:
    """The uploads of one person that are not complete."""
    return Upload.select().where(Upload.owner_id == owner_id, Upload.completed_at.is_(None))


def row_of(owner_id: int, token: str) -> Delete[Any]:
    """What deletes the row of an upload of one person."""
    return Upload.delete().where(Upload.owner_id == owner_id, Upload.token == token)


def renewal(upload: Upload) -> Update[Any]:
    """What writes until when an upload lives; nothing where it has ended meanwhile."""
    write = Upload.update(expires_at=upload.expires_at)
    return write.where(Upload.id == upload.id, Upload.completed_at.is_(None))


def forgotten(upload: Upload) -> Delete[Any]:
    """What deletes the row of an upload, unless it has become a file meanwhile."""
    return Upload.delete().where(Upload.id == upload.id, Upload.completed_at.is_(None))


def by_token(token: str) -> Select[Any]:
    """The upload at one address."""
    return Upload.select().where(Upload.token == token)


def expired(now: datetime, most: int, *, with_direct: bool) -> Select[Any]:
    """Uploads that nobody may resume any more; those into the bucket only once they are files."""
    found = Upload.select().where(Upload.expires_at <= now)
    if not with_direct:
        found = found.where(Upload.part_bytes.is_(None) | Upload.completed_at.is_not(None))
    return found.order_by(Upload.expires_at).limit(most)


def unfinished_direct(after: int, most: int, *, began: datetime, expires: datetime) -> Select[Any]:
    """Uploads into the bucket that have no file yet, from one id on, with times up to these."""
    waiting = Upload.select().where(Upload.part_bytes.is_not(None), Upload.completed_at.is_(None))
    idle = waiting.where(Upload.created_at <= began, Upload.expires_at <= expires)
    return idle.where(Upload.id > after).order_by(Upload.id).limit(most)


def sealed(most: int) -> Select[Any]:
    """Uploads that have all their bytes, and not their file."""
    waiting = Upload.select().where(Upload.sha256.is_not(None), Upload.completed_at.is_(None))
    return waiting.limit(most)
