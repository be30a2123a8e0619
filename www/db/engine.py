"""Engine: one database, opened once per process; transactions and single statements start here."""

from __future__ import annotations

from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Literal, Self, TypeVar

from www.db.compile import Compiled, compile_node
from www.db.connection import Connection, Observer
from www.db.dialects.sqlite import SQLiteDialect
from www.db.drivers.sqlite import SQLiteDriver
from www.db.drivers.sqlite.lane import Options
from www.db.verbs import Verbs, rows_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

    from www.db.drivers.base import Driver, Result, Row
    from www.db.statements import Select

R = TypeVar("R")
STREAM_CHUNK_ROWS = 500


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, in seconds."""

    loop_budget_s: float = 0.001
    statement_timeout_s: float = 30.0
    busy_timeout_s: float = 10.0


class Engine(Verbs):
    """One SQLite file. Single statements run at once; changes among them commit by themselves.

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
    ) -> None:
        """Take the path of the file; nothing is opened before `open`."""
        limits = limits or Limits()
        self.path = Path(database)
        self.dialect = SQLiteDialect()
        self.driver: Driver = SQLiteDriver(
            Options(
                path=self.path,
                durability=durability,
                loop_budget_s=limits.loop_budget_s,
                statement_timeout_s=limits.statement_timeout_s,
                busy_timeout_s=limits.busy_timeout_s,
            )
        )
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

    async def ping(self) -> None:
        """Ask the database for nothing; an error says that it cannot answer."""
        await self.driver.read("SELECT 1", ())

    @asynccontextmanager
    async def transaction(self, *, read_only: bool = False) -> AsyncIterator[Connection]:
        """Open a transaction: it commits at the end of the block, an error rolls it back.

        A read-only one sees one state of the database and runs beside writers.
        """
        session = await self.driver.begin(read_only=read_only)
        try:
            yield Connection(session, self.dialect, self.observers)
        except BaseException:
            await session.rollback()
            raise
        else:
            await session.commit()

    async def stream(self, select: Select[R], chunk: int = STREAM_CHUNK_ROWS) -> AsyncIterator[R]:
        """Yield the rows one by one; memory holds one chunk of them."""
        compiled = compile_node(select, self.dialect)
        async with aclosing(self.driver.stream(compiled.text, compiled.params, chunk)) as chunks:
            async for row in rows_of(chunks, select, self.dialect):
                yield row

    async def _read(self, compiled: Compiled) -> list[Row]:
        started = perf_counter()
        try:
            return await self.driver.read(compiled.text, compiled.params)
        finally:
            self._observe(compiled.text, started)

    async def _write(self, compiled: Compiled, *, short: bool) -> Result:
        started = perf_counter()
        try:
            return await self.driver.write(compiled.text, compiled.params, short=short)
        finally:
            self._observe(compiled.text, started)

    def _observe(self, sql: str, started: float) -> None:
        for observer in self.observers:
            observer(sql, perf_counter() - started)
