"""The connections to one server: few, reused while they are warm, replaced when they are dead.

The connection that came back last is handed out first, so that the others can be closed when there
is little to do. Who finds none free waits in line, and at most for a while.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Any

import asyncpg

from www.db.drivers.postgres.link import Link, connect
from www.db.errors import Busy, ConnectionLost

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from www.db.drivers.postgres.options import Options

RETRY_FIRST_S, RETRY_LONGEST_S = 0.05, 0.5
_HOPELESS = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    ValueError,
)


class Pool:
    """At most `options.connections` links; each is in use, idle, or being looked after."""

    def __init__(self, options: Options) -> None:
        """Take the options; nothing is connected yet."""
        self.options = options
        self._idle: list[Link] = []
        self._in_use: set[Link] = set()
        self._size = 0
        self._waiting: deque[asyncio.Future[Link | None]] = deque()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = True
        self._at_rest = asyncio.Event()

    def activity(self) -> dict[str, int]:
        """Return how many links are in use and idle, and how many tasks wait for one."""
        return {
            "connections_in_use": len(self._in_use),
            "connections_idle": len(self._idle),
            "connections_waiting": len(self._waiting),
            "connections_most": self.options.connections,
        }

    async def open(self) -> None:
        """Connect once; an error says what is wrong with the address."""
        self._idle.append(await connect(self.options))
        self._size = 1
        self._closed = False

    def open_later(self) -> None:
        """Connect for the first request."""
        self._closed = False

    async def close(self) -> None:
        """Let what is running end, then disconnect; what takes too long is cut off."""
        self._closed = True
        while self._waiting:
            self._wake(None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.options.statement_timeout_s):
                while self._in_use:
                    self._at_rest.clear()
                    await self._at_rest.wait()
        for link in self._in_use:
            link.raw.terminate()
        idle, self._idle = self._idle, []
        await asyncio.gather(*self._tasks, *(link.close() for link in idle))

    async def acquire(self) -> Link:
        """Return a live link; Busy if none became free in time."""
        while self._idle:
            link = self._idle.pop()
            if not link.raw.is_closed():
                self._in_use.add(link)
                return link
            self._size -= 1
        if self._size >= self.options.connections:
            waited = await self._wait()
            if waited is not None:
                return waited
        else:
            self._size += 1
        return await self._connected()  # a place in the pool is ours now

    async def fresh(self) -> Link:
        """Return a link that was not there before: whatever was idle may be as dead as the last."""
        idle, self._idle = self._idle, []
        self._size -= len(idle)
        for link in idle:
            self._start(link.close())
        return await self.acquire()

    def release(self, link: Link) -> None:
        """Take back a link that is at rest."""
        now = link.idle_since = monotonic()
        old = now - link.born > self.options.connection_age_s
        if self._closed or old or (self._waiting and link.raw.is_closed()):
            self.drop(link)
            return
        if self._waiting and self._wake(link):
            return
        self._in_use.discard(link)
        self._idle.append(link)
        coldest = self._idle[0]
        if now - coldest.idle_since > self.options.idle_s and self._size > self.options.kept:
            self._idle.remove(coldest)
            self._size -= 1
            self._start(coldest.close())

    def drop(self, link: Link) -> None:
        """Close a link and give its place to who waits."""
        self._in_use.discard(link)
        self._at_rest.set()
        if not link.raw.is_closed():
            self._start(link.close())
        if not self._wake(None):
            self._size -= 1

    def mend(self, link: Link) -> asyncio.Task[None]:
        """Take back a link in whatever state; it is clean, or closed, before anybody gets it."""
        return self._start(self._mend(link))

    async def _mend(self, link: Link) -> None:
        try:
            if not link.raw.is_closed():
                await link.clean()
        except Exception:  # noqa: BLE001 - whatever it is, nobody may get this link
            link.raw.terminate()
        self.release(link)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _wake(self, link: Link | None) -> bool:
        """Hand a link, or the place of one, to the first who waits."""
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(link)
                return True
        return False

    async def _wait(self) -> Link | None:
        future: asyncio.Future[Link | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            async with asyncio.timeout(self.options.acquire_timeout_s):
                return await future
        except BaseException as err:
            if future.done() and not future.cancelled():
                self._return(future.result())
            if isinstance(err, TimeoutError):
                limit_s, most = self.options.acquire_timeout_s, self.options.connections
                message = f"all {most} connections to the database were in use for {limit_s} s"
                raise Busy(message) from err
            raise

    def _return(self, given: Link | None) -> None:
        """Pass on what was handed to somebody who no longer waits."""
        if given is not None:
            self.release(given)
        elif not self._wake(None):
            self._size -= 1

    async def _connected(self) -> Link:
        """Connect, and try again while a server starts; the place is given back on failure."""
        give_up_at = monotonic() + self.options.acquire_timeout_s
        wait_s = RETRY_FIRST_S
        try:
            while True:
                try:
                    link = await connect(self.options)
                except ConnectionLost as err:
                    hopeless = self._closed or isinstance(err.__cause__, _HOPELESS)
                    if hopeless or monotonic() > give_up_at:
                        raise
                    await asyncio.sleep(wait_s)
                    wait_s = min(wait_s * 2, RETRY_LONGEST_S)
                else:
                    self._in_use.add(link)
                    return link
        except BaseException:
            self._return(None)
            raise
