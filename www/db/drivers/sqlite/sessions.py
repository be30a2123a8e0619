"""Transactions: on the writer's lane when it is one's turn, or on a reader of one's own."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from www.db.drivers.base import arrived
from www.db.drivers.sqlite.streams import Stream
from www.db.errors import OperationalError, StatementError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

    from www.db.drivers.base import Params, Result, Row, Soon
    from www.db.drivers.sqlite.lane import Lane

T = TypeVar("T")
VALUES_IN_A_STEP = 20_000  # about ten milliseconds, after which a cancelled task is let go
NO_CHANNELS = "listen and notify need PostgreSQL: SQLite has no channels"
STATEMENTS_A_TURN = 64  # statements of a task; then the others have their turn
READ_ONLY = "a read-only transaction cannot change anything"


class ReadSession:
    """A transaction that sees one state of the database and changes nothing."""

    def __init__(self, lane: Lane, release: Callable[[Lane], Awaitable[None]]) -> None:
        """Take the lane on which BEGIN has run, and what gives it back."""
        self._lane: Lane | None = lane
        self._release = release
        self._statements = 0
        self._streams: list[Stream] = []

    def read(self, sql: str, params: Params) -> Soon[list[Row]]:
        """Run a read."""
        lane = self._open()
        if self._is_for_others():
            return _next_turn(lambda: lane.read(sql, params))
        return lane.read(sql, params)

    async def stream(self, sql: str, params: Params, chunk: int) -> AsyncGenerator[list[Row], None]:
        """Yield rows as they are now; other statements may run meanwhile."""
        stream = Stream(self._open(), chunk)
        self._streams.append(stream)
        try:
            await stream.begin(sql, params)
            while rows := await stream.next():
                yield rows
                self._open()
        finally:
            if stream.leave() and stream in self._streams:
                self._streams.remove(stream)

    def names(self, sql: str) -> tuple[str, ...]:
        """Return the names of the result's columns."""
        return self._open().names(sql)

    def write(self, sql: str, params: Params, *, short: bool) -> Soon[Result]:  # noqa: ARG002
        """Refuse: the transaction was opened to read. Savepoints are not needed either."""
        raise StatementError(READ_ONLY)

    def write_many(self, sql: str, rows: Sequence[Params], *, short: bool) -> Soon[int]:  # noqa: ARG002
        """Refuse: the transaction was opened to read."""
        raise StatementError(READ_ONLY)

    async def copy_in(self, table: str, columns: Sequence[str], rows: Sequence[Params]) -> None:  # noqa: ARG002
        """Refuse: the transaction was opened to read."""
        raise StatementError(READ_ONLY)

    async def lock(self, name: str) -> None:
        """Do nothing: nobody's changes are seen here anyway."""

    async def notify(self, channel: str, payload: str) -> None:  # noqa: ARG002
        """Refuse: SQLite has no channels."""
        raise StatementError(NO_CHANNELS)

    async def commit(self) -> None:
        """End the transaction."""
        await self._release(self._end())

    async def rollback(self) -> None:
        """End the transaction."""
        if self._lane is not None:
            await self._release(self._end())

    def _is_for_others(self) -> bool:
        self._statements += 1
        return self._statements % STATEMENTS_A_TURN == 0

    def _open(self) -> Lane:
        if self._lane is None:
            raise StatementError("this transaction has ended")
        return self._lane

    def _end(self) -> Lane:
        lane, self._lane = self._open(), None
        self._close_streams()
        return lane

    def _close_streams(self) -> None:
        streams, self._streams = self._streams, []
        for stream in streams:
            stream.close()


class WriteSession(ReadSession):
    """A transaction that holds the writer's turn."""

    def __init__(self, lane: Lane, finish: Callable[[bool], Awaitable[None]]) -> None:
        """Take the writer's lane, and what commits (True) or undoes and passes the turn on."""
        super().__init__(lane, lambda _: finish(True))
        self._finish = finish

    def write(self, sql: str, params: Params, *, short: bool) -> Soon[Result]:
        """Run a change."""
        lane = self._open()
        if self._streams and self._is_read_from():
            return self._behind_streams(lambda: self.write(sql, params, short=short))
        if not short:
            return lane.in_thread(sql, params)
        if self._is_for_others():
            return _next_turn(lambda: lane.here(sql, params))
        return lane.here(sql, params)

    def write_many(self, sql: str, rows: Sequence[Params], *, short: bool) -> Soon[int]:
        """Run one change for each of `rows`: on the loop if that is short, else in steps."""
        lane = self._open()
        if self._streams and self._is_read_from():
            return self._behind_streams(lambda: self.write_many(sql, rows, short=short))
        return lane.here_many(sql, rows) if short else _in_steps(lane, sql, rows)

    async def copy_in(self, table: str, columns: Sequence[str], rows: Sequence[Params]) -> None:
        """Run one INSERT for each of `rows`: in one transaction there is nothing quicker."""
        names, places = '", "'.join(columns), ", ".join("?" * len(columns))
        text = f'INSERT INTO "{table}" ("{names}") VALUES ({places})'
        await arrived(self.write_many(text, rows, short=False))

    def _is_read_from(self) -> bool:
        return any(stream.is_reading() for stream in self._streams)

    async def _behind_streams(self, run: Callable[[], Soon[T]]) -> T:
        """Change something when no open stream can see it any more."""
        for stream in self._streams:
            await stream.keep()
        return await arrived(run())

    async def lock(self, name: str) -> None:
        """Do nothing: there is no other transaction that changes anything."""

    async def rollback(self) -> None:
        """Undo everything."""
        if self._lane is not None:
            self._end()
            await self._finish(False)

    def _open(self) -> Lane:
        lane = self._lane or super()._open()
        if not lane.is_busy() and not lane.connection.in_transaction:
            raise OperationalError("the database rolled this transaction back after an error")
        return lane

    def _end(self) -> Lane:
        lane, self._lane = super()._open(), None
        self._close_streams()
        return lane


async def _in_steps(lane: Lane, sql: str, rows: Sequence[Params]) -> int:
    changed, size = 0, max(1, VALUES_IN_A_STEP // (len(rows[0]) or 1))
    for start in range(0, len(rows), size):
        step = rows[start : start + size]
        changed += await lane.call(partial(lane.here_many, sql, step))
    return changed


async def _next_turn(run: Callable[[], Soon[T]]) -> T:
    """Let the other tasks run, then run this; else a task could keep the loop for itself."""
    await asyncio.sleep(0)
    return await arrived(run())
