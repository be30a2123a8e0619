"""A link: one connection with its prepared statements, used by one task at a time."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from time import monotonic
from typing import TYPE_CHECKING, Any

import asyncpg

from www.db.drivers.base import Params, Result, Row
from www.db.drivers.postgres import copy_text
from www.db.drivers.postgres.errors import DRIVER_ERRORS, translate
from www.db.drivers.postgres.options import without_password
from www.db.errors import BadValue, ConnectionLost, OperationalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db.drivers.postgres.options import Options

ANSWER_GRACE_S = 5.0  # how much longer than the server's own limit we wait for its answer
_STALE = (
    asyncpg.InvalidCachedStatementError,
    asyncpg.InvalidSQLStatementNameError,
    asyncpg.OutdatedSchemaCacheError,
)


class Link:
    """One connection; `sent` tells whether the last statement can have reached the server."""

    __slots__ = ("_execute", "_most", "_statements", "_status", "born", "idle_since", "raw", "sent")

    def __init__(self, raw: Any, cached_statements: int) -> None:
        """Take an open connection of asyncpg."""
        self.raw = raw
        self.born = self.idle_since = monotonic()
        self.sent = False
        self._most = cached_statements
        self._statements: dict[str, Any] = {}
        self._execute = raw._protocol.bind_execute  # noqa: SLF001 - see `_run`
        self._status = b""

    async def read(self, sql: str, params: Params) -> list[Row]:
        """Run a statement and return its rows."""
        self.sent = False
        rows: list[Row]
        try:
            try:
                rows, self._status, _ = await self._run(sql, params)
            except _STALE:
                await self._forget(sql)
                rows, self._status, _ = await self._run(sql, params)
        except DRIVER_ERRORS as err:
            raise translate(err) from err
        return rows

    async def change(self, sql: str, params: Params) -> Result:
        """Run a statement and return its rows and how many it changed."""
        rows = await self.read(sql, params)
        count = self._status.rpartition(b" ")[2]  # of `INSERT 0 1`
        return Result(rows, int(count) if count.isdigit() else 0)

    async def _run(self, sql: str, params: Params) -> Any:
        """Let the protocol run a statement: (rows, status, is it complete).

        PreparedStatement.fetch() does the same behind five calls more, which check what holds
        here (the statement is open, the connection is not a pool's): 1.2 of the 12.9 us that a
        row by its key takes.
        """
        statement = self._statements.get(sql) or await self.prepare(sql)
        self.sent = True
        return await self._execute(statement._state, params, "", 0, True, None)  # noqa: SLF001

    async def cursor(self, sql: str, params: Params) -> Any:
        """Open a statement to fetch from; it needs a transaction, and sees one state."""
        try:
            statement = await self.prepare(sql)
            return await statement.cursor(*params)
        except DRIVER_ERRORS as err:
            raise translate(err) from err

    async def fetch(self, cursor: Any, most: int) -> list[Row]:
        """Return some more rows of what `cursor` opened; none at the end."""
        try:
            rows: list[Row] = await cursor.fetch(most)
        except DRIVER_ERRORS as err:
            raise translate(err) from err
        return rows

    async def close_cursor(self, cursor: Any) -> None:
        """Free what the server keeps for it; after an error that is nothing."""
        with suppress(*DRIVER_ERRORS):
            await cursor._close_portal(None)  # noqa: SLF001 - only the transaction's end does it else

    async def copy_in(self, table: str, columns: Sequence[str], rows: Sequence[Params]) -> None:
        """Add rows by COPY; all of them or none."""
        self.sent = True
        try:
            source = BytesIO(copy_text.lines(rows))
            await self.raw.copy_to_table(table, columns=columns, source=source)
        except UnicodeEncodeError as err:
            raise BadValue(f"a value cannot be stored: {err}") from err
        except DRIVER_ERRORS as err:
            raise translate(err) from err

    async def command(self, sql: str) -> str:
        """Run what is not prepared, such as BEGIN, and return the server's word for it."""
        self.sent = False
        try:
            return str(await self.raw.execute(sql))
        except DRIVER_ERRORS as err:
            raise translate(err) from err

    async def prepare(self, sql: str) -> Any:
        """Prepare a statement, or take it from the cache; nothing is run."""
        known = self._statements
        if sql not in known:
            while len(known) >= self._most:
                del known[next(iter(known))]
            known[sql] = await self.raw.prepare(sql)
        return known[sql]

    async def _forget(self, sql: str) -> None:
        """Have statements prepared anew after the schema changed; nothing has been run yet."""
        self._statements.pop(sql, None)
        if self.raw.is_in_transaction():
            raise OperationalError("the schema was changed during the transaction: run it again")
        self._statements.clear()
        await self.raw.reload_schema_state()

    async def clean(self) -> None:
        """Bring the connection back to rest: what was cancelled has ended, nothing is open.

        Each call waits first until a cancel request of asyncpg's is through.
        """
        async with asyncio.timeout(ANSWER_GRACE_S):
            if not self.raw.is_in_transaction():
                await self.raw.execute("SELECT 1")  # behind a BEGIN that was cancelled on its way
            if self.raw.is_in_transaction():
                await self.raw.execute("ROLLBACK")

    async def close(self) -> None:
        """Say goodbye, or hang up if nobody answers."""
        try:
            await self.raw.close(timeout=1)
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it is over
            self.raw.terminate()


async def connect(options: Options) -> Link:
    """Open a connection; ConnectionLost says where and why not."""
    milliseconds = {
        "statement_timeout": options.statement_timeout_s,
        "lock_timeout": options.busy_timeout_s,
    }
    settings = {name: str(round(limit * 1000)) for name, limit in milliseconds.items()}
    settings |= {"application_name": "www", "jit": "off"}
    settings |= {"timezone": "UTC", "datestyle": "ISO"}  # what `_read_text` can read
    settings |= {"synchronous_commit": "on" if options.durability == "full" else "off"}
    settings |= {"tcp_keepalives_idle": "60"}
    try:
        raw = await asyncpg.connect(
            options.url,
            timeout=options.connect_timeout_s,
            command_timeout=options.statement_timeout_s + ANSWER_GRACE_S,
            server_settings=settings,
        )
        await _read_text(raw)
    except (ValueError, *DRIVER_ERRORS) as err:
        reason = str(err) or type(err).__name__
        message = f"{without_password(options.url)}: the database cannot be opened: {reason}"
        raise ConnectionLost(message) from err
    return Link(raw, options.cached_statements)


_DECODERS = {"timestamptz": datetime.fromisoformat, "numeric": Decimal}


async def _read_text(raw: Any) -> None:
    """Take and give times and Decimals as text, which is what their column types have encoded.

    asyncpg's own way spends 0.5 us on each time it reads, fromisoformat() 0.1: a row of four
    columns comes in half the time (0.72 and 0.32 us).
    """
    for name, decode in _DECODERS.items():
        codec = {"encoder": str, "decoder": decode, "format": "text"}
        await raw.set_type_codec(name, schema="pg_catalog", **codec)
