"""Work that a server does again and again beside its requests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging
    from collections.abc import Awaitable, Callable


async def forever(
    work: Callable[[], Awaitable[object]],
    *,
    every_s: float,
    log: logging.Logger,
    failure: str,
    expected: tuple[type[Exception], ...],
) -> None:
    """Work now and every `every_s` seconds; nothing that goes wrong ends it but cancellation.

    `failure` is what is logged then: as a warning for what is `expected`, else with a traceback.
    """
    while True:
        try:
            await work()
        except expected as err:
            log.warning("%s: %s", failure, err)
        except Exception:  # the next time may find what it needs
            log.exception("%s", failure)
        await asyncio.sleep(every_s)
