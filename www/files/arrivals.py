"""The rows of uploads that end at the same time, in one commit: most of a commit is its fsync.

Whoever arrives while one is under way goes into the next, with everybody else who has come by then.
Each is answered for itself: what refuses one, or fails because of one, concerns no other.
"""

from __future__ import annotations

import asyncio
import contextlib
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from www.db.errors import OperationalError
from www.errors import Unavailable, WwwError
from www.files import actions
from www.models import Visibility

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db import Engine
    from www.files.actions import Arrival
    from www.models import File

_MOST: Final = 64  # of one commit: their statements take the loop for some milliseconds


@dataclass(slots=True, eq=False)
class _Waiting:
    arrival: Arrival
    done: asyncio.Future[list[File]]
    context: Context = field(default_factory=copy_context)

    def tell(self, outcome: list[File] | Exception) -> None:
        if isinstance(outcome, Exception):
            self.done.set_exception(outcome)
        else:
            self.done.set_result(outcome)


class Arrivals:
    """Writes the rows; one per application."""

    def __init__(
        self, engine: Engine, quota_bytes: int, usual: Visibility = Visibility.UNLISTED
    ) -> None:
        """Take the database, the quota of whoever has no other, and the visibility on top."""
        self._engine = engine
        self._usual = usual
        self._quota_bytes = quota_bytes
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, arrival: Arrival) -> list[File]:
        """Return the files when their rows are committed. Raises as `actions.add`, DatabaseError.

        However this ends, also cancelled: unless `arrival.written`, there will be no rows.
        """
        waiting = _Waiting(arrival, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writing is None:
            self._begin()
        try:
            return await asyncio.shield(waiting.done)
        except asyncio.CancelledError:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            else:
                await _settled(waiting.done)
            raise

    def _begin(self) -> None:
        # The statements of a commit are told as those of the first who waits for it.
        self._writing = asyncio.create_task(self._write(), context=self._waiting[0].context)
        self._writing.add_done_callback(self._go_on)

    def _go_on(self, _: asyncio.Task[None]) -> None:
        self._writing = None
        if self._waiting:
            self._begin()

    async def _write(self) -> None:
        group, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
        try:
            if not await self._commit(group, alone=len(group) <= 1):
                for one in group:
                    await self._commit([one], alone=True)
        finally:  # also where the server ends: `_settled` waits for each
            for one in group:
                if not one.done.done():
                    one.tell(Unavailable())

    async def _commit(self, group: Sequence[_Waiting], *, alone: bool) -> bool:
        """Write the rows in one transaction and tell everybody.

        False: they fail together, and each may succeed alone; nobody was told.
        """
        try:
            outcomes = await self._written(group)
        except BaseException as err:
            began = any(one.arrival.written for one in group)
            if not (alone or began or isinstance(err, OperationalError)):
                return False
            for one in group:
                one.tell(err if isinstance(err, Exception) else Unavailable())
            if not isinstance(err, Exception):
                raise
        else:
            for one, outcome in zip(group, outcomes, strict=True):
                one.tell(outcome)
        return True

    async def _written(self, group: Sequence[_Waiting]) -> list[list[File] | WwwError]:
        arrivals = [one.arrival for one in group]
        async with self._engine.transaction() as conn:
            outcomes = await actions.add_all(
                conn, arrivals, quota_bytes=self._quota_bytes, usual=self._usual
            )
            for arrival, outcome in zip(arrivals, outcomes, strict=True):
                arrival.written = isinstance(outcome, list)
        return outcomes


async def _settled(done: asyncio.Future[list[File]]) -> None:
    """Wait until it is known whether there are rows, although nobody wants them any more."""
    while not done.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([done])
    done.exception()  # looked at, so that nobody complains
