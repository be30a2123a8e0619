"""The last step of every upload: what arrived and what its client claimed become a file's row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from www.files import types
from www.files.upload import Received
from www.uploads import actions
from www.uploads.destination import Destination

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db import Connection
    from www.models import File, Upload
    from www.storage import Stored
    from www.uploads.core import Bounds


async def become_file(
    conn: Connection,
    upload: Upload,
    stored: Stored,
    head: bytes,
    *,
    bounds: Bounds,
    parts: Sequence[Upload] = (),
) -> File:
    """Write the row of a content that is kept; `head` is its beginning, which tells its type.

    `parts` are what it was put together of, and go. Raises QuotaExceeded.
    """
    content_type = types.detect(head, upload.name)
    return await actions.complete(
        conn,
        upload,
        Received(upload.name, content_type, stored.sha256, stored.size_bytes),
        parts=parts,
        destination=Destination.claimed(upload.claims),
        quota_bytes=bounds.quota_bytes,
        usual=bounds.usual,
        now=datetime.now(UTC),
    )
