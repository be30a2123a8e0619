"""Which uploads of a person wait to be gone on with: what pages tell of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from www.uploads import fields, queries

if TYPE_CHECKING:
    from datetime import datetime

    from www.db.verbs import Verbs
    from www.models import Upload
    from www.uploads.staging import Staging

MOST: Final = 100
_CLAIMS: Final = ("filename", "relativePath", "modified")


@dataclass(frozen=True, slots=True)
class Waiting:
    """An upload that is not complete.

    `size_bytes` is None where its client has not said it yet, `arrived_bytes` where the bytes go to
    the bucket directly and only that knows. What its client claimed of the file,
    `filename`, `modified` (ms) and `path`, each "" where it did not, tells with the size whether
    another file is the same.
    """

    token: str
    name: str
    filename: str
    path: str
    size_bytes: int | None
    arrived_bytes: int | None
    is_part: bool
    modified: str
    expires_at: datetime

    @property
    def arrived(self) -> float:
        """How much of it is there, 0 to 1."""
        return (self.arrived_bytes or 0) / self.size_bytes if self.size_bytes else 0.0


async def of_person(
    conn: Verbs, staging: Staging, owner_id: int, *, now: datetime
) -> list[Waiting]:
    """Return the uploads of a person that may still be gone on with, the newest first."""
    rows = await conn.all(queries.waiting(owner_id, now))
    if not rows:
        return []
    # Nobody has very many (`actions.MOST_UNFINISHED`), so an index for the order would cost more.
    rows = sorted(rows, key=lambda row: row.id, reverse=True)[:MOST]
    sizes = await staging.sizes([row.token for row in rows])
    return [_told(row, sizes.get(row.token, 0) if row.part_bytes is None else None) for row in rows]


def _told(upload: Upload, arrived_bytes: int | None) -> Waiting:
    pairs = fields.metadata(upload.claims)
    filename, path, modified = (pairs.get(key, b"").decode("utf-8", "replace") for key in _CLAIMS)
    return Waiting(
        upload.token,
        upload.name,
        filename,
        path,
        upload.length,
        arrived_bytes,
        fields.concat(upload.concat).is_partial,
        modified,
        upload.expires_at,
    )
