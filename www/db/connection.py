"""Connection: one open transaction, with the verbs to read and change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TYPE_CHECKING

from www.db.verbs import Verbs

if TYPE_CHECKING:
    from www.db.compile import Compiled, Dialect
    from www.db.drivers.base import Result, Row, Session

Observer = Callable[[str, float], None]  # SQL text, seconds


class Connection(Verbs):
    """A transaction; get it from `Engine.transaction`, use it in one task at a time."""

    def __init__(self, session: Session, dialect: Dialect, observers: list[Observer]) -> None:
        """Take the driver's open session."""
        self.dialect = dialect
        self._session = session
        self._observers = observers
        self._savepoints = 0

    async def _read(self, compiled: Compiled) -> list[Row]:
        started = perf_counter()
        try:
            return await self._session.read(compiled.text, compiled.params)
        finally:
            self._observe(compiled.text, started)

    async def _write(self, compiled: Compiled, *, short: bool) -> Result:
        started = perf_counter()
        try:
            return await self._session.write(compiled.text, compiled.params, short=short)
        finally:
            self._observe(compiled.text, started)

    async def lock(self, name: str) -> None:
        """Wait until no other transaction holds `name`, and hold it until this one ends.

        For what is looked at first and changed then, such as a quota. On SQLite a transaction that
        changes something is alone with the database, so there is nothing to wait for.
        """
        await self._session.lock(name)

    async def notify(self, channel: str, payload: str = "") -> None:
        """Tell everybody in `Engine.listen` when this transaction commits; PostgreSQL only."""
        await self._session.notify(channel, payload)

    def _observe(self, sql: str, started: float) -> None:
        for observer in self._observers:
            observer(sql, perf_counter() - started)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Nest: an error inside undoes what was done inside, and only that."""
        self._savepoints += 1
        name = f"level_{self._savepoints}"
        await self._session.write(f"SAVEPOINT {name}", (), short=True)
        try:
            yield self
        except BaseException:
            await self._session.write(f"ROLLBACK TO {name}", (), short=True)
            raise
        finally:
            self._savepoints -= 1
            await self._session.write(f"RELEASE {name}", (), short=True)
