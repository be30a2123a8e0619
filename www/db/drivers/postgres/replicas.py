"""Reads from copies of the server, in turn; what is down or too far behind is passed by."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING

from www.db.drivers.postgres.pool import Pool
from www.db.errors import OperationalError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence

    from www.db.drivers.base import Params, Row
    from www.db.drivers.postgres.link import Link
    from www.db.drivers.postgres.options import Options

REST_S = 5.0  # how long a replica that failed is left alone
WAIT_S = 1.0  # and how long a request waits for one at most: the server itself can answer too
REPLAYED = (
    "SELECT pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
    " ELSE pg_current_wal_insert_lsn() END, '0/0')::int8"
)
WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::int8"


class Replica:
    """One copy, and how far it was known to be."""

    def __init__(self, options: Options) -> None:
        """Take the options; nothing is connected before the first read."""
        self.pool = Pool(options)
        self.resting_until = 0.0
        self._replayed = -1

    async def read(self, sql: str, params: Params, after: int) -> list[Row] | None:
        """Run a read; None if this copy has not come to `after` yet."""
        link = await self.pool.acquire()
        try:
            there = await self._has_come_to(after, link)
            rows = await link.read(sql, params) if there else None
        except BaseException:
            self.pool.mend(link)
            raise
        self.pool.release(link)
        return rows

    async def stream(
        self, sql: str, params: Params, chunk: int, after: int
    ) -> AsyncGenerator[list[Row] | None, None]:
        """Yield rows, `chunk` at a time; None if this copy has not come to `after` yet."""
        link = await self.pool.acquire()
        try:
            if not await self._has_come_to(after, link):
                yield None
                return
            await link.command("BEGIN READ ONLY")
            cursor = await link.cursor(sql, params)
            while rows := await link.fetch(cursor, chunk):
                yield rows
        finally:
            self.pool.mend(link)

    async def _has_come_to(self, after: int, link: Link) -> bool:
        if after > self._replayed:
            self._replayed = int((await link.read(REPLAYED, ()))[0][0])
        return after <= self._replayed


class Replicas:
    """All copies of one server."""

    def __init__(self, options: Options, urls: Sequence[str]) -> None:
        """Take the addresses; the rest is as for the server itself."""
        wait_s = min(WAIT_S, options.acquire_timeout_s)
        options = replace(options, acquire_timeout_s=wait_s, connect_timeout_s=wait_s)
        self._replicas = [Replica(replace(options, url=url)) for url in urls]
        self._turn = count()

    def open(self) -> None:
        """Allow reads; a copy that is down now may come later."""
        for replica in self._replicas:
            replica.pool.open_later()

    async def close(self) -> None:
        """Disconnect from all."""
        for replica in self._replicas:
            await replica.pool.close()

    async def read(self, sql: str, params: Params, after: int) -> list[Row] | None:
        """Run a read on the next copy that can; None if the server itself must answer."""
        for replica in self._in_turn():
            try:
                rows = await replica.read(sql, params, after)
            except OperationalError:  # also a read that stood in the way of what is replayed
                replica.resting_until = monotonic() + REST_S
                continue
            if rows is not None:
                return rows
        return None

    async def stream(
        self, sql: str, params: Params, chunk: int, after: int
    ) -> AsyncGenerator[list[Row] | None, None]:
        """Yield rows of the next copy that can; None if the server itself must answer."""
        for replica in self._in_turn():
            begun = False
            try:
                async with aclosing(replica.stream(sql, params, chunk, after)) as chunks:
                    async for rows in chunks:
                        if rows is None:
                            break
                        begun = True
                        yield rows
                    else:
                        return
            except OperationalError:
                replica.resting_until = monotonic() + REST_S
                if begun:  # another copy may be at another point
                    raise
        yield None

    def _in_turn(self) -> Iterator[Replica]:
        """Yield the copies that are not at rest, each time beginning with another."""
        now, first = monotonic(), next(self._turn)
        for offset in range(len(self._replicas)):
            replica = self._replicas[(first + offset) % len(self._replicas)]
            if replica.resting_until <= now:
                yield replica
