"""Engine: one database, opened once per process; transactions and single statements start here."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, Self, TypeVar

from www.db import seen
from www.db.connection import Connection
from www.db.dialects.sqlite import SQLiteDialect
from www.db.drivers.base import Naming, arrived, is_address
from www.db.drivers.sqlite import SQLiteDriver
from www.db.drivers.sqlite.lane import Options
from www.db.errors import SerializationFailure, StatementError
from www.db.replica import ReplicaReads
from www.db.verbs import Verbs

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path
    from types import TracebackType

    from www.db.compile import Dialect
    from www.db.drivers.base import Driver, Isolation, Params, Result, Row, Soon
    from www.db.seen import Observer
    from www.db.table import Table

T = TypeVar("T")
LEVELS = (None, "read committed", "repeatable read", "serializable")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, in seconds; how many connections there may be (on PostgreSQL)."""

    loop_budget_s: float = 0.001
    statement_timeout_s: float = 30.0
    busy_timeout_s: float = 10.0
    connections: int = 10
    acquire_timeout_s: float = 10.0
    connection_age_s: float = 1800.0


class Engine(Verbs):
    """One database. Single statements run at once; changes among them commit by themselves.

    `database` is the path of an SQLite file, or `postgresql://user:password@host:port/name`.
    `durability` "full" keeps what was acknowledged through a power cut, "normal" through kill -9.

        async with Engine("www.db") as engine:
            async with engine.transaction() as conn:
                await conn.insert(Blog(title="Hello"))
            blogs = await engine.all(Blog.select().where(Blog.title == "Hello"))
    """

    def __init__(
        self,
        database: str | Path,
        *,
        durability: Literal["full", "normal"] = "full",
        limits: Limits | None = None,
        replicas: Sequence[str] = (),
    ) -> None:
        """Take path or address; nothing is opened before `open`."""
        from pathlib import Path  # here, since it costs 3 ms: bench/db_import.py

        self.path = Path() if is_address(database) else Path(database)  # of the file, if it is one
        limits = limits or Limits()
        if is_address(database):
            parts = _postgres(str(database), durability, limits, replicas)
        else:
            parts = _sqlite(self.path, durability, limits)
        self.driver, self.dialect = parts
        self.observers: list[Observer] = []

    async def open(self) -> Self:
        """Open the database; ConnectionLost says what is wrong with the path."""
        await self.driver.open()
        return self

    async def close(self) -> None:
        """Finish what is running and close."""
        await self.driver.close()

    async def __aenter__(self) -> Self:
        """Open."""
        return await self.open()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        await self.close()

    async def create_tables(self, *tables: type[Table]) -> None:
        """Create those of `tables` that the database does not have, with their indexes.

        For a first hour, a test, a small tool: a table that is there stays as it is. What changes
        over the years wants migrations.
        """
        from www.db.schema.ddl import create_missing  # no business of a server that has migrations

        async with self.transaction() as conn:
            await conn.lock("create tables")  # PostgreSQL: two at once would both find nothing
            for statement in create_missing(tables, self.dialect):
                await conn._written(statement, (), short=False)  # noqa: SLF001 - one family

    async def ping(self) -> None:
        """Ask the database for nothing; an error says that it cannot answer."""
        await arrived(self.driver.read("SELECT 1", ()))

    @asynccontextmanager
    async def transaction(
        self, *, read_only: bool = False, isolation: Isolation | None = None
    ) -> AsyncIterator[Connection]:
        """Open a transaction: it commits at the end of the block, an error rolls it back.

        A read-only one sees one state of the database and runs beside writers. `isolation` is for
        PostgreSQL ("read committed" unless asked for more); on SQLite all are serializable.
        """
        if isolation not in LEVELS:
            known = ", ".join(repr(level) for level in LEVELS if level)
            raise StatementError(f"transaction(isolation=...) is one of {known}, not {isolation!r}")
        begin = self.driver.begin(read_only=read_only, isolation=isolation)
        session = await (seen.command(self.observers, "BEGIN", begin) if self.observers else begin)
        conn = Connection(session, self.dialect, self.observers)
        try:
            yield conn
        except BaseException:
            await conn.command("ROLLBACK", session.rollback())
            raise
        else:
            await conn.command("COMMIT", session.commit())

    async def repeat(
        self,
        work: Callable[[Connection], Awaitable[T]],
        *,
        attempts: int = 5,
        isolation: Isolation = "serializable",
    ) -> T:
        """Run `work` in a transaction, and again when a SerializationFailure has undone it.

        Rows that `work` updated have their changes back then, so that the next try writes them.
        """
        attempt = 1
        while True:
            written: list[tuple[Table, tuple[str, ...]]] = []
            try:
                async with self.transaction(isolation=isolation) as conn:
                    conn.written = written
                    return await work(conn)
            except BaseException as err:
                for row, keys in reversed(written):
                    row.mark_unwritten(keys)
                if not isinstance(err, SerializationFailure) or attempt >= attempts:
                    raise
            import random

            await asyncio.sleep(0.005 * 2**attempt * random.random())  # noqa: S311 - not a secret
            attempt += 1

    def replica(self, *, after: int = 0) -> ReplicaReads:
        """Return the verbs that read, on a replica, in turn; without replicas it reads here.

        What a replica shows may be a moment old. To read your own changes, say behind which
        `position` the replica must be; where none is that far, the server itself answers.

            position = await engine.position()  # after the change
            rows = await engine.replica(after=position).all(select)
        """
        return ReplicaReads(self.driver, self.dialect, self.observers, after)

    async def position(self) -> int:
        """Return how far the changes go that were made until now, for `replica`."""
        return await self.driver.position()

    def listen(self, channel: str) -> AbstractAsyncContextManager[AsyncIterator[str | None]]:
        """Receive what `Connection.notify` sends, on every machine; PostgreSQL only.

            async with engine.listen("changed") as messages:
                async for payload in messages: ...

        It survives a restart of the server; None means that some messages may have been missed.
        """
        return self.driver.listen(channel)

    def _read(self, sql: str, params: Params) -> Soon[list[Row]]:
        if self.observers:
            return seen.read(self.observers, sql, params, self.driver.read)
        return self.driver.read(sql, params)

    def _write(self, sql: str, params: Params, *, short: bool) -> Soon[Result]:
        if self.observers:
            return seen.write(self.observers, sql, params, partial(self.driver.write, short=short))
        return self.driver.write(sql, params, short=short)

    def _stream(self, sql: str, params: Params, chunk: int) -> AsyncGenerator[list[Row], None]:
        return self.driver.stream(sql, params, chunk)

    def _names(self, sql: str) -> tuple[str, ...]:
        return self.driver.names(sql) if isinstance(self.driver, Naming) else ()


def _sqlite(
    path: Path, durability: Literal["full", "normal"], limits: Limits
) -> tuple[Driver, Dialect]:
    options = Options(
        path=path,
        durability=durability,
        loop_budget_s=limits.loop_budget_s,
        statement_timeout_s=limits.statement_timeout_s,
        busy_timeout_s=limits.busy_timeout_s,
    )
    return SQLiteDriver(options), SQLiteDialect()


def _postgres(
    url: str, durability: Literal["full", "normal"], limits: Limits, replicas: Sequence[str]
) -> tuple[Driver, Dialect]:
    # Imported here: asyncpg costs 60 ms of start and is of no use to SQLite.
    from www.db.dialects.postgres import PostgresDialect
    from www.db.drivers.postgres.driver import PostgresDriver
    from www.db.drivers.postgres.options import Options as ServerOptions

    options = ServerOptions(
        url=url,
        durability=durability,
        connections=limits.connections,
        acquire_timeout_s=limits.acquire_timeout_s,
        connection_age_s=limits.connection_age_s,
        statement_timeout_s=limits.statement_timeout_s,
        busy_timeout_s=limits.busy_timeout_s,
    )
    return PostgresDriver(options, replicas), PostgresDialect()
