"""Lists of files: of a person, of a folder, of everybody; in every order, page by page.

Folders come first, by name, then the files; a page holds folders until there are no more of them,
and files from there on. Each list has an index that keeps it in order, so that its thousandth page
costs what its first does (tests/test_plans.py looks at the plans). What a search finds stands
newest first: sorting it by name would read all of it for every page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from www.files import naming, types
from www.models import File, FileSearch, User, Visibility

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db import Expression, Select
    from www.db.expression import Ordering
    from www.db.verbs import Verbs
    from www.models import Folder

PAGE_SIZE: Final = 50
NEWEST: Final = "-date"
FILES: Final = "files"
"""The cursor at which the files begin, behind all folders."""
_FOLDERS: Final = "folders."
ORDERS: Final[dict[str, tuple[Expression[Any] | Ordering, ...]]] = {
    NEWEST: (File.id.desc(),),
    "date": (File.id,),
    "name": (File.name_key, File.id),
    "-name": (File.name_key.desc(), File.id.desc()),
    "-size": (File.size.desc(), File.id.desc()),
    "size": (File.size, File.id),
}
"""What `?sort=` may say; a row's number tells when it came."""

_LISTED: Final = (
    *(File.id, File.owner_id, File.folder_id, File.name, File.content_type, File.size),
    *(File.sha256, File.visibility, File.width, File.height, File.placeholder, File.created_at),
    User.name.label("owner_name"),
    User.display_name.label("owner_display"),
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which files a list holds.

    `owner_id` None stands for everybody's; `folder_id` counts unless `everywhere` and None is the
    top; `words` are parts of the name; `only` leaves out what is shown otherwise.
    """

    owner_id: int | None
    folder_id: int | None = None
    everywhere: bool = False
    words: str = ""
    only: Visibility | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """One page of a list: its folders, its files, and where it goes on; None at the end.

    `files_at` is the cursor of the first files where this page holds folders alone.
    """

    folders: Sequence[Folder]
    rows: Sequence[Any]
    next: str | None
    files_at: str | None = None
    is_first: bool = True

    @property
    def more_folders(self) -> bool:
        """Tell whether folders follow, and not files."""
        return self.next is not None and self.next.startswith(_FOLDERS)


async def page(
    conn: Verbs,
    scope: Scope,
    order: str,
    after: str | None,
    folders: Select[Folder] | None = None,
) -> Contents:
    """Return one page of a list; its files have a `family`.

    `folders` are those that stand before the files, in their order. Raises InvalidCursor for a
    cursor of no page of this order.
    """
    is_first, inside = after is None, []
    if folders is not None and (after is None or after.startswith(_FOLDERS)):
        at = None if after is None else after.removeprefix(_FOLDERS)
        found = await conn.page(folders, after=at, size=PAGE_SIZE)
        if found.next is not None:
            files_at = FILES if await conn.exists(files(scope, order)) else None
            return Contents(found.rows, (), _FOLDERS + found.next, files_at, is_first)
        inside, after = [*found.rows], None
    listed = await conn.page(
        files(scope, order), after=None if after == FILES else after, size=PAGE_SIZE
    )
    for file in listed.rows:
        file["family"] = types.family(file["content_type"])
    return Contents(inside, listed.rows, listed.next, is_first=is_first)


def files(scope: Scope, order: str) -> Select[Any]:
    """The question of `page`; apart, so that a test can look at its plan."""
    if matching := naming.found_by(scope.words, scope.owner_id):
        # The index of names gives its hits in the order of its keys, which are those of files.
        select: Select[Any] = FileSearch.select(*_LISTED)
        select = select.join(File, on=FileSearch.file_id == File.id)
        select = select.join(User, on=User.id == File.owner_id).where(*matching)
        return _narrowed(select, scope).order_by(FileSearch.file_id.desc())
    select = File.select(*_LISTED).join(User)
    return _narrowed(select, scope).order_by(*ORDERS[order])


def numbers(scope: Scope, newest_id: int | None) -> Select[Any, tuple[int]]:
    """The question for the numbers of all files of a list, in no order.

    Those after `newest_id` are left out, None is no bound.
    """
    select: Select[Any, tuple[int]] = File.select(File.id)
    key: Expression[int] = File.id
    if matching := naming.found_by(scope.words, scope.owner_id):
        select = FileSearch.select(FileSearch.file_id).where(*matching)
        select = select.join(File, on=FileSearch.file_id == File.id)
        key = FileSearch.file_id
    if newest_id is not None:
        select = select.where(key <= newest_id)
    return _narrowed(select, scope)


def _narrowed(select: Select[Any, Any], scope: Scope) -> Select[Any, Any]:
    # Words of which folding leaves nothing ask for nothing: the list stands as it is.
    if scope.owner_id is not None and not naming.found_by(scope.words, scope.owner_id):
        select = select.where(File.owner_id == scope.owner_id)
    if not scope.everywhere:
        select = select.where(File.folder_id == scope.folder_id)
    if scope.only is not None:
        select = select.where(File.visibility == scope.only)
    return select
