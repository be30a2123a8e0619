"""Connection: one open transaction, with the verbs to read and change."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from www.db import seen
from www.db.drivers.base import Naming, arrived
from www.db.errors import OperationalError, StatementError
from www.db.verbs import Verbs

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence

    from www.db.compile import Dialect
    from www.db.drivers.base import Params, Result, Row, Session, Soon
    from www.db.seen import Observer

T = TypeVar("T")


class Connection(Verbs):
    """A transaction; get it from `Engine.transaction`, use it in one task at a time."""

    in_transaction = True

    def __init__(self, session: Session, dialect: Dialect, observers: list[Observer]) -> None:
        """Take the driver's open session."""
        self.dialect = dialect
        self._session = session
        self.observers = observers
        self._savepoints = 0

    def _read(self, sql: str, params: Params) -> Soon[list[Row]]:
        if self.observers:
            return seen.read(self.observers, sql, params, self._session.read)
        return self._session.read(sql, params)

    def _write(self, sql: str, params: Params, *, short: bool) -> Soon[Result]:
        if self.observers:
            run = partial(self._session.write, short=short)
            return seen.write(self.observers, sql, params, run)
        return self._session.write(sql, params, short=short)

    async def write_many(self, sql: str, rows: Sequence[Params], *, short: bool) -> int:
        """Run one change of SQL text for each of `rows`; return how many rows were changed."""
        run = partial(self._session.write_many, sql, rows, short=short)
        changed = seen.write_many(self.observers, sql, rows, run) if self.observers else run()
        return changed if isinstance(changed, int) else await changed

    def _stream(self, sql: str, params: Params, chunk: int) -> AsyncGenerator[list[Row], None]:
        return self._session.stream(sql, params, chunk)

    def _names(self, sql: str) -> tuple[str, ...]:
        return self._session.names(sql) if isinstance(self._session, Naming) else ()

    def command(self, words: str, call: Awaitable[T]) -> Awaitable[T]:
        """Have the observers told of what stands around statements, such as COMMIT."""
        return seen.command(self.observers, words, call) if self.observers else call

    async def copy_in(self, table: str, columns: Sequence[str], rows: Sequence[Params]) -> None:
        """Add rows in the quickest way there is: COPY on PostgreSQL, one INSERT each on SQLite.

        Nothing is encoded and no default is filled in: values are what the driver takes.
        """
        await self.command("COPY", self._session.copy_in(table, columns, rows))

    async def lock(self, name: str) -> None:
        """Wait until no other transaction holds `name`, and hold it until this one ends.

        For what is looked at first and changed then, such as a quota. On SQLite a transaction that
        changes something is alone with the database, so there is nothing to wait for.
        """
        if self.dialect.locks_rows:
            await self.command("LOCK", self._session.lock(name))

    async def notify(self, channel: str, payload: str = "") -> None:
        """Tell everybody in `Engine.listen` when this transaction commits; PostgreSQL only."""
        await self.command("NOTIFY", self._session.notify(channel, payload))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Nest: an error inside undoes what was done inside, and only that."""
        self._savepoints += 1
        name = f"level_{self._savepoints}"
        await self._say(f"SAVEPOINT {name}")
        try:
            yield self
        except BaseException:
            # Where the database has ended the whole transaction, the first error says more.
            with suppress(OperationalError, StatementError):
                await self._say(f"ROLLBACK TO {name}")
                await self._say(f"RELEASE {name}")
            raise
        else:
            await self._say(f"RELEASE {name}")
        finally:
            self._savepoints -= 1

    async def _say(self, words: str) -> None:
        await self.command(words, self._run(words))

    async def _run(self, words: str) -> None:
        await arrived(self._session.write(words, (), short=True))
