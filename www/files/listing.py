"""Lists of files: of a person, of a folder, of everybody; in every order, page by page.

Each list has an index that keeps it in order, so that its thousandth page costs what its first does
(tests/files/test_listing.py looks at the plans). What a search finds stands newest first: sorting
it by name would read all of it for every page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from www.files import naming, types
from www.models import File, FileSearch, User, Visibility

if TYPE_CHECKING:
    from www.db import Expression, Page, Select
    from www.db.expression import Ordering
    from www.db.verbs import Verbs

PAGE_SIZE: Final = 50
NEWEST: Final = "-date"
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


async def page(conn: Verbs, scope: Scope, order: str, after: str | None) -> Page[Any]:
    """Return one page of a list, with `family`; a cursor of no page of this order is refused."""
    found = await conn.page(files(scope, order), after=after, size=PAGE_SIZE)
    for file in found.rows:
        file["family"] = types.family(file["content_type"])
    return found


def files(scope: Scope, order: str) -> Select[Any]:
    """The question of `page`; apart, so that a test can look at its plan."""
    select: Select[Any] = File.select(*_LISTED).join(User)
    order_by = ORDERS[order]
    # Words of which folding leaves nothing ask for nothing: the list stands as it is.
    if matching := naming.found_by(scope.words, scope.owner_id):
        # The index of names gives its hits in the order of its keys, which are those of files.
        select = FileSearch.select(*_LISTED).join(File, on=FileSearch.file_id == File.id)
        select = select.join(User, on=User.id == File.owner_id)
        select = select.where(*matching)
        order_by = (FileSearch.file_id.desc(),)
    elif scope.owner_id is not None:
        select = select.where(File.owner_id == scope.owner_id)
    if not scope.everywhere:
        select = select.where(File.folder_id == scope.folder_id)
    if scope.only is not None:
        select = select.where(File.visibility == scope.only)
    return select.order_by(*order_by)
