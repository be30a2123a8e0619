"""The sweep beside the requests: at start and every few hours, for as long as the server runs."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from www.db import DatabaseError
from www.errors import WwwError
from www.files import actions, queries
from www.utils import repeating

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db import Engine
    from www.files.facts import Facts
    from www.pictures.maker import Pictures
    from www.storage import Storage

_log: Final = logging.getLogger("www.files")

EVERY_S: Final = 6 * 3600.0
RELEASE_EVERY_S: Final = 2.0
_NOT_REMOVED: Final = "unused files could not be removed"
_EXPECTED: Final = (OSError, DatabaseError, WwwError)


async def sweep_forever(engine: Engine, storage: Storage, *, every_s: float = EVERY_S) -> None:
    """Sweep now and every `every_s` seconds; a failure is logged and tried again."""

    async def once() -> None:
        if swept := await actions.sweep(engine, storage):
            _log.info("removed %d contents that no file refers to", swept)

    await repeating.forever(
        once, every_s=every_s, log=_log, failure=_NOT_REMOVED, expected=_EXPECTED
    )


async def release_forever(
    engine: Engine, storage: Storage, *, every_s: float = RELEASE_EVERY_S
) -> None:
    """Delete soon what could not be deleted with its rows, because something was being stored."""
    await asyncio.sleep(every_s)
    await repeating.forever(
        lambda: actions.release_rest(engine, storage),
        every_s=every_s,
        log=_log,
        failure=_NOT_REMOVED,
        expected=_EXPECTED,
    )


async def keep_pictures(
    engine: Engine, pictures: Pictures, facts: Facts, *, every_s: float = EVERY_S
) -> None:
    """Now and every `every_s` seconds, learn of pictures, and forget what was made of gone ones."""

    async def in_use(hashes: Sequence[str]) -> set[str]:
        return await queries.contents_in_use(engine, hashes)

    async def once() -> None:
        await facts.catch_up()
        await pictures.sweep(in_use)

    failure = "pictures could not be looked after"
    await repeating.forever(once, every_s=every_s, log=_log, failure=failure, expected=_EXPECTED)
