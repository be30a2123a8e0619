"""What the pages ask about files, and the one place that says who may read one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from www.auth.permissions import allow, can
from www.db import count, total
from www.errors import NotFound
from www.i18n import N_
from www.models import Blog, BlogFile, File, Folder, FormerName, Upload, User, Visibility

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import Any

    from www.db import Select
    from www.db.verbs import Verbs

LARGEST: Final = 20
_MOST_HASHES: Final = 1000
_MOST_IDS: Final = 500
_MOST_FOLDERS: Final = 100
MOST_POSTS: Final = 50


class Kind(NamedTuple):
    """What a person's files of one content type take together."""

    content_type: str
    files: int
    size: int


class Room(NamedTuple):
    """How much a person may keep, and what counts in that already."""

    quota_bytes: int
    taken_bytes: int

    @property
    def left_bytes(self) -> int:
        """How much more fits."""
        return max(0, self.quota_bytes - self.taken_bytes)

    def without(self, size_bytes: int) -> Room:
        """Return what there is when so much more has come."""
        return self._replace(taken_bytes=self.taken_bytes + size_bytes)


async def readable_file(
    conn: Verbs,
    user: User | None,
    id: int,
    *,
    name: str | None = None,
    knows: bool = False,
) -> File:
    """Return a file that `user` may read; raises NotFound, which says nothing of why.

    Its owner and administrators may always, nobody else if it is private; everyone if it is
    public. An unlisted one is for whoever knows its address: its present or a former `name`, or
    `knows` it by another sign (`copy_keys`). So nobody finds it by counting.
    """
    found = await file(conn, id)
    await require_readable(conn, user, found, name=name, knows=knows)
    return found


async def require_readable(
    conn: Verbs,
    user: User | None,
    file: File,
    *,
    name: str | None = None,
    knows: bool = False,
) -> None:
    """Raise NotFound unless `user` may read `file`, as `readable_file` says."""
    if is_open(user, file):
        return
    is_unlisted = file.visibility == Visibility.UNLISTED
    if is_unlisted and (knows or await _is_name(conn, file, name)):
        return
    raise NotFound


def is_open(user: User | None, file: File) -> bool:
    """Tell whether `user` may read `file` whatever its name."""
    return can(user, "manage_file", file) or file.visibility == Visibility.PUBLIC


async def file(conn: Verbs, id: int) -> File:
    """Return a file, whoever asks; raises NotFound."""
    found = await conn.get(File, id)
    if found is None:
        raise NotFound
    return found


async def manageable_file(conn: Verbs, user: User | None, id: int) -> File:
    """Return a file that `user` may change and delete; raises NotFound, Forbidden."""
    found = await file(conn, id)
    if found.visibility == Visibility.PRIVATE and not can(user, "manage_file", found):
        raise NotFound
    allow(user, "manage_file", found)
    return found


async def manageable_files(conn: Verbs, user: User, ids: Collection[int]) -> list[File]:
    """Return those of `ids` that `user` may change, by name; whatever else is left out."""
    found = await conn.all(File.select().where(File.id.in_(list(ids))))
    mine = [file for file in found if can(user, "manage_file", file)]
    return sorted(mine, key=lambda file: (file.name_key, file.id))


async def former_names(conn: Verbs, file_id: int) -> set[str]:
    """Return what a file was called before."""
    names = FormerName.select(FormerName.name).where(FormerName.file_id == file_id)
    return set(await conn.scalars(names))


async def used_bytes(conn: Verbs, owner_id: int) -> int:
    """Return the size of all files of one person; equal contents count each time."""
    return await conn.scalar(used(owner_id)) or 0


async def taken_bytes(conn: Verbs, owner_id: int) -> int:
    """Return what counts in a person's quota: their files, and what unfinished uploads reserve."""
    return await used_bytes(conn, owner_id) + await reserved_bytes(conn, owner_id)


async def reserved_bytes(conn: Verbs, owner_id: int) -> int:
    """Return what a person's unfinished uploads keep of the quota, whether it has come or not."""
    return await conn.scalar(reserved(owner_id)) or 0


async def room(conn: Verbs, owner_id: int, quota_bytes: int) -> Room:
    """Return `quota_bytes` and `taken_bytes` of one person in one question."""
    sums = (used(owner_id).as_scalar(), reserved(owner_id).as_scalar())
    select = User.select(User.quota_bytes, *(part.label(f"sum{n}") for n, part in enumerate(sums)))
    for own, used_bytes, reserved_bytes in await conn.tuples(select.where(User.id == owner_id)):
        taken_bytes = (used_bytes or 0) + (reserved_bytes or 0)
        return Room(quota_bytes if own is None else own, taken_bytes)
    return Room(quota_bytes, 0)  # the account was deleted a moment ago


async def quota_bytes(conn: Verbs, owner_id: int, otherwise: int) -> int:
    """Return how much one person may keep: their own limit, or that of the settings."""
    own = await conn.scalar(User.select(User.quota_bytes).where(User.id == owner_id))
    return otherwise if own is None else own


async def kinds(conn: Verbs, owner_id: int) -> list[Kind]:
    """Return what the files of one person take, by content type."""
    return [Kind(*row) for row in await conn.tuples(by_kind(owner_id))]


async def largest(conn: Verbs, owner_id: int) -> list[File]:
    """Return the largest files of one person."""
    return await conn.all(largest_files(owner_id))


async def uses(conn: Verbs, ids: Sequence[int]) -> dict[int, int]:
    """Return how many posts refer to each of these files, without those that none does."""
    if not ids:
        return {}
    number = count(BlogFile.blog_id).label("posts")
    select = BlogFile.select(BlogFile.file_id, number).where(BlogFile.file_id.in_(list(ids)))
    return dict(await conn.tuples(select.group_by(BlogFile.file_id)))


async def posts_with(conn: Verbs, ids: Sequence[int]) -> tuple[list[Blog], int]:
    """Return posts and drafts that refer to any of these files, and how many there are.

    They are the newest, at most MOST_POSTS.
    """
    numbers: set[int] = set()
    for some in in_steps(ids):
        select = BlogFile.select(BlogFile.blog_id).where(BlogFile.file_id.in_(some))
        numbers.update(await conn.scalars(select))
        await asyncio.sleep(0)
    columns = (Blog.id, Blog.author_id, Blog.title, Blog.slug, Blog.published_at)
    newest = sorted(numbers, reverse=True)[:MOST_POSTS]
    select_posts = Blog.select(*columns).where(Blog.id.in_(newest)).order_by(Blog.id.desc())
    return (await conn.all(select_posts) if newest else []), len(numbers)


async def size_of(conn: Verbs, ids: Sequence[int]) -> int:
    """Return the bytes of these files together."""
    sums = []
    for some in in_steps(ids):
        sums.append(await conn.scalar(File.select(total(File.size)).where(File.id.in_(some))))
        await asyncio.sleep(0)
    return sum(size or 0 for size in sums)


def in_steps(ids: Sequence[int]) -> Iterator[list[int]]:
    """Cut numbers into lists that one question may hold."""
    for start in range(0, len(ids), _MOST_IDS):
        yield list(ids[start : start + _MOST_IDS])


async def listed_files(conn: Verbs, user: User, ids: Sequence[int]) -> list[File]:
    """Return files that `user` may learn of without their names, in the order of `ids`.

    Those are one's own and public ones, for an administrator all. Raises NotFound.
    """
    found: dict[int, File] = {}
    for some in in_steps(ids):
        for file in await conn.all(File.select().where(File.id.in_(some))):
            if file.visibility is not Visibility.PUBLIC and not can(user, "manage_file", file):
                raise _gone(file.id)
            found[file.id] = file
        await asyncio.sleep(0)
    wanted = dict.fromkeys(ids)
    if len(found) < len(wanted):
        raise _gone(next(id for id in wanted if id not in found))
    return [found[id] for id in wanted]


def _gone(id: int) -> NotFound:
    return NotFound(N_("The file with the number %(id)s is not there any more."), id=id)


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


def by_kind(owner_id: int) -> Select[Any]:
    """The question of `kinds`: an index answers it alone."""
    sums = (count(File.content_type).label("files"), total(File.size).label("size"))
    select = File.select(File.content_type, *sums).where(File.owner_id == owner_id)
    return select.group_by(File.content_type)


def largest_files(owner_id: int) -> Select[File]:
    """The question of `largest`."""
    select = File.select().where(File.owner_id == owner_id)
    return select.order_by(File.size.desc(), File.id.desc()).limit(LARGEST)


async def _is_name(conn: Verbs, file: File, name: str | None) -> bool:
    return name is not None and (name == file.name or name in await former_names(conn, file.id))
