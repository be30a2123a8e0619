"""Streams: selects that are read bit by bit, on a lane on which other statements run meanwhile."""

from __future__ import annotations

import marshal
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import apsw

from www.db.drivers.sqlite.errors import translate
from www.db.errors import DiskFull

if TYPE_CHECKING:
    from collections.abc import Callable
    from tempfile import _TemporaryFileWrapper

    from www.db.drivers.base import Params, Row
    from www.db.drivers.sqlite.lane import Lane

T = TypeVar("T")
KEPT_ROWS = 500  # at a time, so that a cancelled task is let go soon


class Stream:
    """The rows of one select as they were when it began.

    SQLite does not say whether an open select sees what its own connection changes. So before a
    change the rest of the rows goes into a file without a name beside the database.
    """

    def __init__(self, lane: Lane, chunk: int) -> None:
        """Take the lane; nothing runs yet."""
        self._lane = lane
        self._chunk = chunk
        self._cursor = lane.connection.cursor()
        self._file: _TemporaryFileWrapper[bytes] | Any = None
        self._read_to = self._kept_to = 0
        self._exhausted = False
        self._closed = False
        lane.streams += 1

    async def begin(self, sql: str, params: Params) -> None:
        """Start the select."""
        await self._call(lambda: self._cursor.execute(sql, params))

    async def next(self) -> list[Row]:
        """Return some more rows; none at the end."""
        if self._read_to < self._kept_to:
            return await self._call(self._kept)
        return [] if self._exhausted else await self._call(lambda: self._some(self._chunk))

    def is_reading(self) -> bool:
        """Tell whether a change could still be seen by it."""
        return not (self._exhausted or self._closed)

    async def keep(self) -> None:
        """Read the rest now and put it aside; a cancelled task leaves it to the next one."""
        while self.is_reading():
            await self._call(self._keep, interruptible=False)

    def leave(self) -> bool:
        """End the select, unless a thread has the lane: then later, with the transaction.

        A stream that nobody closed is ended by a task of its own, whenever that may be.
        """
        self._exhausted = True
        if not self._lane.is_busy():
            self.close()
        return self._closed

    def close(self) -> None:
        """End the select."""
        if not self._closed:
            self._closed = True
            self._lane.streams -= 1
            self._cursor.close(force=True)
            if self._file is not None:
                self._file.close()

    async def _call(self, work: Callable[[], T], *, interruptible: bool = True) -> T:
        try:
            return await self._lane.call(work, interruptible=interruptible)
        except (apsw.Error, UnicodeError, OverflowError) as err:
            raise translate(err) from err

    def _some(self, most: int) -> list[Row]:
        rows = list(islice(self._cursor, most))
        if len(rows) < most:
            self._exhausted = True
        return rows

    def _keep(self) -> None:
        rows = self._some(max(self._chunk, KEPT_ROWS))
        from tempfile import TemporaryFile  # 5 ms, and few programs need it

        try:
            if self._file is None:
                self._file = TemporaryFile(dir=self._lane.options.path.parent)  # noqa: SIM115 - see close()
            self._file.seek(self._kept_to)
            marshal.dump(rows, self._file)
            self._kept_to = self._file.tell()
        except OSError as err:
            self._exhausted = True  # nothing more can be had of it
            message = "the rest of a stream cannot be put aside before a change: make room"
            raise DiskFull(f"{message}: {err}") from err

    def _kept(self) -> list[Row]:
        self._file.seek(self._read_to)
        rows: list[Row] = marshal.load(self._file)  # noqa: S302  this process wrote it
        self._read_to = self._file.tell()
        return rows
