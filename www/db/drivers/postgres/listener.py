"""LISTEN: one connection for all channels, made anew when it breaks.

What was sent while there was no connection is gone; everybody who listens gets None then and looks
for themselves. So does whoever falls too far behind.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from www.db.drivers.postgres.errors import DRIVER_ERRORS
from www.db.drivers.postgres.link import Link, connect
from www.db.errors import ConnectionLost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from www.db.drivers.postgres.options import Options

BEHIND_MOST = 10_000
RETRY_FIRST_S, RETRY_LONGEST_S = 0.05, 2.0
Messages = asyncio.Queue["str | None"]


class Listener:
    """Hands what arrives on a channel to everybody who listens to it."""

    def __init__(self, options: Options) -> None:
        """Take the options; the connection is made for the first who listens."""
        self._options = options
        self._link: Link | None = None
        self._channels: defaultdict[str, list[Messages]] = defaultdict(list)
        self._changing = asyncio.Lock()
        self._reconnecting: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Stop listening."""
        self._channels.clear()
        if self._reconnecting is not None:
            self._reconnecting.cancel()
            await asyncio.wait([self._reconnecting])
        if self._link is not None:
            link, self._link = self._link, None
            link.raw.remove_termination_listener(self._lost)
            await link.close()

    async def subscribe(self, channel: str) -> Messages:
        """Return a queue into which everything goes that is sent from now on."""
        queue: Messages = asyncio.Queue(BEHIND_MOST)
        async with self._changing:
            if self._link is None and self._reconnecting is None:
                self._link = await self._connected()
            if channel not in self._channels and self._link is not None:
                await self._listen(self._link, channel)
            self._channels[channel].append(queue)
        return queue

    async def unsubscribe(self, channel: str, queue: Messages) -> None:
        """Stop filling `queue`."""
        async with self._changing:
            queues = self._channels.get(channel, [])
            if queue in queues:
                queues.remove(queue)
            if not queues and self._channels.pop(channel, None) is not None and self._link:
                with contextlib.suppress(*DRIVER_ERRORS):
                    await self._link.raw.remove_listener(channel, self._arrived)

    async def _connected(self) -> Link:
        link = await connect(self._options)
        link.raw.add_termination_listener(self._lost)
        return link

    async def _listen(self, link: Link, channel: str) -> None:
        try:
            await link.raw.add_listener(channel, self._arrived)
        except DRIVER_ERRORS as err:
            raise ConnectionLost(f"cannot listen to {channel!r}: {err}") from err

    def _arrived(self, _raw: Any, _process: int, channel: str, payload: str) -> None:
        self._tell(channel, payload)

    def _tell(self, channel: str, payload: str | None) -> None:
        for queue in self._channels.get(channel, ()):
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                payload = None
            queue.put_nowait(payload)

    def _lost(self, raw: Any) -> None:
        if self._link is None or self._link.raw is not raw:
            return
        self._link = None
        self._reconnecting = asyncio.get_running_loop().create_task(self._reconnect())

    async def _reconnect(self) -> None:
        wait_s = RETRY_FIRST_S
        while True:
            try:
                async with self._changing:
                    link = await self._connected()
                    for channel in self._channels:
                        await self._listen(link, channel)
                    self._link, self._reconnecting = link, None
                    break
            except ConnectionLost:
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, RETRY_LONGEST_S)
        for channel in list(self._channels):
            self._tell(channel, None)


async def messages(queue: Messages) -> AsyncIterator[str | None]:
    """Yield what arrives; None means that some of it may have been missed."""
    while True:
        yield await queue.get()
