"""The sweep of counted downloads that nobody may go on with any more."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from www.db import DatabaseError
from www.sharing import actions

if TYPE_CHECKING:
    from www.db import Engine

_log: Final = logging.getLogger("www.sharing")

EVERY_S: Final = 6 * 3600.0


async def sweep_forever(engine: Engine, *, every_s: float = EVERY_S) -> None:
    """Sweep now and every `every_s` seconds; a failure is logged and tried again."""
    while True:
        try:
            await actions.sweep(engine, now=datetime.now(UTC))
        except (OSError, DatabaseError) as err:
            _log.warning("old downloads could not be forgotten: %s", err)
        await asyncio.sleep(every_s)
