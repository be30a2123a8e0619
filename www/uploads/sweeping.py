"""What time does to uploads: broken ends are finished, those left alone for too long go."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from www.db import DatabaseError
from www.errors import WwwError
from www.uploads import queries
from www.uploads.errors import Incomplete

if TYPE_CHECKING:
    from www.models import Upload
    from www.uploads.core import Uploads
    from www.uploads.direct import Direct

_log: Final = logging.getLogger("www.uploads")

EVERY_S: Final = 3600.0
STRAY_S: Final = 3600.0
"""A file of the staging that has no row for so long will never have one."""
_BATCH: Final = 100
_PATIENCE_S: Final = 3600.0  # for one content to be read and copied


async def sweep_forever(
    uploads: Uploads, direct: Direct | None = None, *, every_s: float = EVERY_S
) -> None:
    """Sweep now and every `every_s` seconds; a failure is logged and tried again."""
    while True:
        try:
            swept = await sweep(uploads, now=datetime.now(UTC))
            if direct is not None:
                swept += await sweep_direct(direct)
        except (OSError, DatabaseError, WwwError) as err:
            _log.warning("old uploads could not be removed: %s", err)
        else:
            if swept:
                _log.info("removed %d uploads that were left alone", swept)
        await asyncio.sleep(every_s)


async def sweep(uploads: Uploads, *, now: datetime, stray_s: float = STRAY_S) -> int:
    """Finish what has all its bytes, delete what is too old; return how many were deleted."""
    for upload in await uploads.engine.all(queries.sealed(_BATCH)):
        await _finish(uploads, upload)
    swept = 0
    while expired := await uploads.engine.all(queries.expired(now, _BATCH)):
        for upload in expired:
            await uploads.engine.delete(upload)
            await uploads.staging.delete(upload.token)
        swept += len(expired)
    tokens = await uploads.staging.old(stray_s)
    known = await queries.known(uploads.engine, tokens)
    for token in tokens:
        if token not in known:
            await uploads.staging.delete(token)
            swept += 1
    return swept


async def sweep_direct(direct: Direct, *, stray_s: float = STRAY_S) -> int:
    """Finish what has all its bytes in the bucket, empty the inbox of what nobody knows."""
    engine, last = direct.uploads.engine, 0
    while waiting := await engine.all(queries.unfinished_direct(last, _BATCH)):
        for upload in waiting:
            await _finish_direct(direct, upload)
        last = waiting[-1].id
    found = await direct.older(stray_s)
    known = await queries.known(engine, [token for token, _ in found])
    strays = [(token, parts_id) for token, parts_id in found if token not in known]
    for token, parts_id in strays:
        await direct.forget(token, parts_id)
    return len(strays)


async def _finish_direct(direct: Direct, upload: Upload) -> None:
    if direct.is_finishing(upload.token):
        return
    try:
        await direct.finish(upload, timeout_s=_PATIENCE_S)
    except Incomplete:
        pass
    except (OSError, WwwError) as err:
        _log.warning("an upload could not be finished: %s", err)


async def _finish(uploads: Uploads, upload: Upload) -> None:
    """Bring the upload to its end, which may fail for long: the owner's quota, a full disk."""
    if uploads.locks.is_held(upload.token):
        return
    try:
        async with uploads.opened(upload.owner_id, upload.token):
            pass  # opening it does all that can be done
    except (OSError, WwwError) as err:
        _log.warning("an upload could not be finished: %s", err)
