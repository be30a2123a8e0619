"""The one writer of the file.

SQLite has one writer at a time, so the engine has one too: whoever wants to change something waits
for a fair lock. Changes outside a transaction that arrive in one turn of the loop share a commit,
and with it its fsync: 32 tasks that insert single rows cost one fsync, not 32.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import apsw

from www.db.drivers.base import Activity
from www.db.drivers.sqlite import group as grouping
from www.db.drivers.sqlite.lane import Lane
from www.db.drivers.sqlite.log import Log, copy
from www.db.drivers.sqlite.sessions import WriteSession
from www.db.errors import Busy, DatabaseError, OperationalError, StatementError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from concurrent.futures import Executor

    from www.db.drivers.base import Params, Result
    from www.db.drivers.sqlite.group import Waiting
    from www.db.drivers.sqlite.lane import Options

GROUP_MOST = 256


class Writer:
    """Serialises changes and groups commits."""

    def __init__(
        self, options: Options, executor: Executor, committed: Callable[[], object]
    ) -> None:
        """Open the writer's connection; `committed` is called after every commit."""
        self._committed = committed
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._log = Log(options, executor)
        self._lane = Lane(options, executor, self._log.watch)
        self._turn = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None  # the task inside a transaction
        self._waiting: list[Waiting] = []
        self._draining: asyncio.Task[None] | None = None
        self._group_sizes = [0] * (GROUP_MOST + 1)

    def activity(self) -> Activity:
        """Return what waits, and how many changes shared a commit."""
        now = {"changes_waiting": len(self._waiting), "writing": int(self._turn.locked())}
        ever = {"reads_interrupted": self._lane.interrupted}
        return Activity(now, ever, self._group_sizes)

    async def close(self) -> None:
        """Commit what waits, copy the log into the file and close."""
        while self._draining is not None:
            await self._draining
        async with self._turn:
            try:
                await self._log.close()
                truncate = apsw.SQLITE_CHECKPOINT_TRUNCATE
                await self._lane.call(lambda: copy(self._lane.connection, truncate))
            finally:
                self._lane.close()

    def write(self, sql: str, params: Params, *, short: bool) -> Awaitable[Result]:
        """Run one change and commit it, together with others if it is short."""
        if not short:
            return self._write_alone(sql, params)
        if self._turn.locked():
            self._refuse_to_wait_for_itself()
        future: asyncio.Future[Result] = self._loop.create_future()
        self._waiting.append((sql, params, future))
        if len(self._waiting) == 1 and self._draining is None:
            self._loop.call_soon(self._flush)  # by then every task of this turn has added its own
        return future

    async def _write_alone(self, sql: str, params: Params) -> Result:
        async with self.transaction():
            return await self._lane.in_thread(sql, params)

    @contextlib.asynccontextmanager
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
        """Wait for the turn and start a transaction; a Busy says that it took too long."""
        await self._take_turn()
        try:
            await self._start()
            self._holder = asyncio.current_task()
        except BaseException:
            self._turn.release()
            raise
        return WriteSession(self._lane, self._finish)

    async def _take_turn(self) -> None:
        """Wait for the turn, which another task may hold for as long as it likes."""
        if not self._turn.locked():
            await self._turn.acquire()
            return
        self._refuse_to_wait_for_itself()
        try:
            async with asyncio.timeout(self._options.busy_timeout_s):
                await self._turn.acquire()
        except TimeoutError as err:
            waited_s = self._options.busy_timeout_s
            message = f"another transaction of this process kept the writer for {waited_s} s"
            raise Busy(message) from err

    def _refuse_to_wait_for_itself(self) -> None:
        if self._holder is not None and self._holder is asyncio.current_task():
            message = "this task is inside a transaction and would wait for itself: use its `conn`"
            raise StatementError(f"{message}, and `conn.transaction()` to nest")

    async def _start(self) -> None:
        """Begin on a clean lane; the turn is ours."""
        if self._lane.connection.in_transaction:
            await self._lane.clean()
        if self._log.is_too_long():
            await self._log.shorten(self._lane)
        await self._lane.patiently("BEGIN IMMEDIATE")

    async def _finish(self, commit: bool) -> None:  # noqa: FBT001  see WriteSession
        """Commit or undo, and pass the turn on, whatever happens."""
        try:
            if commit:
                if not self._lane.connection.in_transaction:
                    message = "the database rolled this transaction back after an error"
                    raise OperationalError(message)
                await self._commit()
        finally:
            try:
                await self._lane.clean()
            finally:
                self._holder = None
                self._turn.release()

    async def _commit(self) -> None:
        if self._options.durability == "normal":
            self._lane.here("COMMIT", ())
        else:  # the fsync may take as long as the disk likes
            await self._lane.call(lambda: self._lane.here("COMMIT", ()), interruptible=False)
        self._committed()

    def _flush(self) -> None:
        """Commit what this turn of the loop brought: here, if nothing can hold up the loop."""
        group = self._waiting
        if not group or self._draining is not None:
            return
        quick = self._options.durability == "normal" and not self._log.is_too_long()
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
            self._committed()
        except Busy:
            return False
        except Exception as err:  # noqa: BLE001  whoever waits must be told
            grouping.fail(group, err)
        else:
            self._group_sizes[len(done)] += 1
            grouping.tell(done)
        finally:
            with contextlib.suppress(DatabaseError):  # else the next one cleans the lane first
                lane.roll_back()
        self._waiting = []
        return True

    async def _drain(self) -> None:
        try:
            while self._waiting:
                try:
                    await self._take_turn()
                except Busy as err:
                    group, self._waiting = self._waiting, []
                    grouping.fail(group, err)
                    continue
                try:
                    group, self._waiting = self._waiting[:GROUP_MOST], self._waiting[GROUP_MOST:]
                    await self._commit_group(group)
                finally:
                    self._turn.release()
        finally:
            self._draining = None

    async def _commit_group(self, group: list[Waiting]) -> None:
        try:
            await self._start()
            done = grouping.run(self._lane, group)
            await self._commit()
        except BaseException as err:
            error = err if isinstance(err, Exception) else OperationalError("the engine was closed")
            grouping.fail(group, error)
            if error is not err:
                raise
        else:
            self._group_sizes[len(done)] += 1
            grouping.tell(done)
        finally:
            await self._lane.clean()
