"""Connection: one open transaction, with the verbs to read and change."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from www.db.drivers.base import Naming
from www.db.errors import OperationalError, StatementError
from www.db.verbs import Observer, Verbs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Sequence

    from www.db.compile import Dialect
    from www.db.drivers.base import Params, Result, Row, Session


class Connection(Verbs):
    """A transaction; get it from `Engine.transaction`, use it in one task at a time."""

    in_transaction = True

    def __init__(self, session: Session, dialect: Dialect, observers: list[Observer]) -> None:
        """Take the driver's open session."""
        self.dialect = dialect
        self._session = session
        self.observers = observers
        self._savepoints = 0

    def _read(self, sql: str, params: Params) -> Awaitable[list[Row]]:
        call = self._session.read(sql, params)
        return self._seen(sql, call) if self.observers else call

    def _write(self, sql: str, params: Params, *, short: bool) -> Awaitable[Result]:
        call = self._session.write(sql, params, short=short)
        return self._seen(sql, call) if self.observers else call

    def _write_many(self, sql: str, rows: Sequence[Params]) -> Awaitable[None]:
        call = self._session.write_many(sql, rows)
        return self._seen(sql, call) if self.observers else call

    def _names(self, sql: str) -> tuple[str, ...]:
        return self._session.names(sql) if isinstance(self._session, Naming) else ()

    async def lock(self, name: str) -> None:
        """Wait until no other transaction holds `name`, and hold it until this one ends.

        For what is looked at first and changed then, such as a quota. On SQLite a transaction that
        changes something is alone with the database, so there is nothing to wait for.
        """
        await self._session.lock(name)

    async def notify(self, channel: str, payload: str = "") -> None:
        """Tell everybody in `Engine.listen` when this transaction commits; PostgreSQL only."""
        await self._session.notify(channel, payload)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Nest: an error inside undoes what was done inside, and only that."""
        self._savepoints += 1
        name = f"level_{self._savepoints}"
        await self._session.write(f"SAVEPOINT {name}", (), short=True)
        try:
            yield self
        except BaseException:
            # Where the database has ended the whole transaction, the first error says more.
            with suppress(OperationalError, StatementError):
                await self._session.write(f"ROLLBACK TO {name}", (), short=True)
                await self._session.write(f"RELEASE {name}", (), short=True)
            raise
        else:
            await self._session.write(f"RELEASE {name}", (), short=True)
        finally:
            self._savepoints -= 1
