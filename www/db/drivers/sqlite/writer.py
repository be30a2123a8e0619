"""The one writer of the file.

SQLite has one writer at a time, so the engine has one too: whoever wants to change something waits
for a fair lock. Changes outside a transaction that arrive in one turn of the loop share a commit,
and with it its fsync: 32 tasks that insert single rows cost one fsync, not 32.
"""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import apsw

from www.db.drivers.sqlite import group as grouping
from www.db.drivers.sqlite.lane import Lane, Options, connect
from www.db.errors import Busy, OperationalError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from concurrent.futures import Executor

    from www.db.drivers.base import Params, Result, Row
    from www.db.drivers.sqlite.group import Waiting

GROUP_MOST = 256
FEW = 50  # rows of which writing all takes less than a hop to the thread and back
MANY_IN_A_STEP = 5_000
CHECKPOINT_PAGES = 1_000
# A checkpoint beside a busy writer never reaches the end of the log, which then only grows; from
# here on (16 MB) the writer waits for it.
WAIT_PAGES = 4_000


class Writer:
    """Serialises changes, groups commits and keeps the write-ahead log short."""

    def __init__(self, options: Options, executor: Executor) -> None:
        """Open the writer's connection."""
        self._options = options
        self._executor = executor
        self._loop = asyncio.get_running_loop()
        self._lane = Lane(options, executor)
        self._lane.connection.set_wal_hook(self._committed)
        self._turn = asyncio.Lock()
        self._waiting: list[Waiting] = []
        self._draining: asyncio.Task[None] | None = None
        self._checkpointing: asyncio.Future[None] | None = None
        self._log_pages = 0

    async def close(self) -> None:
        """Commit what waits, copy the log into the file and close."""
        while self._draining is not None:
            await self._draining
        async with self._turn:
            if self._checkpointing is not None:
                await asyncio.wait([self._checkpointing])
            truncate = apsw.SQLITE_CHECKPOINT_TRUNCATE
            await self._lane.call(lambda: _copy_log(self._lane.connection, truncate))
            self._lane.close()

    async def write(self, sql: str, params: Params, *, short: bool) -> Result:
        """Run one change and commit it, together with others if it is short."""
        if not short:
            return await self._alone(sql, params)
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((sql, params, future))
        if len(self._waiting) == 1 and self._draining is None:
            self._loop.call_soon(self._flush)  # by then every task of this turn has added its own
        return await future

    def _flush(self) -> None:
        """Commit what this turn of the loop brought: here, if nothing can hold up the loop."""
        group = self._waiting
        if not group or self._draining is not None:
            return
        quick = self._options.durability == "normal" and self._log_pages < WAIT_PAGES
        if self._turn.locked() or not quick or len(group) > GROUP_MOST or not self._at_once(group):
            self._draining = asyncio.create_task(self._drain())

    def _at_once(self, group: list[Waiting]) -> bool:
        """Commit a group on the loop's thread; False if another process is writing."""
        lane, alone = self._lane, len(group) == 1  # one statement is a transaction by itself
        try:
            if not alone:
                lane.here("BEGIN IMMEDIATE", ())
            done = grouping.run(lane, group, alone=alone)
            if not alone:
                lane.here("COMMIT", ())
        except Busy:
            return False
        except Exception as err:  # noqa: BLE001  whoever waits must be told
            grouping.fail(group, err)
        else:
            grouping.tell(done)
        finally:
            lane.roll_back()
        self._waiting = []
        return True

    async def write_many(self, sql: str, rows: Sequence[Params]) -> None:
        """Run one change for each of `rows` and commit them together."""
        async with self.transaction() as session:
            await session.write_many(sql, rows)

    async def _alone(self, sql: str, params: Params) -> Result:
        async with self.transaction() as session:
            return await session.write(sql, params, short=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WriteSession]:
        """Hold the turn for the block; commit at its end."""
        session = await self.begin()
        try:
            yield session
        except BaseException:
            await session.rollback()
            raise
        await session.commit()

    async def begin(self) -> WriteSession:
        """Wait for the turn and start a transaction."""
        await self._turn.acquire()
        try:
            await self._shorten_log()
            await self._lane.patiently("BEGIN IMMEDIATE")
        except BaseException:
            self._turn.release()
            raise
        return WriteSession(self, self._lane)

    async def end(self, sql: str) -> None:
        """Run COMMIT or ROLLBACK and pass the turn on."""
        try:
            if sql == "COMMIT":
                await self._commit()
        finally:
            self._lane.roll_back()
            self._turn.release()

    async def _commit(self) -> None:
        if self._options.durability == "normal":
            self._lane.here("COMMIT", ())
        else:  # the fsync may take as long as the disk likes
            await self._lane.call(lambda: self._lane.here("COMMIT", ()), interruptible=False)

    async def _drain(self) -> None:
        try:
            while self._waiting:
                async with self._turn:
                    group, self._waiting = self._waiting[:GROUP_MOST], self._waiting[GROUP_MOST:]
                    await self._commit_group(group)
        finally:
            self._draining = None

    async def _commit_group(self, group: list[Waiting]) -> None:
        try:
            await self._shorten_log()
            await self._lane.patiently("BEGIN IMMEDIATE")
            done = grouping.run(self._lane, group)
            await self._commit()
        except Exception as err:  # noqa: BLE001  whoever waits must be told
            grouping.fail(group, err)
        else:
            grouping.tell(done)
        finally:
            self._lane.roll_back()

    def _committed(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        """Be told by SQLite how long the log is; called on whichever thread commits."""
        self._log_pages = pages
        if pages >= CHECKPOINT_PAGES:
            self._loop.call_soon_threadsafe(self._start_checkpoint)
        return apsw.SQLITE_OK

    async def _shorten_log(self) -> None:
        """Hold the turn until a log that became too long is copied; readers may prevent that."""
        if self._log_pages < WAIT_PAGES:
            return
        self._log_pages = 0  # counted anew by the next commit, in whichever place that lands
        if self._checkpointing is not None:
            await asyncio.wait([self._checkpointing])
        await self._lane.call(lambda: _copy_log(self._lane.connection), interruptible=False)

    def _start_checkpoint(self) -> None:
        if self._checkpointing is None or self._checkpointing.done():
            work = self._loop.run_in_executor(self._executor, _checkpoint, self._options)
            self._checkpointing = work


class WriteSession:
    """A transaction that holds the writer's turn."""

    def __init__(self, writer: Writer, lane: Lane) -> None:
        """Take the lane on which BEGIN has run."""
        self._writer = writer
        self._lane = lane

    async def read(self, sql: str, params: Params) -> list[Row]:
        """Run a statement that changes nothing; it sees the changes made so far."""
        self._require_open()
        return await self._lane.read(sql, params)

    async def write(self, sql: str, params: Params, *, short: bool) -> Result:
        """Run a change."""
        self._require_open()
        if short:
            return self._lane.here(sql, params)
        return await self._lane.in_thread(sql, params)

    async def write_many(self, sql: str, rows: Sequence[Params]) -> None:
        """Run one change for each of `rows`, in steps: on the loop if they are few."""
        self._require_open()
        lane = self._lane
        for start in range(0, len(rows), MANY_IN_A_STEP):
            step = rows[start : start + MANY_IN_A_STEP]
            if len(rows) <= FEW:
                lane.here_many(sql, step)
            else:
                await lane.call(partial(lane.here_many, sql, step))

    async def commit(self) -> None:
        """Make the changes last."""
        self._require_open()
        await self._writer.end("COMMIT")

    async def rollback(self) -> None:
        """Undo everything."""
        await self._writer.end("ROLLBACK")

    def _require_open(self) -> None:
        if not self._lane.connection.in_transaction:
            message = "the database rolled this transaction back after an earlier error"
            raise OperationalError(message)


def _checkpoint(options: Options) -> None:
    """Copy the log into the file; runs in a thread, on a connection of its own."""
    connection = connect(options)
    try:
        _copy_log(connection, apsw.SQLITE_CHECKPOINT_PASSIVE)
    finally:
        connection.close()


def _copy_log(connection: apsw.Connection, mode: int = apsw.SQLITE_CHECKPOINT_RESTART) -> None:
    """Copy the log into the file; where another process is in the way, the log stays as it is."""
    with contextlib.suppress(apsw.BusyError, apsw.LockedError):
        connection.wal_checkpoint(mode=mode)
