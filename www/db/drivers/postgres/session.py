"""One open transaction on a link."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from www.db.drivers.base import Params, Result, Row
from www.db.errors import OperationalError, StatementError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db.drivers.postgres.link import Link
    from www.db.drivers.postgres.pool import Pool

_COMMANDS = ("SAVEPOINT ", "ROLLBACK ", "RELEASE ")


class Session:
    """A transaction; an error of the server ends it, up to the savepoint around it."""

    def __init__(self, pool: Pool, link: Link, *, read_only: bool) -> None:
        """Take a link on which BEGIN has run."""
        self._pool = pool
        self._read_only = read_only
        self._link: Link | None = link

    async def read(self, sql: str, params: Params) -> list[Row]:
        """Run a statement that changes nothing."""
        return await self._open().read(sql, params)

    async def write(self, sql: str, params: Params, *, short: bool) -> Result:  # noqa: ARG002
        """Run a statement that changes rows, or a savepoint."""
        if sql.startswith(_COMMANDS):
            await self._open().command(sql)
            return Result([], 0)
        if self._read_only:  # the server would refuse as well, and end the transaction
            raise StatementError("a read-only transaction cannot change anything")
        return await self._open().change(sql, params)

    async def write_many(self, sql: str, rows: Sequence[Params]) -> None:
        """Run one change for each of `rows`."""
        if self._read_only:
            raise StatementError("a read-only transaction cannot change anything")
        await self._open().change_many(sql, rows)

    async def commit(self) -> None:
        """Make the changes last; if an error was passed over inside, that is an error now."""
        link = self._open()
        self._link = None
        try:
            answer = await link.command("COMMIT")
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
            raise OperationalError("this transaction has ended")
        return self._link
