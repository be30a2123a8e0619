"""What is chosen in a list becomes numbers of files and folders: ticked ones, or all of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from www.auth.permissions import at_least
from www.errors import Invalid, NotFound
from www.files import folder_queries, listing, queries
from www.files.forms import Whole
from www.files.listing import Scope
from www.i18n import N_, Message
from www.models import File, Folder, Role

if TYPE_CHECKING:
    from www.db import Select
    from www.db.verbs import Verbs
    from www.files.forms import Picked, Shown
    from www.files.listing import Contents
    from www.models import User

MOST_OF_A_LIST: Final = 100_000
"""How many files of a list can be chosen at once."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Numbers of files and folders, each once."""

    ids: list[int]
    folder_ids: list[int]

    def __len__(self) -> int:
        """Return how many there are together."""
        return len(self.ids) + len(self.folder_ids)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a list holds beyond the page that is looked at: how many, and how to ask for all.

    `files` is one more than MOST_OF_A_LIST where there are more than can be chosen.
    """

    files: int
    folders: int
    whole: Whole

    @property
    def too_many(self) -> bool:
        """Tell whether these are more files than can be chosen at once."""
        return self.files > MOST_OF_A_LIST

    @property
    def most(self) -> int:
        """How many files can be chosen at once."""
        return MOST_OF_A_LIST


def own(user: User, show: str, words: str) -> tuple[Scope, Select[Folder] | None]:
    """Return the list of files at /files, and that of the folders before them; raises NotFound.

    `show` is "folders" (what lies at the top), "all" (one's own), or "everybody" for an
    administrator.
    """
    if show == "everybody" and not at_least(user, Role.ADMIN):
        raise NotFound
    everywhere = show != "folders" or bool(words)
    owner_id = None if show == "everybody" else user.id
    folders = None if everywhere else folder_queries.folders_in(user.id, None, None)
    return Scope(owner_id, everywhere=everywhere, words=words), folders


def inside(folder: Folder) -> tuple[Scope, Select[Folder]]:
    """Return the list of the files in a folder, and that of the folders in it."""
    folders = folder_queries.folders_in(folder.owner_id, folder.id, None)
    return Scope(folder.owner_id, folder.id), folders


async def offer(
    conn: Verbs,
    page: Contents,
    shown: Shown,
    scope: Scope,
    folders: Select[Folder] | None,
) -> Offer | None:
    """Return what the list holds, None where the page shows all of it."""
    if page.is_first and page.next is None:
        return None
    newest_id = await conn.scalar(File.select(File.id).order_by(File.id.desc())) or 0
    folder_id = await conn.scalar(Folder.select(Folder.id).order_by(Folder.id.desc())) or 0
    select = listing.numbers(scope, newest_id).limit(MOST_OF_A_LIST + 1)
    inside_id = None if scope.everywhere else scope.folder_id
    return Offer(
        await conn.count(select),
        0 if folders is None else await conn.count(folders),
        Whole(
            files=True,
            folders=True,
            show=shown.show,
            words=shown.words,
            inside_id=inside_id,
            newest_file_id=newest_id,
            newest_folder_id=folder_id,
        ),
    )


async def chosen(conn: Verbs, user: User, picked: Picked) -> Chosen:
    """Return what `user` may change of what is chosen; raises NotFound, Invalid for too many."""
    ids = [file.id for file in await queries.manageable_files(conn, user, picked.ids)]
    rows = await folder_queries.manageable_folders(conn, user, picked.folder_ids)
    folder_ids = [folder.id for folder in rows]
    if picked.whole is not None:
        files, folders = await all_of(conn, user, picked.whole, MOST_OF_A_LIST)
        ids, folder_ids = [*ids, *files], [*folder_ids, *folders]
    return Chosen(list(dict.fromkeys(ids)), list(dict.fromkeys(folder_ids)))


async def movable(conn: Verbs, chosen: Chosen, folder_id: int | None) -> Chosen:
    """Leave out the folders that hold the one to move into: whoever moves all means the others."""
    above = {folder.id for folder in await folder_queries.ancestors(conn, folder_id)}
    return Chosen(chosen.ids, [id for id in chosen.folder_ids if id not in above])


async def all_of(conn: Verbs, user: User, whole: Whole, most: int) -> tuple[list[int], list[int]]:
    """Return the numbers of the files and folders of a list.

    Raises NotFound, Forbidden, Invalid for more than `most` files.
    """
    if whole.inside_id is None:
        scope, folders = own(user, whole.show, whole.words)
    else:
        folder = await folder_queries.manageable_folder(conn, user, whole.inside_id)
        scope, folders = inside(folder)
    ids: list[int] = []
    if whole.files:
        select = listing.numbers(scope, whole.newest_file_id)
        ids = sorted(await conn.scalars(select.limit(most + 1)))
        if len(ids) > most:
            found = await conn.count(select)
            text = N_("This list holds %(found)s files; at most %(max)s can be chosen at once.")
            raise Invalid({"all": [Message(text, found=found, max=most)]})
    folder_ids: list[int] = []
    if whole.folders and folders is not None:
        if whole.newest_folder_id is not None:
            folders = folders.where(Folder.id <= whole.newest_folder_id)
        folder_ids = [row.id for row in await conn.all(folders)]
    return ids, folder_ids
