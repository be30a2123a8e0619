"""The body of one request, appended to an upload: what has arrived stays, however it ends.

The bytes take the way of every large body (`www.bodies`): read, hashed and written in a thread,
where it can be from the socket itself. The loop only waits, tells the progress, and interrupts
where another request wants the upload.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from www import keys
from www.bodies import TooLong
from www.errors import TooLarge
from www.files.space import too_large
from www.i18n import N_
from www.storage import StorageFull

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from aiohttp import web

    from www.uploads.core import Work
    from www.uploads.digests import Checksum
    from www.uploads.staged import Staged

TELL_EVERY_S: Final = 5.0


class Excess(TooLarge):
    """More came than the upload was to have: nothing of this request was kept."""

    default = N_("More has come than the upload was to have.")


@dataclass(frozen=True, slots=True)
class Body:
    """What one request brings to an upload.

    `tell` is called now and then with the offset that is durable.
    """

    request: web.Request
    work: Work
    staged: Staged
    checksum: Checksum | None = None
    tell: Callable[[int], Awaitable[None]] | None = None

    async def receive(self) -> int:
        """Append everything; return the offset, up to which all is durable.

        Raises Excess, TooLarge, QuotaExceeded, ChecksumMismatch, StorageFull; ConnectionError
        where the client is gone, too slow, or another request wants the upload.
        """
        start = self.staged.offset
        await self._check(start)
        if self.checksum is not None:
            await self.staged.begin_checked()
        try:
            async with self._telling(start):
                await self._pour(start)
            if self.checksum is not None:
                self.checksum.verify()
        except BaseException as err:
            if self.checksum is not None or isinstance(err, Excess):
                await self.staged.cut(start)
            else:
                with contextlib.suppress(StorageFull):
                    await self.staged.sync()
            raise
        return await self.staged.keep()

    async def _check(self, start: int) -> None:
        """Refuse before anything is read what cannot be right."""
        announced = self.request.content_length
        if announced is not None:
            if start + announced > self._most:
                raise self._excess()
            await self.work.uploads.reserve(self.work, start + announced, start + announced)

    @property
    def _most(self) -> int:
        length = self.work.upload.length
        return self.work.uploads.bounds.file_bytes if length is None else length

    def _excess(self) -> Excess:
        upload, limit_bytes = self.work.upload, self.work.uploads.bounds.file_bytes
        if upload.length is not None:
            return Excess()
        return Excess(*too_large(upload.name, limit_bytes).args)

    async def _pour(self, start: int) -> None:
        bodies, clock = self.request.app[keys.bodies], asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(None) as taken:
                with self.work.hold.interruptible(lambda: taken.reschedule(clock())):
                    await bodies.pour(
                        self.request,
                        self._feed,
                        max_bytes=self._most - start,
                        idle_s=self.work.uploads.bounds.idle_s,
                        room=lambda size_bytes: self._make_room(start + size_bytes),
                    )
        except TooLong as err:
            raise self._excess() from err
        except TimeoutError as err:
            await self._pour_waiting(start)
            # Both protocols ask for a broken connection, which clients take for a reason to resume.
            if self.request.transport is not None:
                self.request.transport.abort()
            raise ConnectionAbortedError from err

    async def _pour_waiting(self, start: int) -> None:
        """Append what is here already, also where the interruption came before the beginning.

        So clients that take an upload from each other all the time come to its end.
        """
        content = self.request.content
        if self.checksum is not None or content.exception() is not None:
            return
        waiting = content.read_nowait()
        end = self.staged.offset + len(waiting)
        if not waiting or end - start != content.total_bytes:
            return  # a piece before it was lost with the interruption, or came from a lent socket
        if end > self._most:
            raise self._excess()
        await self._make_room(end)
        await self.request.app[keys.bodies].step(lambda: self._feed(waiting, len(waiting)))

    async def _make_room(self, end: int) -> None:
        """Reserve space up to `end`, where the request has not told before how much it brings."""
        if self.request.content_length is None:
            await self.work.uploads.reserve(self.work, end, self.work.upload.length)

    def _feed(self, buffer: bytes | bytearray, size_bytes: int) -> None:
        """Append the first bytes of the buffer; called in threads."""
        with memoryview(buffer)[:size_bytes] as chunk:
            if self.checksum is not None:
                self.checksum.update(chunk)
            self.staged.feed(chunk)

    @contextlib.asynccontextmanager
    async def _telling(self, start: int) -> AsyncIterator[None]:
        """Tell the progress beside the block; data with a checksum makes none before its end."""
        if self.tell is None or self.checksum is not None:
            yield
            return
        telling = asyncio.create_task(self._keep_telling(self.tell, start))
        try:
            yield
        finally:
            telling.cancel()
            await asyncio.wait([telling])
            if not telling.cancelled():
                telling.exception()  # a full disk, a dead connection: the block notices it, too

    async def _keep_telling(self, tell: Callable[[int], Awaitable[None]], told: int) -> None:
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            if self.staged.offset > told:
                told = await self.staged.sync()
                await tell(told)
