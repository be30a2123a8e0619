"""Where an upload goes and who may read it then, as its client claims, whatever the protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from www.files import folder_queries, openness
from www.uploads import fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db.verbs import Verbs
    from www.models import Visibility


@dataclass(frozen=True, slots=True)
class Destination:
    """A folder, None for the top, folders below it by their names, and the visibility if any."""

    folder_id: int | None = None
    path: Sequence[str] = ()
    visibility: Visibility | None = None

    @classmethod
    def claimed(cls, claims: str) -> Self:
        """Read what stands in Upload-Metadata. Raises BadRequest, Invalid."""
        pairs = fields.metadata(claims)
        return cls(
            fields.claimed_folder(pairs),
            fields.claimed_path(pairs),
            fields.claimed_visibility(pairs),
        )


async def require(conn: Verbs, owner_id: int, claims: str) -> None:
    """Refuse before a byte has come what could not be kept as it is claimed.

    Raises NotFound (no folder of theirs), Invalid (a folder is less open than the file shall be),
    BadRequest.
    """
    claimed = Destination.claimed(claims)
    folder = await folder_queries.own_folder(conn, owner_id, claimed.folder_id)
    openness.require(folder, claimed.visibility)
    if claimed.visibility is None:
        return
    for name in claimed.path:
        folder = await folder_queries.subfolder(conn, owner_id, folder, name)
        if folder is None:  # it will be made, as open as the file
            return
        openness.require(folder, claimed.visibility)
