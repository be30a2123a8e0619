"""What changes files: rows are written after their content is durable, and go before it does.

So a crash at any point leaves a row with its content, or a content without a row, which the sweep
removes; never a row without its content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from www.errors import QuotaExceeded
from www.files import naming, queries
from www.models import File

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from www.db import Connection, Engine
    from www.files.upload import Received
    from www.storage import Storage

# A file of this name would stand at the address of the page that deletes it.
_TAKEN: Final = "delete"


async def add(
    conn: Connection,
    received: Sequence[Received],
    *,
    owner_id: int,
    quota_bytes: int,
    now: datetime,
) -> list[File]:
    """Write the rows of stored contents; raises QuotaExceeded.

    The quota was looked at before the upload too, but another server may have been quicker; here
    no other transaction adds to this person's files.
    """
    await conn.lock(f"files of {owner_id}")
    taken_bytes = await queries.taken_bytes(conn, owner_id)
    if taken_bytes + sum(one.size_bytes for one in received) > quota_bytes:
        raise QuotaExceeded
    files = [await conn.insert(_row(one, owner_id=owner_id, now=now)) for one in received]
    await naming.put(conn, files)
    return files


def _row(received: Received, *, owner_id: int, now: datetime) -> File:
    name = f"{received.name}_" if received.name == _TAKEN else received.name
    return File(
        owner_id=owner_id,
        name=name,
        name_key=naming.key(name),
        content_type=received.content_type,
        size=received.size_bytes,
        sha256=received.sha256,
        created_at=now,
    )


async def release(engine: Engine, storage: Storage, sha256: str) -> None:
    """Delete the content of a row that is gone, unless another row has it; outside a transaction.

    What was uploaded within the last hour stays for the sweep: `www.storage` says why.
    """
    if not await queries.contents_in_use(engine, [sha256]):
        await storage.delete(sha256)


async def sweep(engine: Engine, storage: Storage) -> int:
    """Delete contents without a row, and what broken uploads left; return how many."""

    async def in_use(hashes: Sequence[str]) -> set[str]:
        return await queries.contents_in_use(engine, hashes)

    return await storage.sweep(in_use)
