"""What time does to uploads: broken ends are finished, those left alone for too long go.

Those into the bucket have a sweep of their own (`www.uploads.direct_sweeping`), which may wait for
the bucket while this one goes on.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from www.db import DatabaseError
from www.errors import WwwError
from www.uploads import queries
from www.utils import repeating

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from www.models import Upload
    from www.uploads.core import Uploads

_log: Final = logging.getLogger("www.uploads")

EVERY_S: Final = 3600.0
STRAY_S: Final = 3600.0
"""What has no row for so long will never have one."""
_BATCH: Final = 100


async def sweep_forever(
    uploads: Uploads, *, with_direct: bool = True, every_s: float = EVERY_S
) -> None:
    """Sweep now and every `every_s` seconds, as `sweep`; failures are logged and tried again."""
    await forever(
        lambda: sweep(uploads, now=datetime.now(UTC), with_direct=with_direct), every_s=every_s
    )


async def forever(sweep: Callable[[], Awaitable[int]], *, every_s: float) -> None:
    """Sweep now and every `every_s` seconds; nothing that goes wrong ends it but cancellation."""

    async def once() -> None:
        if swept := await sweep():
            _log.info("removed %d uploads that were left alone", swept)

    await repeating.forever(
        once,
        every_s=every_s,
        log=_log,
        failure="old uploads could not be removed",
        expected=(OSError, DatabaseError, WwwError),
    )


async def sweep(
    uploads: Uploads, *, now: datetime, stray_s: float = STRAY_S, with_direct: bool = True
) -> int:
    """Finish what has all its bytes, delete what is too old; return how many were deleted.

    `with_direct`: also unfinished ones into the bucket, where nobody else looks after them.
    """
    for upload in await uploads.engine.all(queries.sealed(_BATCH)):
        await _finish(uploads, upload)
    swept = 0
    while expired := await uploads.engine.all(
        queries.expired(now, _BATCH, with_direct=with_direct)
    ):
        for upload in expired:
            await uploads.engine.delete(upload)
            await _delete_staged(uploads, upload.token)
        swept += len(expired)
    tokens = await uploads.staging.old(stray_s)
    known = await queries.known(uploads.engine, tokens)
    strays = [token for token in tokens if token not in known]
    for token in strays:
        await _delete_staged(uploads, token)
    return swept + len(strays)


async def _delete_staged(uploads: Uploads, token: str) -> None:
    """Delete a file of the staging; one that cannot be deleted must not keep the others."""
    try:
        await uploads.staging.delete(token)
    except OSError as err:
        _log.warning("an upload could not be removed: %s", err)


async def _finish(uploads: Uploads, upload: Upload) -> None:
    """Bring the upload to its end, which may fail for long: the owner's quota, a full disk."""
    if uploads.locks.is_held(upload.token):
        return
    try:
        async with uploads.opened(upload.owner_id, upload.token):
            pass  # opening it does all that can be done
    except (OSError, WwwError) as err:
        _log.warning("an upload could not be finished: %s", err)
    except Exception:  # noqa: BLE001  a defect that one upload shows must not keep the others
        _log.exception("an upload could not be finished")
