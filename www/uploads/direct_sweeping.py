"""What time does to uploads into the bucket: what is whole becomes a file, what is left alone goes.

The inbox is emptied of what nobody knows.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Final

from www.db import DatabaseError
from www.errors import NotFound, Unavailable, WwwError
from www.uploads import queries
from www.uploads.errors import Incomplete
from www.uploads.sweeping import EVERY_S, STRAY_S, forever

if TYPE_CHECKING:
    from www.models import Upload
    from www.uploads.direct import Direct

_log: Final = logging.getLogger("www.uploads")

IDLE_S: Final = 600.0
"""Whose client came within that time finishes by itself."""
_BATCH: Final = 100
_FINISHING_S: Final = 1800.0  # of one sweep; the next one goes on where that ended


async def sweep_forever(direct: Direct, *, every_s: float = EVERY_S) -> None:
    """Sweep now and every `every_s` seconds; failures are logged and tried again."""
    await forever(lambda: sweep(direct, now=datetime.now(UTC)), every_s=every_s)


async def sweep(
    direct: Direct, *, now: datetime, stray_s: float = STRAY_S, idle_s: float = IDLE_S
) -> int:
    """Finish what has all its bytes, delete what is too old; return how many were deleted."""
    swept = await _bring_to_an_end(direct, now, timedelta(seconds=idle_s))
    found = await direct.older(stray_s)
    known = await queries.known(direct.uploads.engine, [token for token, _ in found])
    for token, parts_id in found:
        if token not in known:
            swept += await _forget(direct, token, parts_id)
    return swept


async def _bring_to_an_end(direct: Direct, now: datetime, idle: timedelta) -> int:
    """Go through the uploads that nobody comes to, for a while; return how many were deleted."""
    end, swept = monotonic() + _FINISHING_S, 0
    began, expires = now - idle, now - idle + direct.uploads.bounds.lifetime
    while waiting := await direct.uploads.engine.all(
        queries.unfinished_direct(direct.swept_to, _BATCH, began=began, expires=expires)
    ):
        for upload in waiting:
            if (left_s := end - monotonic()) <= 0:
                return swept
            swept += await _end_one(direct, upload, now, left_s)
            direct.swept_to = upload.id
    direct.swept_to = 0
    return swept


async def _end_one(direct: Direct, upload: Upload, now: datetime, left_s: float) -> bool:
    """Make a file of one upload, or tell that it was too old and is deleted."""
    if direct.is_finishing(upload.token):
        return False
    try:
        if await _is_hopeless(direct, upload, left_s) and upload.expires_at <= now:
            await direct.delete(upload)
            return True
    except Exception:  # noqa: BLE001  as below
        _log.exception("an upload could not be removed")
    return False


async def _is_hopeless(direct: Direct, upload: Upload, left_s: float) -> bool:
    """Make a file of what is there; tell whether that will never be possible of itself."""
    try:
        await direct.finish(upload, timeout_s=left_s)
    except (Incomplete, NotFound):
        return True
    except (Unavailable, DatabaseError) as err:  # it may have all its bytes: it is not too late
        _log.warning("an upload could not be finished: %s", err)
    except (OSError, WwwError) as err:
        _log.warning("an upload could not be finished: %s", err)
        return True
    except Exception:  # noqa: BLE001  a defect that one upload shows must not keep the others
        _log.exception("an upload could not be finished")
        return True
    return False


async def _forget(direct: Direct, token: str, parts_id: str | None) -> bool:
    """Empty the inbox of one that nobody knows; tell whether that was possible."""
    try:
        await direct.forget(token, parts_id)
    except Exception:  # noqa: BLE001  as above
        _log.exception("an upload could not be removed from the bucket")
        return False
    return True
