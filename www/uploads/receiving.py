"""The body of one request, appended to an upload: what has arrived stays, however it ends."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from www.bodies import send_continue
from www.errors import TooLarge
from www.storage import StorageFull

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from www.uploads.core import Work
    from www.uploads.digests import Checksum
    from www.uploads.staged import Staged

TELL_EVERY_S: Final = 5.0


class Excess(TooLarge):
    """More came than the upload was to have: nothing of this request was kept."""


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
        announced = self.request.content_length
        await self._check(start, announced)
        if self.checksum is not None:
            await self.staged.begin_checked()
        try:
            await self._read(start, announced)
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

    async def _check(self, start: int, announced: int | None) -> None:
        """Refuse before anything is read what cannot be right."""
        if announced is not None:
            if start + announced > self._most:
                raise Excess
            await self.work.uploads.reserve(self.work, start + announced, start + announced)

    @property
    def _most(self) -> int:
        length = self.work.upload.length
        return self.work.uploads.bounds.file_bytes if length is None else length

    async def _read(self, start: int, announced: int | None) -> None:
        hold, idle_s = self.work.hold, self.work.uploads.bounds.idle_s
        clock = asyncio.get_running_loop().time
        end, has_gap = start, False
        await send_continue(self.request)
        try:
            async with asyncio.timeout(idle_s) as idle:
                with hold.interruptible(lambda: idle.reschedule(clock())):
                    told_s = clock()
                    async for chunk in self.request.content.iter_any():
                        idle.reschedule(clock() + idle_s)
                        end, has_gap = end + len(chunk), True
                        await self._make_room(end, announced)
                        has_gap = False
                        await self._append(chunk)
                        self._stop_if(hold.wanted)
                        if self.tell is not None and clock() - told_s > TELL_EVERY_S:
                            await self.tell(await self.staged.sync())
                            told_s = clock()
        except TimeoutError as err:
            # What is here already stays, so that even clients which take the upload from each other
            # all the time come to its end.
            if not has_gap and (waiting := self.request.content.read_nowait()):
                await self._make_room(end + len(waiting), announced)
                await self._append(waiting)
            # Both protocols ask for a broken connection, which clients take for a reason to resume.
            if self.request.transport is not None:
                self.request.transport.abort()
            raise ConnectionAbortedError from err

    async def _make_room(self, end: int, announced: int | None) -> None:
        if end > self._most:
            raise Excess
        if announced is None:
            await self.work.uploads.reserve(self.work, end, self.work.upload.length)

    async def _append(self, chunk: bytes) -> None:
        if self.checksum is not None:
            self.checksum.update(chunk)
        await self.staged.write(chunk)

    @staticmethod
    def _stop_if(wanted: bool) -> None:  # noqa: FBT001  it reads as a sentence
        if wanted:
            raise TimeoutError
