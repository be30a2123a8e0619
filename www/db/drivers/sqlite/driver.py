"""SQLiteDriver: the quick reader on the loop, slow readers in threads, one writer."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from www.db.drivers.base import Activity, arrived
from www.db.drivers.sqlite.lane import Lane, Options, make_file
from www.db.drivers.sqlite.quick import Quick
from www.db.drivers.sqlite.sessions import NO_CHANNELS, ReadSession
from www.db.drivers.sqlite.streams import Stream
from www.db.drivers.sqlite.writer import Writer
from www.db.errors import Busy, ConnectionLost, StatementError, Timeout

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from www.db.drivers.base import Isolation, Params, Result, Row, Session, Soon

SLOW_READERS = 4


class SQLiteDriver:
    """One SQLite file with everything that reads and writes it."""

    def __init__(self, options: Options) -> None:
        """Take the options; nothing is opened yet."""
        self.options = options
        self._opened = False

    async def open(self) -> None:
        """Open the file; a missing one is made, a missing folder is an error."""
        make_file(self.options.path)
        self._executor = ThreadPoolExecutor(SLOW_READERS + 2, thread_name_prefix="sqlite")
        self._idle: list[Lane] = []
        self._readers: list[Lane] = []  # idle or not
        self._slots = asyncio.Semaphore(SLOW_READERS)
        try:
            self._quick = Quick(self.options, self._executor)
            self._writer = Writer(self.options, self._executor, self._quick.refresh)
        except BaseException:
            self._executor.shutdown()
            raise
        self._opened = True

    async def close(self) -> None:
        """Let what is running end, then close every connection."""
        self._require_open()
        self._opened = False
        for _ in range(SLOW_READERS):
            await self._slots.acquire()
        for lane in (self._quick, *self._idle):
            lane.close()
        try:
            await self._writer.close()
        finally:
            self._executor.shutdown()

    def read(self, sql: str, params: Params) -> Soon[list[Row]]:
        """Run a read on the loop's thread; one that is slow goes to a reader in a thread."""
        if not self._opened:
            self._require_open()
        if self._quick.has_read_enough():
            return self._read_next_turn(sql, params)
        try:
            return self._quick.find(sql, params)
        except Timeout:
            self._quick.interrupted += 1
            return self._read_slowly(sql, params)

    async def _read_next_turn(self, sql: str, params: Params) -> list[Row]:
        await self._quick.next_turn()
        return await arrived(self.read(sql, params))

    async def _read_slowly(self, sql: str, params: Params) -> list[Row]:
        lane = await self._acquire()
        try:
            return await lane.read_slowly(sql, params)
        finally:
            await self._release(lane)

    def names(self, sql: str) -> tuple[str, ...]:
        """Return the names of the result's columns."""
        return self._quick.names(sql)

    def read_copy(self, sql: str, params: Params, after: int) -> Soon[list[Row]]:  # noqa: ARG002
        """Read the file itself: it has no copies."""
        return self.read(sql, params)

    async def position(self) -> int:
        """Return any number: nothing is ever behind."""
        return 0

    def write(self, sql: str, params: Params, *, short: bool) -> Soon[Result]:
        """Run one change and commit it."""
        self._require_open()
        return self._writer.write(sql, params, short=short)

    async def stream(self, sql: str, params: Params, chunk: int) -> AsyncGenerator[list[Row], None]:
        """Yield rows, `chunk` at a time, from a reader in a thread."""
        self._require_open()
        lane = await self._acquire()
        stream = Stream(lane, chunk)
        try:
            await stream.begin(sql, params)
            while rows := await stream.next():
                yield rows
        finally:
            stream.close()
            await self._release(lane)

    def stream_copy(
        self,
        sql: str,
        params: Params,
        chunk: int,
        after: int,  # noqa: ARG002
    ) -> AsyncGenerator[list[Row], None]:
        """Stream from the file itself: it has no copies."""
        return self.stream(sql, params, chunk)

    async def begin(self, *, read_only: bool, isolation: Isolation | None = None) -> Session:  # noqa: ARG002 - all are serializable
        """Start a transaction: on a reader of its own, or on the writer when it is its turn."""
        self._require_open()
        if not read_only:
            return await self._writer.begin()
        lane = await self._acquire()
        try:
            await lane.patiently("BEGIN")
        except BaseException:
            await self._release(lane)
            raise
        return ReadSession(lane, self._release)

    def activity(self) -> Activity:
        """Return readers in use and idle, changes that wait, reads interrupted and commits."""
        interrupted = sum(lane.interrupted for lane in (self._quick, *self._readers))
        writer = self._writer.activity()
        idle = len(self._idle)
        now = {"readers_in_use": len(self._readers) - idle, "readers_idle": idle, **writer.now}
        ever = {"reads_interrupted": interrupted + writer.ever.pop("reads_interrupted")}
        return Activity(now, {**ever, **writer.ever}, writer.group_sizes)

    def listen(self, channel: str) -> AbstractAsyncContextManager[AsyncIterator[str | None]]:  # noqa: ARG002
        """Refuse: SQLite has no channels."""
        raise StatementError(NO_CHANNELS)

    def _require_open(self) -> None:
        if not self._opened:
            raise ConnectionLost("the engine is not open: use `async with Engine(...)`")

    async def _acquire(self) -> Lane:
        try:
            async with asyncio.timeout(self.options.busy_timeout_s):
                await self._slots.acquire()
        except TimeoutError as err:
            message = f"all {SLOW_READERS} readers were busy for {self.options.busy_timeout_s} s"
            raise Busy(message) from err
        try:
            if self._idle:
                return self._idle.pop()
            loop = asyncio.get_running_loop()
            lane = await loop.run_in_executor(None, Lane, self.options, self._executor)
        except BaseException:
            self._slots.release()
            raise
        self._readers.append(lane)
        return lane

    async def _release(self, lane: Lane) -> None:
        try:
            await lane.clean()
        except BaseException:
            self._readers.remove(lane)  # it is closed, and could not be opened anew
            raise
        else:
            self._idle.append(lane)
        finally:
            self._slots.release()
