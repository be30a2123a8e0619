"""What is asked about share links, and what one opens."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from www.auth.permissions import can
from www.errors import Gone, NotFound
from www.files import folder_queries
from www.files.queries import file as file_row
from www.i18n import N_
from www.models import File, Folder, ShareLink, User

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from www.db import Page, Select
    from www.db.verbs import Verbs

PAGE_SIZE: Final = 50
_MOST_OF_ONE: Final = 100
_LISTED: Final = (
    *(ShareLink.id, ShareLink.token, ShareLink.file_id, ShareLink.folder_id),
    *(ShareLink.expires_at, ShareLink.downloads, ShareLink.downloads_left, ShareLink.revoked_at),
    *(ShareLink.password_hash, ShareLink.created_at, ShareLink.created_by),
    *(ShareLink.note, ShareLink.last_download_at),
    File.name.label("file_name"),
    Folder.name.label("folder_name"),
    User.name.label("maker_name"),
)


class State(StrEnum):
    """What became of a link."""

    OPEN = "open"
    REVOKED = "revoked"
    EXPIRED = "expired"
    USED_UP = "used_up"


WHY: Final = {
    State.REVOKED: N_("This link was revoked by who made it."),
    State.EXPIRED: N_("This link has expired."),
    State.USED_UP: N_("This link was good for a number of downloads, and they are used up."),
}


def state(link: ShareLink, now: datetime) -> State:
    """Return whether a link still opens anything, and if not, why."""
    if link.revoked_at is not None:
        return State.REVOKED
    if link.expires_at is not None and link.expires_at <= now:
        return State.EXPIRED
    return State.USED_UP if link.downloads_left == 0 else State.OPEN


async def link(conn: Verbs, token: str) -> ShareLink:
    """Return a link, whatever became of it; raises NotFound."""
    found = await conn.first(ShareLink.select().where(ShareLink.token == token))
    if found is None:
        raise NotFound(N_("There is no such link."))
    return found


def require(link: ShareLink, now: datetime, *, also: State = State.OPEN) -> None:
    """Raise Gone, which says why, unless a link is open or in the state `also`."""
    found = state(link, now)
    if found not in {State.OPEN, also}:
        raise Gone(WHY[found])


async def shared_file(conn: Verbs, link: ShareLink, id: int) -> File:
    """Return a file that the link opens: its own, or one in its folder, however deep."""
    found = await file_row(conn, id)
    if link.file_id == found.id:
        return found
    top_id = link.folder_id
    if top_id is None or not await folder_queries.within(conn, found.folder_id, top_id):
        raise NotFound
    return found


async def shared_path(conn: Verbs, link: ShareLink, id: int | None) -> list[Folder]:
    """Return the folders from the link's own down to `id`, which is its own unless given."""
    assert link.folder_id is not None
    path = await folder_queries.ancestors(conn, id or link.folder_id)
    at = next((at for at, one in enumerate(path) if one.id == link.folder_id), None)
    if at is None:
        raise NotFound
    return path[at:]


async def mine(conn: Verbs, user: User, after: str | None, *, everybody: bool) -> Page[Any]:
    """Return the links that a person has made, the newest first; an admin's list may hold all."""
    maker = None if everybody and can(user, "admin") else user.id
    return await conn.page(links_of(maker), after=after, size=PAGE_SIZE)


def prepare(links: Sequence[Any], user: User, now: datetime) -> None:
    """Say what became of each link; a note is shown to nobody but who wrote it."""
    for link in links:
        link["state"] = state(link, now)
        if link.created_by != user.id:
            link["note"] = ""


async def of_thing(conn: Verbs, thing: File | Folder) -> list[Any]:
    """Return the links to a file or a folder, the newest first."""
    column = ShareLink.file_id if isinstance(thing, File) else ShareLink.folder_id
    select = links_of(None).where(column == thing.id)
    return await conn.all(select.limit(_MOST_OF_ONE))


async def revocable_link(conn: Verbs, user: User, id: int) -> tuple[ShareLink, File | Folder]:
    """Return a link that `user` may revoke, and what it opens; raises NotFound.

    That may who made it, the owner of what it opens, and administrators.
    """
    found = await conn.get(ShareLink, id)
    if found is None:
        raise NotFound(N_("There is no such link."))
    thing: File | Folder | None = None
    if found.file_id is not None:
        thing = await conn.get(File, found.file_id)
    elif found.folder_id is not None:
        thing = await conn.get(Folder, found.folder_id)
    if thing is None or not (found.created_by == user.id or can(user, "manage_file", thing)):
        raise NotFound(N_("There is no such link."))
    return found, thing


def links_of(maker_id: int | None) -> Select[Any]:
    """The question of `mine`; apart, so that a test can look at its plan."""
    select = ShareLink.select(*_LISTED).join(User, on=User.id == ShareLink.created_by)
    select = select.left_join(File, on=File.id == ShareLink.file_id)
    select = select.left_join(Folder, on=Folder.id == ShareLink.folder_id)
    if maker_id is not None:
        select = select.where(ShareLink.created_by == maker_id)
    return select.order_by(ShareLink.id.desc())
