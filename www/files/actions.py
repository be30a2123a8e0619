"""What changes files: rows are written after their content is durable, and go before it does.

So a crash at any point leaves a row with its content, or a content without a row, which the sweep
removes; never a row without its content.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from www.auth import audit
from www.errors import Invalid, NotFound, WwwError
from www.files import folder_queries, naming, openness, queries
from www.files.space import no_room
from www.models import File, Folder, FormerName, User, Visibility

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from www.db import Connection, Engine
    from www.db.verbs import Verbs
    from www.files.queries import Room
    from www.files.upload import Received
    from www.storage import Storage

# Files of these names would stand at the addresses of the pages about them.
_TAKEN: Final = frozenset({"delete", "edit", "share"})


@dataclass(slots=True)
class Arrival:
    """Stored contents that came together, and whose they are; without a folder they lie on top.

    Without `visibility` they are as open as the folder, on top as the settings say.
    """

    received: Sequence[Received]
    owner_id: int
    now: datetime
    folder_id: int | None = None
    visibility: Visibility | None = None
    written: bool = False
    """Its rows were written; whether they are committed, only the database knows."""


async def add(
    conn: Connection,
    received: Sequence[Received],
    *,
    owner_id: int,
    quota_bytes: int,
    now: datetime,
    folder_id: int | None = None,
    visibility: Visibility | None = None,
    usual: Visibility = Visibility.UNLISTED,
) -> list[File]:
    """Write the rows of stored contents.

    The same as `add_all` for contents that came together; raises what that returns.
    """
    arrival = Arrival(received, owner_id, now, folder_id, visibility)
    [files] = await add_all(conn, [arrival], quota_bytes=quota_bytes, usual=usual)
    if isinstance(files, WwwError):
        raise files
    return files


async def add_all(
    conn: Connection,
    arrivals: Sequence[Arrival],
    *,
    quota_bytes: int,
    usual: Visibility = Visibility.UNLISTED,
) -> list[list[File] | WwwError]:
    """Write the rows of stored contents; return the files of each arrival, or why it has none.

    That is QuotaExceeded, NotFound (no such folder of theirs), or Invalid (the folder is less open
    than the files shall be). `quota_bytes` and `usual`, the visibility on top, are those of the
    settings; a person may have another quota. It was looked at before the upload too, but another
    server may have been quicker; here no other transaction adds to these persons' files.
    """
    rooms: dict[int, Room] = {}
    for owner_id in sorted({one.owner_id for one in arrivals}):  # always in the same order
        await hold(conn, owner_id)
        rooms[owner_id] = await queries.room(conn, owner_id, quota_bytes)
    outcomes = [await _rows(conn, one, rooms, usual) for one in arrivals]
    files = [file for rows in outcomes if isinstance(rows, list) for file in rows]
    await conn.insert_many(files, fill=True)
    await naming.add(conn, files)
    return outcomes


async def _rows(
    conn: Connection, arrival: Arrival, rooms: dict[int, Room], usual: Visibility
) -> list[File] | WwwError:
    """Return the rows to be written, and take their bytes from the room that is left."""
    size_bytes, owner_id = sum(one.size_bytes for one in arrival.received), arrival.owner_id
    room = rooms[owner_id]
    if size_bytes > room.left_bytes:
        return no_room(size_bytes, room.left_bytes, room.quota_bytes)
    try:
        folder = await folder_queries.own_folder(conn, owner_id, arrival.folder_id)
        openness.require(folder, arrival.visibility)
    except (NotFound, Invalid) as err:
        return err
    rooms[owner_id] = room.without(size_bytes)
    visibility = openness.of_new(folder, arrival.visibility, usual)
    return [_row(one, arrival, visibility) for one in arrival.received]


async def hold(conn: Connection, owner_id: int) -> None:
    """Keep everybody else from changing the files and folders of this person meanwhile."""
    await conn.lock(f"files of {owner_id}")


async def rename(conn: Connection, file: File, name: str) -> None:
    """Give a file another name; addresses with the old one lead to the new."""
    name = _free(name)
    if name == file.name:
        return
    former = FormerName.insert({"file_id": file.id, "name": file.name})
    await conn.run(former.or_ignore(FormerName.file_id, FormerName.name))
    is_again = (FormerName.file_id == file.id) & (FormerName.name == name)
    await conn.run(FormerName.delete().where(is_again))
    file.name, file.name_key = name, naming.key(name)
    await conn.update(file)
    await naming.put(conn, [file])


async def show(conn: Connection, files: Sequence[File], visibility: Visibility) -> None:
    """Say who may read files; raises Invalid where a folder is less open than that."""
    ids = [file.id for file in files]
    await require_open(conn, ids, visibility)
    await conn.run(File.update(visibility=visibility).where(File.id.in_(ids)))
    for file in files:
        file.visibility = visibility


async def require_open(conn: Verbs, ids: Sequence[int], visibility: Visibility) -> None:
    """Raise Invalid where a folder that one of these files lies in is less open than that."""
    less = [one for one in Visibility if not one.includes(visibility)]
    within = File.select(File.folder_id).where(File.id.in_(list(ids)))
    select = Folder.select().where(Folder.id.in_(within), Folder.visibility.in_(less))
    if less:
        folder = await conn.first(select.order_by(Folder.id))
        openness.require(folder, visibility)


async def move(conn: Connection, files: Sequence[File], folder: Folder | None) -> None:
    """Put files of one person into a folder of theirs, None for the top.

    No file becomes more open by it: one that is more open than the folder is closed to that.
    """
    folder_id, ids = folder.id if folder else None, [file.id for file in files]
    await conn.run(File.update(folder_id=folder_id).where(File.id.in_(ids)))
    if folder is not None:
        wider = [one for one in Visibility if not folder.visibility.includes(one)]
        closed = File.update(visibility=folder.visibility)
        await conn.run(closed.where(File.id.in_(ids), File.visibility.in_(wider)))
    for file in files:
        file.folder_id, file.visibility = folder_id, openness.narrower(file.visibility, folder)


async def remove(conn: Connection, files: Sequence[File]) -> None:
    """Delete rows; `release` their contents when that is committed."""
    ids = [file.id for file in files]
    await naming.remove(conn, ids)
    await conn.run(File.delete().where(File.id.in_(ids)))


async def owner_of(conn: Verbs, owner_id: int) -> User:
    """Return id and names of a person who has files."""
    columns = (User.id, User.name, User.display_name)
    return await conn.one(User.select(*columns).where(User.id == owner_id))


async def note(
    conn: Connection,
    actor: User,
    action: str,
    owner_id: int,
    names: Sequence[str],
    *,
    now: datetime,
) -> None:
    """Write down what an administrator does to things of somebody else."""
    if actor.id == owner_id:
        return
    owner = await owner_of(conn, owner_id)
    for name in names:
        await audit.note(conn, actor, action, f"{owner.name}: {name}", now=now)


def _row(received: Received, arrival: Arrival, visibility: Visibility) -> File:
    name = _free(received.name)
    return File(
        owner_id=arrival.owner_id,
        folder_id=arrival.folder_id,
        name=name,
        name_key=naming.key(name),
        content_type=received.content_type,
        size=received.size_bytes,
        sha256=received.sha256,
        visibility=visibility,
        created_at=arrival.now,
    )


def _free(name: str) -> str:
    return f"{name}_" if name in _TAKEN else name


async def release(engine: Engine, storage: Storage, hashes: Iterable[str]) -> None:
    """Delete contents of rows that are gone, unless other rows have them; outside a transaction.

    What is not safe to delete yet goes with `release_rest`, on the disk in seconds; in a bucket
    what was uploaded within the last hour stays for the sweep: `www.storage` says why.
    """
    wanted = sorted(hashes)
    await storage.release(wanted, partial(_in_use_now, engine))
    in_use = await queries.contents_in_use(engine, wanted)
    for sha256 in wanted:
        if sha256 not in in_use:
            await storage.delete(sha256)


async def release_rest(engine: Engine, storage: Storage) -> None:
    """Go on with what `release` could not delete in this process."""
    await storage.release((), partial(_in_use_now, engine))


async def _in_use_now(engine: Engine, hashes: Sequence[str]) -> set[str]:
    """Return which contents rows refer to, as this very moment has it: no replica is asked."""
    async with engine.transaction() as conn:
        return await queries.contents_in_use(conn, hashes)


async def sweep(engine: Engine, storage: Storage) -> int:
    """Delete contents without a row, and what broken uploads left; return how many."""

    async def in_use(hashes: Sequence[str]) -> set[str]:
        return await queries.contents_in_use(engine, hashes)

    return await storage.sweep(in_use)
