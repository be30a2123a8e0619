"""One open transaction on a link."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any

from www.db.drivers.base import Params, Result, Row
from www.db.errors import BadValue, ConnectionLost, OperationalError, StatementError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Sequence

    from www.db.drivers.postgres.link import Link
    from www.db.drivers.postgres.pool import Pool

PAYLOAD_BYTES = 8_000
_COMMANDS = ("SAVEPOINT ", "ROLLBACK ", "RELEASE ")


class Session:
    """A transaction; an error of the server ends it, up to the savepoint around it."""

    def __init__(self, pool: Pool, link: Link, *, read_only: bool) -> None:
        """Take a link on which BEGIN has run."""
        self._pool = pool
        self._read_only = read_only
        self._link: Link | None = link
        self._left: list[Any] = []  # cursors of streams that have ended

    def read(self, sql: str, params: Params) -> Awaitable[list[Row]]:
        """Run a statement that changes nothing."""
        return self._open().read(sql, params)

    def write(self, sql: str, params: Params, *, short: bool) -> Awaitable[Result]:  # noqa: ARG002
        """Run a statement that changes rows, or a savepoint."""
        if sql.startswith(_COMMANDS):
            return self._command(sql)
        if self._read_only:  # the server would refuse as well, and end the transaction
            raise StatementError("a read-only transaction cannot change anything")
        return self._open().change(sql, params)

    async def _command(self, sql: str) -> Result:
        await self._open().command(sql)
        return Result([], 0)

    async def write_many(self, sql: str, rows: Sequence[Params], *, short: bool) -> int:
        """Run one change for each of `rows`, one after the other: arrays are quicker."""
        return sum([(await self.write(sql, params, short=short)).changed for params in rows])

    async def stream(self, sql: str, params: Params, chunk: int) -> AsyncGenerator[list[Row], None]:
        """Yield rows as they are now; other statements may run meanwhile."""
        link = self._open()
        while self._left:
            await link.close_cursor(self._left.pop())
        cursor = await link.cursor(sql, params)
        try:
            while rows := await self._open().fetch(cursor, chunk):
                yield rows
        finally:
            # Not closed here: a stream that was left is ended by a task of its own, whenever that
            # may be, and the link may be busy then. The end of the transaction closes it as well.
            self._left.append(cursor)

    async def copy_in(self, table: str, columns: Sequence[str], rows: Sequence[Params]) -> None:
        """Add rows by COPY."""
        if self._read_only:
            raise StatementError("a read-only transaction cannot change anything")
        await self._open().copy_in(table, columns, rows)

    async def lock(self, name: str) -> None:
        """Take the advisory lock whose number is the hash of `name`."""
        digest = hashlib.sha256(name.encode()).digest()
        number = int.from_bytes(digest[:8], "big", signed=True)
        await self._open().read("SELECT pg_advisory_xact_lock($1)::text", (number,))

    async def notify(self, channel: str, payload: str) -> None:
        """Send when the transaction commits; at most 8,000 bytes."""
        if len(payload.encode()) >= PAYLOAD_BYTES:
            raise BadValue(f"a message of at most {PAYLOAD_BYTES - 1} bytes can be sent")
        await self._open().read("SELECT pg_notify($1, $2)::text", (channel, payload))

    async def commit(self) -> None:
        """Make the changes last; if an error was passed over inside, that is an error now."""
        link = self._open()
        self._link = None
        try:
            answer = await link.command("COMMIT")
        except ConnectionLost as err:
            self._pool.mend(link)
            message = f"it is not known whether the transaction was committed: {err}"
            raise ConnectionLost(message) from err
        except BaseException:
            self._pool.mend(link)
            raise
        self._pool.release(link)
        if answer != "COMMIT":
            message = "the database rolled this transaction back after an earlier error"
            raise OperationalError(message)

    async def rollback(self) -> None:
        """Undo everything; also when cancelled meanwhile, it is done to the end."""
        link, self._link = self._link, None
        if link is not None:
            await asyncio.shield(self._pool.mend(link))

    def _open(self) -> Link:
        if self._link is None:
            raise StatementError("this transaction has ended")
        return self._link
