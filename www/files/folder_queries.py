"""What the pages ask about folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from www.auth.permissions import allow, can
from www.db import exists, value
from www.errors import NotFound
from www.i18n import N_
from www.models import BlogFile, File, Folder, User, Visibility
from www.search.text import fold

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import Any

    from www.db import Select
    from www.db.verbs import Verbs

MAX_DEPTH: Final = 12
"""How deep folders may be nested."""
MAX_FOLDERS: Final = 2000
"""How many folders one person may have."""
MAX_FOLDER_NAME: Final = 100
_MOST_IDS: Final = 500


MOST_CHOICES: Final = 100
"""More folders are no menu any more: they are looked for by name."""


class Choice(NamedTuple):
    """A folder in a menu of all of them."""

    id: int
    name: str
    depth: int


async def readable_folder(conn: Verbs, user: User | None, id: int) -> Folder:
    """Return a folder that `user` may open; raises NotFound.

    Its owner and administrators may, others only if it is public: an address of a number alone is
    no secret, so an unlisted folder is opened by a share link.
    """
    found = await _folder(conn, id)
    if found.visibility == Visibility.PUBLIC or can(user, "manage_file", found):
        return found
    raise NotFound


async def manageable_folder(conn: Verbs, user: User | None, id: int) -> Folder:
    """Return a folder that `user` may change; raises NotFound, Forbidden."""
    found = await readable_folder(conn, user, id)
    allow(user, "manage_file", found)
    return found


async def manageable_folders(conn: Verbs, user: User, ids: Collection[int]) -> list[Folder]:
    """Return those of `ids` that `user` may change, by name; whatever else is left out."""
    found: list[Folder] = []
    for some in _in_steps(ids):
        found += await conn.all(Folder.select().where(Folder.id.in_(some)))
    mine = [folder for folder in found if can(user, "manage_file", folder)]
    return sorted(mine, key=lambda folder: (folder.name_key, folder.id))


async def own_folder(conn: Verbs, owner_id: int, id: int | None) -> Folder | None:
    """Return a folder of this person, None for the top; raises NotFound for all others."""
    if id is None:
        return None
    found = await conn.get(Folder, id)
    if found is None or found.owner_id != owner_id:
        raise NotFound(N_("You have no such folder."))
    return found


async def ancestors(conn: Verbs, id: int | None) -> list[Folder]:
    """Return the folders from the top down to `id`, with it; for breadcrumbs."""
    if id is None:
        return []
    rows = await conn.all(folders_above(id))
    return sorted(rows, key=lambda folder: folder["height"], reverse=True)


async def inside(conn: Verbs, id: int) -> dict[int, int]:
    """Return the folder `id` and all in it, however deep: how far each lies below it."""
    return dict(await conn.tuples(folders_inside(id)))


async def within(conn: Verbs, folder_id: int | None, top_id: int) -> bool:
    """Return whether a folder is `top_id` or lies in it."""
    return any(folder.id == top_id for folder in await ancestors(conn, folder_id))


async def subfolder(conn: Verbs, owner_id: int, parent: Folder | None, name: str) -> Folder | None:
    """Return the folder of that name in `parent`, None for the top; names have a longest length."""
    inside = folders_in(owner_id, parent.id if parent else None, None)
    return await conn.first(inside.where(Folder.name == name[:MAX_FOLDER_NAME]))


async def choices(conn: Verbs, owner_id: int) -> list[Choice]:
    """Return all folders of a person as a tree, each followed by what is in it."""
    columns = (Folder.id, Folder.parent_id, Folder.name, Folder.name_key)
    folders = await conn.all(Folder.select(*columns).where(Folder.owner_id == owner_id))
    children: dict[int | None, list[Folder]] = {}
    for folder in sorted(folders, key=lambda folder: (folder.name_key, folder.id)):
        children.setdefault(folder.parent_id, []).append(folder)
    found: list[Choice] = []

    def add(parent_id: int | None, depth: int) -> None:
        for folder in children.get(parent_id, ()):
            found.append(Choice(folder.id, folder.name, depth))
            add(folder.id, depth + 1)

    add(None, 0)
    return found


async def few_choices(conn: Verbs, owner_id: int) -> list[Choice] | None:
    """Return all folders of a person for a menu, None where they are too many for one."""
    own = Folder.select(Folder.id).where(Folder.owner_id == owner_id)
    if await conn.count(own.limit(MOST_CHOICES + 1)) > MOST_CHOICES:
        return None
    return await choices(conn, owner_id)


async def found_choices(conn: Verbs, owner_id: int, words: str) -> list[tuple[int, str]]:
    """Return number and path of a person's folders whose names hold all of `words`."""
    wanted, path, found = fold(words).split(), [""] * MAX_DEPTH, []
    for choice in await choices(conn, owner_id):
        path[choice.depth] = choice.name
        name = fold(choice.name)
        if all(word in name for word in wanted):
            found.append((choice.id, " / ".join(path[: choice.depth + 1])))
    return found


async def inside_all(conn: Verbs, ids: Collection[int]) -> set[int]:
    """Return these folders and all in them, however deep."""
    found: set[int] = set()
    for id in ids:
        if id not in found:
            found |= (await inside(conn, id)).keys()
    return found


async def files_in(conn: Verbs, ids: Collection[int]) -> int:
    """Return how many files lie in these folders, not in the folders in them."""
    counts = [
        await conn.count(File.select(File.id).where(File.folder_id.in_(some)))
        for some in _in_steps(ids)
    ]
    return sum(counts)


async def used_in(conn: Verbs, ids: Collection[int]) -> int:
    """Return how many of these files posts refer to."""
    is_used = exists(BlogFile.select(BlogFile.blog_id).where(BlogFile.file_id == File.id))
    counts = [
        await conn.count(File.select(File.id).where(File.folder_id.in_(some), is_used))
        for some in _in_steps(ids)
    ]
    return sum(counts)


async def file_ids_in(conn: Verbs, ids: Collection[int]) -> list[int]:
    """Return the numbers of the files in these folders."""
    found: list[int] = []
    for some in _in_steps(ids):
        found += await conn.scalars(File.select(File.id).where(File.folder_id.in_(some)))
    return found


def folders_in(owner_id: int, parent_id: int | None, only: Visibility | None) -> Select[Folder]:
    """The question for the folders in a folder, or at the top, by name."""
    select = Folder.select().where(Folder.owner_id == owner_id, Folder.parent_id == parent_id)
    if only is not None:
        select = select.where(Folder.visibility == only)
    return select.order_by(Folder.name_key, Folder.id)


def folders_above(id: int) -> Select[Folder]:
    """The question of `ancestors`; `height` counts from the folder up."""
    lowest = Folder.select(Folder.id, Folder.parent_id, value(0).label("height"))
    chain = lowest.where(Folder.id == id).recursive(
        "chain",
        lambda found: Folder.select(
            Folder.id, Folder.parent_id, (found.height + 1).label("height")
        ).join(found, on=Folder.id == found.parent_id),
    )
    columns = (Folder.id, Folder.owner_id, Folder.parent_id, Folder.name, Folder.visibility)
    select = Folder.select(*columns, chain.height).with_(chain)
    return select.join(chain, on=Folder.id == chain.id)


def folders_inside(id: int) -> Select[Any]:
    """The question of `inside`."""
    top = Folder.select(Folder.id, value(0).label("depth")).where(Folder.id == id)
    tree = top.recursive(
        "tree",
        lambda found: Folder.select(Folder.id, (found.depth + 1).label("depth")).join(
            found, on=Folder.parent_id == found.id
        ),
    )
    return tree.select(tree.id, tree.depth).with_(tree)


def _in_steps(ids: Collection[int]) -> Iterator[list[int]]:
    numbers = sorted(ids)
    for start in range(0, len(numbers), _MOST_IDS):
        yield numbers[start : start + _MOST_IDS]


async def _folder(conn: Verbs, id: int) -> Folder:
    found = await conn.get(Folder, id)
    if found is None:
        raise NotFound
    return found
