"""A lane: one connection to the file, used by one task at a time.

Work runs `here`, on the calling thread, when it is short, else `in_thread`. A progress handler
looks at the clock every few thousand steps of SQLite's machine; it counts over the life of a cached
statement, so it compares times instead of counting its calls, and stays disarmed for changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
from dataclasses import dataclass
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import apsw

from www.db.drivers.base import Params, Result, Row, Soon, note_thread
from www.db.drivers.sqlite.errors import translate
from www.db.drivers.sqlite.functions import register
from www.db.errors import Busy, ConnectionLost, DatabaseError, StatementError, Timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

T = TypeVar("T")
STEPS_BETWEEN_LOOKS = 5_000
LOG_KEPT_BYTES = 64 * 2**20
BUSY_FIRST_WAIT_S, BUSY_LONGEST_WAIT_S = 0.001, 0.05


@dataclass(frozen=True, slots=True)
class Options:
    """How the file is opened; times in seconds."""

    path: Path
    durability: Literal["full", "normal"] = "full"
    loop_budget_s: float = 0.001
    statement_timeout_s: float = 30.0
    busy_timeout_s: float = 10.0
    cached_statements: int = 500


def connect(options: Options) -> apsw.Connection:
    """Open the file (made if it is missing) and set it up."""
    make_file(options.path)
    return reconnect(options)


def make_file(path: Path) -> None:
    """Make an empty file with mode 0600 where there is none."""
    if not path.parent.is_dir():
        raise ConnectionLost(f"the folder of the database is missing: {path.parent}")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))
    except OSError as err:
        raise ConnectionLost(f"{path}: the database cannot be opened: {err}") from err


def reconnect(options: Options) -> apsw.Connection:
    """Open the file once more and set it up; one that was deleted meanwhile is not made anew."""
    try:
        if not options.path.exists():
            raise ConnectionLost(f"{options.path}: the file of the database was deleted")
        cached = options.cached_statements
        connection = apsw.Connection(str(options.path), statementcachesize=cached)
        connection.set_busy_timeout(round(options.busy_timeout_s * 1000))
        _write_ahead(connection, options.busy_timeout_s)
        connection.execute(f"PRAGMA synchronous = {options.durability}").fetchall()
        connection.execute("PRAGMA foreign_keys = ON").fetchall()
        connection.execute("PRAGMA temp_store = MEMORY").fetchall()
        connection.execute(f"PRAGMA journal_size_limit = {LOG_KEPT_BYTES}").fetchall()
        connection.execute("PRAGMA trusted_schema = OFF").fetchall()
        # As on PostgreSQL; it also lets an index serve `LIKE 'abc%'`.
        connection.execute("PRAGMA case_sensitive_like = ON").fetchall()
    except (apsw.Error, OSError) as err:
        message = f"{options.path}: the database cannot be opened: {err}"
        raise ConnectionLost(message) from err
    # A bound LIMIT makes the planner look at the value and prepare the statement at every run: 5.2
    # us a point read instead of 3.1. Plans shall not depend on values.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    connection.wal_autocheckpoint(0)
    register(connection)
    connection.set_busy_timeout(0)  # from here on waiting is done by the loop, not by a thread
    return connection


def _write_ahead(connection: apsw.Connection, limit_s: float) -> None:
    """Turn the log on, which is for good; SQLite does not wait for others who do just that."""
    give_up_at = monotonic() + limit_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        except apsw.BusyError:
            if monotonic() > give_up_at:
                raise
            sleep(BUSY_FIRST_WAIT_S)  # a new file, and as short as this one's own turn
        else:
            return


class Lane:
    """One connection, and the executor that runs its long work.

    `prepare` sets up every connection that the lane opens, the first and its replacements.
    """

    def __init__(
        self,
        options: Options,
        executor: Executor,
        prepare: Callable[[apsw.Connection], object] = id,
    ) -> None:
        """Open the connection."""
        self.options = options
        self._executor = executor
        self._prepare = prepare
        self._deadline = math.inf
        self._stop = False
        self._running: asyncio.Future[Any] | None = None
        self.interrupted = 0  # reads that exceeded the budget
        self.streams = 0  # selects that are open while other statements run
        self._open()

    def _open(self) -> None:
        self.connection = reconnect(self.options)
        self._execute = self.connection.cursor().execute  # a cursor per call costs 2 us
        self.connection.set_progress_handler(self._must_end, STEPS_BETWEEN_LOOKS)
        self._prepare(self.connection)

    def _must_end(self) -> bool:
        return self._stop or monotonic() > self._deadline

    def close(self) -> None:
        """Close the connection; what is still running on it must have ended."""
        self.connection.close()

    def here(self, sql: str, params: Params) -> Result:
        """Run on the calling thread, however long it takes."""
        connection = self.connection
        try:
            rows: list[Row] = self._execute(sql, params).fetchall()
        except (apsw.Error, UnicodeError, OverflowError) as err:
            raise translate(err, connection) from err
        return Result(rows, connection.changes(), connection.last_insert_rowid())

    def rows(self, sql: str, params: Params, limit_s: float = math.inf) -> list[Row]:
        """Run on the calling thread for at most `limit_s` seconds what changes nothing."""
        self._deadline = monotonic() + limit_s
        try:
            found: list[Row] = self._execute(sql, params).fetchall()
        except (apsw.Error, UnicodeError, OverflowError) as err:
            raise translate(err, self.connection) from err
        finally:
            self._deadline = math.inf
        return found

    def names(self, sql: str) -> tuple[str, ...]:
        """Return the names of the columns that `sql` gives, without running it."""
        import apsw.ext  # 15 ms, and only raw() asks

        found = apsw.ext.query_info(self.connection, sql)
        return tuple(name for name, *_ in found.description)

    def here_many(self, sql: str, rows: Sequence[Params]) -> int:
        """Run one change for each of `rows` on the calling thread; return how many rows changed."""
        execute, changes = self._execute, self.connection.changes
        changed = 0
        try:
            for params in rows:
                execute(sql, params)
                changed += changes()
        except (apsw.Error, UnicodeError, OverflowError) as err:
            raise translate(err, self.connection) from err
        return changed

    def read(self, sql: str, params: Params) -> Soon[list[Row]]:
        """Run a statement that changes nothing: here within the budget, else in the thread."""
        try:
            return self.rows(sql, params, self.options.loop_budget_s)
        except Timeout:
            self.interrupted += 1
            return self.read_slowly(sql, params)

    async def read_slowly(self, sql: str, params: Params) -> list[Row]:
        """Run a statement that changes nothing in the thread."""
        return await self.call(lambda: self.rows(sql, params, self.options.statement_timeout_s))

    async def in_thread(self, sql: str, params: Params) -> Result:
        """Run one statement in the thread."""
        return await self.call(lambda: self.here(sql, params))

    async def call(self, work: Callable[[], T], *, interruptible: bool = True) -> T:
        """Run `work` in the thread; when cancelled, end it and wait until it has let go."""
        if self._running is not None:
            raise StatementError("two tasks use one connection at once")
        note_thread()
        future = asyncio.get_running_loop().run_in_executor(self._executor, work)
        self._running = future
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            if interruptible:
                self._end_running()
            await _settled(future)
            raise
        finally:
            self._running = None
            self._stop = False

    def _end_running(self) -> None:
        """Stop what runs in the thread; `interrupt` alone misses what has not begun yet."""
        self._stop = True
        if not self.streams:  # of which it would end every one
            self.connection.interrupt()

    def is_busy(self) -> bool:
        """Tell whether something runs in the thread."""
        return self._running is not None

    async def clean(self) -> None:
        """Leave nothing open and nothing running; a connection that will not is replaced."""
        while self._running is not None and not self._running.done():
            self._end_running()
            await _settled(self._running)
        try:
            self.roll_back()
        except DatabaseError:
            self.connection.close(force=True)
            self._open()

    async def patiently(self, sql: str) -> None:
        """Run `BEGIN ...` or the like; while another process is in the way, wait on the loop."""
        give_up_at = monotonic() + self.options.busy_timeout_s
        wait_s = BUSY_FIRST_WAIT_S
        while True:
            try:
                self.here(sql, ())
            except Busy as err:
                if monotonic() > give_up_at:
                    waited_s = self.options.busy_timeout_s
                    message = f"another process kept the database for {waited_s} s"
                    raise Busy(message) from err
            else:
                return
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, BUSY_LONGEST_WAIT_S)

    def roll_back(self) -> None:
        """End the transaction if there is one; SQLite may have ended it itself."""
        if self.connection.in_transaction:
            self.here("ROLLBACK", ())


async def _settled(future: asyncio.Future[Any]) -> None:
    """Wait until `future` is done, whatever happens to the waiting task."""
    while not future.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([future])
    if not future.cancelled():
        future.exception()  # retrieved, so that nobody logs it as lost
