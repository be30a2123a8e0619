"""What the pages ask about files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from www.auth.permissions import allow, at_least, can
from www.db import total
from www.errors import NotFound
from www.models import File, Folder, Role, Upload, User, Visibility

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from www.db import Page, Select
    from www.db.verbs import Verbs

_LISTED: Final = (
    *(File.id, File.owner_id, File.name, File.content_type, File.size, File.created_at),
    User.name.label("owner_name"),
    User.display_name.label("owner_display"),
)
_MOST_HASHES: Final = 1000
_MOST_IDS: Final = 500
_MOST_FOLDERS: Final = 100


async def manageable(conn: Verbs, user: User, *, after: str | None, size: int) -> Page[Any]:
    """Return the files that `user` may delete, the newest first: an admin's list holds all."""
    return await conn.page(manageable_files(user), after=after, size=size)


async def used_bytes(conn: Verbs, owner_id: int) -> int:
    """Return the size of all files of one person; equal contents count each time."""
    return await conn.scalar(used(owner_id)) or 0


async def taken_bytes(conn: Verbs, owner_id: int) -> int:
    """Return what counts in a person's quota: their files, and what unfinished uploads reserve."""
    return await used_bytes(conn, owner_id) + (await conn.scalar(reserved(owner_id)) or 0)


async def file(conn: Verbs, id: int) -> File:
    """Return a file, which everyone may read who has its address; raises NotFound."""
    found = await conn.get(File, id)
    if found is None:
        raise NotFound
    return found


async def deletable_file(conn: Verbs, user: User | None, id: int) -> File:
    """Return a file that `user` may delete; raises NotFound, Forbidden."""
    found = await file(conn, id)
    allow(user, "delete_file", found)
    return found


async def listed_files(conn: Verbs, user: User, ids: Sequence[int]) -> list[File]:
    """Return files that `user` may learn of without their names, in the order of `ids`.

    Those are one's own and public ones, for an administrator all. Raises NotFound.
    """
    found: dict[int, File] = {}
    for start in range(0, len(ids), _MOST_IDS):
        some = ids[start : start + _MOST_IDS]
        found.update(
            {row.id: row for row in await conn.all(File.select().where(File.id.in_(some)))}
        )
    files = [found[id] for id in dict.fromkeys(ids) if id in found]
    public = Visibility.PUBLIC
    if len(files) < len(set(ids)) or not all(
        file.visibility is public or can(user, "delete_file", file) for file in files
    ):
        raise NotFound
    return files


async def folder_paths(conn: Verbs, ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Return the names of each folder and of those around it, the outermost first."""
    rows: dict[int, Folder] = {}
    wanted = set(ids)
    while wanted:
        some = sorted(wanted)[:_MOST_IDS]
        rows.update(
            {row.id: row for row in await conn.all(Folder.select().where(Folder.id.in_(some)))}
        )
        wanted -= set(some)
        wanted |= {row.parent_id for id in some if (row := rows.get(id)) and row.parent_id} - set(
            rows
        )
    return {id: _path(rows, id) for id in ids if id in rows}


async def contents_in_use(conn: Verbs, hashes: Sequence[str]) -> set[str]:
    """Return which of these contents a file refers to; as many as there are, in small questions.

    A resumable upload that is about to become a file counts too.
    """
    found: set[str] = set()
    for start in range(0, len(hashes), _MOST_HASHES):
        some = hashes[start : start + _MOST_HASHES]
        found.update(await conn.scalars(File.select(File.sha256).where(File.sha256.in_(some))))
        becoming = Upload.sha256.is_not(None) & Upload.completed_at.is_(None)
        uploads = Upload.select(Upload.sha256).where(becoming, Upload.sha256.in_(some))
        found.update(sha256 for sha256 in await conn.scalars(uploads) if sha256 is not None)
    return found


async def contents(conn: Verbs, *, after: str = "", size: int = _MOST_HASHES) -> list[Any]:
    """Return `sha256` and `size` of the next contents that files refer to, in order of the hash."""
    return await conn.all(contents_after(after).limit(size))


async def of_content(conn: Verbs, sha256: str) -> list[File]:
    """Return the files that have this content, the oldest first."""
    return await conn.all(File.select().where(File.sha256 == sha256).order_by(File.id))


def contents_after(sha256: str) -> Select[Any]:
    """The question of `contents`; one content may have been recorded with two sizes by mistake."""
    select = File.select(File.sha256, File.size).where(File.sha256 > sha256)
    return select.group_by(File.sha256, File.size).order_by(File.sha256)


def manageable_files(user: User) -> Select[Any]:
    """The question of `manageable`; apart, so that a test can look at its plan."""
    select = File.select(*_LISTED).join(User).order_by(File.id.desc())
    return select if at_least(user, Role.ADMIN) else select.where(File.owner_id == user.id)


def used(owner_id: int) -> Select[Any]:
    """The question of `used_bytes`: an index answers it alone."""
    return File.select(total(File.size)).where(File.owner_id == owner_id)


def _path(rows: Mapping[int, Folder], id: int) -> tuple[str, ...]:
    names: list[str] = []
    at: int | None = id
    # Whoever moves folders about while this is read could make a circle of them.
    while at is not None and at in rows and len(names) < _MOST_FOLDERS:
        names.append(rows[at].name)
        at = rows[at].parent_id
    return tuple(reversed(names))


def reserved(owner_id: int) -> Select[Any]:
    """What a person's unfinished uploads reserve: an index answers it alone."""
    mine = Upload.owner_id == owner_id
    return Upload.select(total(Upload.reserved)).where(mine, Upload.completed_at.is_(None))
