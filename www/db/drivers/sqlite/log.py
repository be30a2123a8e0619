"""Keeps SQLite's write-ahead log short, away from the loop.

After about a thousand pages a thread copies them into the file. Beside a busy writer it never
reaches the end of the log, which then only grows: from 16 MB on the writer waits for it. Where a
long reader is in the way neither helps, and the next try waits for another thousand pages.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import apsw

from www.db.drivers.sqlite.lane import reconnect
from www.db.errors import ConnectionLost

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from www.db.drivers.sqlite.lane import Lane, Options

COPY_PAGES = 1_000
WAIT_PAGES = 4_000
_IN_THE_WAY = (
    apsw.BusyError,
    apsw.LockedError,
    apsw.FullError,
    apsw.IOError,
    apsw.ReadOnlyError,
)


class Log:
    """Counts the pages of the log and has them copied."""

    def __init__(self, options: Options, executor: Executor) -> None:
        """Start with a log of unknown length; the first commit tells it."""
        self._options = options
        self._executor = executor
        self._loop = asyncio.get_running_loop()
        self._connection: apsw.Connection | None = None
        self._copying: asyncio.Future[None] | None = None
        self._closed = False
        self._pages = 0
        self._copy_at, self._wait_at = COPY_PAGES, WAIT_PAGES

    def watch(self, connection: apsw.Connection) -> None:
        """Hear of the commits of the writer's connection."""
        connection.set_wal_hook(self._grown)

    def is_too_long(self) -> bool:
        """Tell whether the writer should wait until the log is copied."""
        return self._pages >= self._wait_at

    async def shorten(self, lane: Lane) -> None:
        """Copy the log while the writer has the turn and nobody adds to it."""
        if self._copying is not None:
            await asyncio.wait([self._copying])
        restart = apsw.SQLITE_CHECKPOINT_RESTART
        await lane.call(lambda: copy(lane.connection, restart), interruptible=False)
        self._wait_at = self._pages + COPY_PAGES  # until the next commit tells that it worked

    async def close(self) -> None:
        """Wait for a copy that is running, and begin no other."""
        self._closed = True
        if self._copying is not None:
            await asyncio.wait([self._copying])
        if self._connection is not None:
            self._connection.close()

    def _grown(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        """Be told by SQLite how long the log is; called on whichever thread commits."""
        if pages < self._pages:  # it began anew
            self._copy_at, self._wait_at = COPY_PAGES, WAIT_PAGES
        self._pages = pages
        if pages >= self._copy_at:
            self._copy_at = pages + COPY_PAGES
            self._loop.call_soon_threadsafe(self._start)
        return apsw.SQLITE_OK

    def _start(self) -> None:
        if not self._closed and (self._copying is None or self._copying.done()):
            self._copying = self._loop.run_in_executor(self._executor, self._copy)

    def _copy(self) -> None:
        if self._connection is None:
            with contextlib.suppress(ConnectionLost):  # it may be out of files: the next try comes
                self._connection = reconnect(self._options)
        if self._connection is None:
            return
        copy(self._connection, apsw.SQLITE_CHECKPOINT_PASSIVE)


def copy(connection: apsw.Connection, mode: int) -> None:
    """Copy the log into the file.

    Where another process is in the way, or the disk is full or lets nobody write, it stays as it
    is: nothing is lost, and whoever writes next is told.
    """
    with contextlib.suppress(*_IN_THE_WAY):
        connection.wal_checkpoint(mode=mode)
