"""Connection: one open transaction, with the verbs to read and change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from www.db.verbs import Verbs

if TYPE_CHECKING:
    from www.db.compile import Dialect
    from www.db.drivers.base import Params, Result, Row, Session

T = TypeVar("T")
Observer = Callable[[str, float], None]  # SQL text, seconds


class Connection(Verbs):
    """A transaction; get it from `Engine.transaction`, use it in one task at a time."""

    def __init__(self, session: Session, dialect: Dialect, observers: list[Observer]) -> None:
        """Take the driver's open session."""
        self.dialect = dialect
        self._session = session
        self._observers = observers
        self._savepoints = 0

    def _read(self, sql: str, params: Params) -> Awaitable[list[Row]]:
        call = self._session.read(sql, params)
        return self._seen(sql, call) if self._observers else call

    def _write(self, sql: str, params: Params, *, short: bool) -> Awaitable[Result]:
        call = self._session.write(sql, params, short=short)
        return self._seen(sql, call) if self._observers else call

    def _write_many(self, sql: str, rows: Sequence[Params]) -> Awaitable[None]:
        call = self._session.write_many(sql, rows)
        return self._seen(sql, call) if self._observers else call

    async def _seen(self, sql: str, call: Awaitable[T]) -> T:
        started = perf_counter()
        try:
            return await call
        finally:
            seconds = perf_counter() - started
            for observer in self._observers:
                observer(sql, seconds)

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
