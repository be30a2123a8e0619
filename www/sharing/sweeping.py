"""The sweep of counted downloads that nobody may go on with any more."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from www.db import DatabaseError
from www.sharing import actions
from www.utils import repeating

if TYPE_CHECKING:
    from www.db import Engine

_log: Final = logging.getLogger("www.sharing")

EVERY_S: Final = 6 * 3600.0


async def sweep_forever(engine: Engine, *, every_s: float = EVERY_S) -> None:
    """Sweep now and every `every_s` seconds; a failure is logged and tried again."""
    await repeating.forever(
        lambda: actions.sweep(engine, now=datetime.now(UTC)),
        every_s=every_s,
        log=_log,
        failure="old downloads could not be forgotten",
        expected=(OSError, DatabaseError),
    )
