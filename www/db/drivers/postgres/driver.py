"""PostgresDriver: statements on links of a pool, and what to do when a link turns out to be dead.

A read outside a transaction is run again on a fresh link, for a while. A change is run again only
if it certainly never reached the server; else it may have been made, and ConnectionLost says so.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from www.db.drivers.base import Activity
from www.db.drivers.postgres.link import Link
from www.db.drivers.postgres.listener import Listener, messages
from www.db.drivers.postgres.pool import Pool
from www.db.drivers.postgres.replicas import WRITTEN, Replicas
from www.db.drivers.postgres.session import Session
from www.db.errors import ConnectionLost, IntegrityError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence

    from www.db.drivers.base import Isolation, Params, Result, Row
    from www.db.drivers.postgres.options import Options

T = TypeVar("T")
P = TypeVar("P")


class PostgresDriver:
    """One database on one server."""

    def __init__(self, options: Options, replicas: Sequence[str] = ()) -> None:
        """Take the options and the addresses of replicas; nothing is connected yet."""
        self.options = options
        self._pool = Pool(options)
        self._listener = Listener(options)
        self._replicas = Replicas(options, replicas)
        self._opened = False
        self._repeated = 0

    async def open(self) -> None:
        """Connect once, or raise ConnectionLost with what is wrong."""
        await self._pool.open()
        self._replicas.open()
        self._opened = True

    async def close(self) -> None:
        """Finish what is running and disconnect."""
        self._require_open()
        self._opened = False
        await self._listener.close()
        await self._replicas.close()
        await self._pool.close()

    def read(self, sql: str, params: Params) -> Awaitable[list[Row]]:
        """Run a read; one that met a dead link runs again."""
        return self._run(Link.read, sql, params, repeatable=True)

    async def read_copy(self, sql: str, params: Params, after: int) -> list[Row]:
        """Run a read on a replica that has replayed the log up to `after`, else here."""
        self._require_open()
        rows = await self._replicas.read(sql, params, after)
        return await self.read(sql, params) if rows is None else rows

    async def position(self) -> int:
        """Return how many bytes of log were written."""
        return int((await self.read(WRITTEN, ()))[0][0])

    def write(self, sql: str, params: Params, *, short: bool) -> Awaitable[Result]:  # noqa: ARG002
        """Run one change, which commits by itself."""
        return self._run(Link.change, sql, params, repeatable=False)

    async def _run(
        self,
        work: Callable[[Link, str, P], Awaitable[T]],
        sql: str,
        params: P,
        *,
        repeatable: bool,
    ) -> T:
        self._require_open()
        link = await self._pool.acquire()
        give_up_at = 0.0
        while True:
            try:
                result = await work(link, sql, params)
            except ConnectionLost as err:
                self._pool.drop(link)
                if link.sent and not repeatable:
                    message = f"it is not known whether the change was made: {err}"
                    raise ConnectionLost(message) from err
                give_up_at = self._still_worth_it(give_up_at, err)
                self._repeated += 1
            except BaseException as err:
                self._put_back(link, err)
                raise
            else:
                self._pool.release(link)
                return result
            link = await self._pool.fresh()

    def _still_worth_it(self, give_up_at: float, err: ConnectionLost) -> float:
        """Return until when to try again: a server that restarts ends even new connections."""
        if not give_up_at:
            return monotonic() + self.options.acquire_timeout_s
        if monotonic() > give_up_at:
            raise err
        return give_up_at

    async def stream(self, sql: str, params: Params, chunk: int) -> AsyncGenerator[list[Row], None]:
        """Yield rows, `chunk` at a time, from a cursor of the server."""
        link = await self._begun("BEGIN READ ONLY")
        try:
            cursor = await link.cursor(sql, params)
            while rows := await link.fetch(cursor, chunk):
                yield rows
        finally:
            self._pool.mend(link)

    async def stream_copy(
        self, sql: str, params: Params, chunk: int, after: int
    ) -> AsyncGenerator[list[Row], None]:
        """Stream from a replica that has replayed the log up to `after`, else from here."""
        self._require_open()
        async with aclosing(self._replicas.stream(sql, params, chunk, after)) as chunks:
            async for rows in chunks:
                if rows is None:
                    break
                yield rows
            else:
                return
        async with aclosing(self.stream(sql, params, chunk)) as own:
            async for rows in own:
                yield rows

    async def begin(self, *, read_only: bool, isolation: Isolation | None = None) -> Session:
        """Start a transaction; a read-only one sees one state of the database."""
        level = isolation or ("repeatable read" if read_only else "read committed")
        words = f"BEGIN ISOLATION LEVEL {level.upper()}{' READ ONLY' if read_only else ''}"
        return Session(self._pool, await self._begun(words), read_only=read_only)

    def activity(self) -> Activity:
        """Return how the pool is used, and how often a statement ran again on a fresh link."""
        return Activity(self._pool.activity(), {"statements_repeated": self._repeated})

    @asynccontextmanager
    async def listen(self, channel: str) -> AsyncIterator[AsyncIterator[str | None]]:
        """Receive what `notify` sends, from the beginning of the block to its end."""
        self._require_open()
        queue = await self._listener.subscribe(channel)
        try:
            yield messages(queue)
        finally:
            await asyncio.shield(self._listener.unsubscribe(channel, queue))

    async def _begun(self, words: str) -> Link:
        """Run BEGIN; on a dead link nothing can have happened, so a fresh one does as well."""
        self._require_open()
        link = await self._pool.acquire()
        give_up_at = 0.0
        while True:
            try:
                await link.command(words)
            except ConnectionLost as err:
                self._pool.drop(link)
                give_up_at = self._still_worth_it(give_up_at, err)
            except BaseException:
                self._pool.mend(link)
                raise
            else:
                return link
            link = await self._pool.fresh()

    def _put_back(self, link: Link, err: BaseException) -> None:
        """Return a link after an error; only one whose change was refused is surely at rest."""
        if isinstance(err, IntegrityError):
            self._pool.release(link)
        else:
            self._pool.mend(link)

    def _require_open(self) -> None:
        if not self._opened:
            raise ConnectionLost("the engine is not open: use `async with Engine(...)`")
