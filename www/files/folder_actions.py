"""What changes folders.

By the rule of visibility (`openness`) closing a folder closes all in it, moving into it closes what
was more open, and opening it opens the folder alone, unless everything in it shall follow. Whoever
calls these holds the person's files first, with `actions.hold`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from www.errors import Invalid
from www.files import folder_queries, naming, openness
from www.files.folder_queries import MAX_DEPTH, MAX_FOLDER_NAME, MAX_FOLDERS
from www.i18n import N_, Message
from www.models import File, FileSearch, Folder, Visibility

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from www.db import Connection

_SOME: Final = 500


async def create(
    conn: Connection,
    owner_id: int,
    parent: Folder | None,
    name: str,
    *,
    visibility: Visibility,
    now: datetime,
) -> Folder:
    """Make an empty folder; `visibility` is no more than that of the one it is in.

    Raises Invalid for too many, too deep.
    """
    if await conn.count(Folder.select(Folder.id).where(Folder.owner_id == owner_id)) >= MAX_FOLDERS:
        raise _refused("name", N_("These are too many folders: at most %(max)s."), MAX_FOLDERS)
    above = await folder_queries.ancestors(conn, parent.id if parent else None)
    if len(above) >= MAX_DEPTH:
        raise _refused("name", N_("Folders can be nested %(max)s deep."), MAX_DEPTH)
    return await conn.insert(
        Folder(
            owner_id=owner_id,
            parent_id=parent.id if parent else None,
            name=name[:MAX_FOLDER_NAME],
            name_key=naming.key(name[:MAX_FOLDER_NAME]),
            visibility=visibility,
            created_at=now,
        )
    )


async def down(
    conn: Connection,
    owner_id: int,
    folder: Folder | None,
    path: Sequence[str],
    *,
    asked: Visibility | None,
    usual: Visibility,
    now: datetime,
) -> Folder | None:
    """Return the folder at the end of `path` below `folder`; what is missing of it is made.

    Where there may be no more folders, or none so deep, it is the last that there can be. New ones
    are as open as `openness.of_new` says.
    """
    for name in path:
        found = await folder_queries.subfolder(conn, owner_id, folder, name)
        visibility = openness.of_new(folder, asked, usual)
        try:
            folder = found or await create(
                conn, owner_id, folder, name, visibility=visibility, now=now
            )
        except Invalid:
            break
    return folder


async def rename(conn: Connection, folder: Folder, name: str) -> None:
    """Give a folder another name."""
    folder.name, folder.name_key = name, naming.key(name)
    await conn.update(folder)


async def move(conn: Connection, folder: Folder, parent: Folder | None) -> None:
    """Put a folder into another, None for the top; raises Invalid for one that is in itself."""
    tree = await folder_queries.inside(conn, folder.id)
    if parent is not None and parent.id in tree:
        text = N_("The folder “%(name)s” cannot lie in itself.")
        raise Invalid({"parent": [Message(text, name=folder.name)]})
    above = await folder_queries.ancestors(conn, parent.id if parent else None)
    if len(above) + max(tree.values()) + 1 > MAX_DEPTH:
        raise _refused("parent", N_("Folders can be nested %(max)s deep."), MAX_DEPTH)
    folder.parent_id = parent.id if parent else None
    await conn.update(folder)
    if parent is not None:
        await _close(conn, list(tree), parent.visibility)


async def show(
    conn: Connection, folder: Folder, visibility: Visibility, *, everything: bool
) -> None:
    """Say who may open a folder; raises Invalid where the folder above is less open.

    With `everything` all in it becomes just so, else only what is more open is closed.
    """
    above = (await folder_queries.ancestors(conn, folder.id))[:-1]
    openness.require(above[-1] if above else None, visibility)
    ids = list(await folder_queries.inside(conn, folder.id))
    if everything:
        await conn.run(Folder.update(visibility=visibility).where(Folder.id.in_(ids)))
        await conn.run(File.update(visibility=visibility).where(File.folder_id.in_(ids)))
    else:
        await conn.run(Folder.update(visibility=visibility).where(Folder.id == folder.id))
        await _close(conn, ids, visibility)


async def remove(conn: Connection, folder: Folder, *, keep: bool) -> list[str]:
    """Delete a folder. `keep` puts what is in it where it was; else that goes too.

    Returns the contents of the files that are gone, to be released after the commit.
    """
    if keep:
        moved = File.update(folder_id=folder.parent_id).where(File.folder_id == folder.id)
        await conn.run(moved)
        lifted = Folder.update(parent_id=folder.parent_id).where(Folder.parent_id == folder.id)
        await conn.run(lifted)
        hashes: list[str] = []
    else:
        hashes = await _remove_files(conn, list(await folder_queries.inside(conn, folder.id)))
    await conn.delete(folder)  # the folders in it go with it
    return hashes


async def _remove_files(conn: Connection, folder_ids: Sequence[int]) -> list[str]:
    hashes: set[str] = set()
    some = File.select(File.id, File.sha256).where(File.folder_id.in_(list(folder_ids)))
    while files := await conn.all(some.limit(_SOME)):
        ids = [file.id for file in files]
        await conn.run(FileSearch.delete().where(FileSearch.file_id.in_(ids)))
        await conn.run(File.delete().where(File.id.in_(ids)))
        hashes.update(file.sha256 for file in files)
    return sorted(hashes)


async def _close(conn: Connection, ids: Sequence[int], visibility: Visibility) -> None:
    """Make what is more open than `visibility` just that, in these folders and themselves."""
    wider = [other for other in Visibility if not visibility.includes(other)]
    if not wider:
        return
    these = Folder.id.in_(list(ids)) & Folder.visibility.in_(wider)
    await conn.run(Folder.update(visibility=visibility).where(these))
    inside = File.folder_id.in_(list(ids)) & File.visibility.in_(wider)
    await conn.run(File.update(visibility=visibility).where(inside))


def _refused(field: str, text: str, most: int) -> Invalid:
    return Invalid({field: [Message(text, max=most)]})
