"""One unfinished upload, open for appending: written as it comes in threads, and hashed."""

from __future__ import annotations

import asyncio
import errno
import os
from typing import TYPE_CHECKING, Any, Final, TypeVar

from www.storage.incoming import full_disk
from www.uploads.digests import Digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from www.storage.base import Bytes
    from www.uploads.staging import Staging

T = TypeVar("T")
_COPY_BYTES: Final = 16 * 1024 * 1024
_READ_BYTES: Final = 1024 * 1024
# What the kernel says where it cannot copy from one file to the other by itself.
_NO_COPY: Final = frozenset({errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP})


class Staged:
    """A locked descriptor.

    `feed` appends in the thread of whoever calls it; nothing but `sync` runs beside it. Everything
    else is a step in a thread of the staging, and begins by waiting for the one before, so that
    steps keep their order also where the task that asked for one was cancelled.
    """

    def __init__(self, staging: Staging, token: str, fd: int) -> None:
        """Take over `fd`; called in a thread."""
        self.token = token
        self._staging = staging
        self._fd = fd
        self._offset = os.fstat(fd).st_size
        self._digest = staging.digest(token)
        if self._digest.at > self._offset:  # bytes that a crash has taken
            self._digest.rewind(Digest())
        self._before = self._digest.copy()
        self._marked = False
        self._step: Future[Any] | None = None

    @property
    def offset(self) -> int:
        """How many bytes are in the file."""
        return self._offset

    def feed(self, chunk: Bytes) -> None:
        """Append the next bytes, in the calling thread. Raises StorageFull."""
        start, rest = self._offset, memoryview(chunk)
        self._staging.check_space(self._fd)
        with full_disk():
            while rest:
                written = os.pwrite(self._fd, rest, self._offset)
                self._offset += written
                rest = rest[written:]
        self._digest.follow(self._fd, chunk, start, self._offset)

    async def sync(self) -> int:
        """Make everything durable that is written; return up to where. Raises StorageFull."""
        return await self._do(self._flush)

    async def begin_checked(self) -> None:
        """From here on nothing counts before `keep`."""
        await self.sync()
        self._before = self._digest.copy()
        await self._do(self._mark)

    async def keep(self) -> int:
        """Let everything count that was written, durably; return the offset."""
        await self.sync()
        if self._marked:
            await self._do(self._unmark)
        return self._offset

    async def cut(self, offset: int) -> None:
        """Forget everything behind `offset`."""
        await self._do(lambda: self._cut(offset))

    async def sha256(self) -> str:
        """Return the hash of the whole file, which is durable then."""
        await self.sync()
        await self._do(lambda: self._digest.catch_up(self._fd, self._offset))
        return self._digest.hexdigest()

    async def append_file(self, path: Path) -> None:
        """Append another file: where the disk can, without copying a byte. Raises StorageFull."""
        await self._do(lambda: self._copy(path))

    async def close(self) -> None:
        """Give descriptor and lock back, after the last step; a second call does nothing."""
        step = self._step
        closing = self._staging.submit(lambda: self._close_after(step))
        await asyncio.shield(asyncio.wrap_future(closing))

    def close_descriptor(self) -> None:
        """Give descriptor and lock back at once."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    async def _do(self, work: Callable[[], T]) -> T:
        """Do `work` in a thread after the running step, and not if that fails.

        It goes on where we are cancelled, and the next step waits for it.
        """
        before = self._step

        def step() -> T:
            # What was submitted earlier has a thread already, so this cannot wait for ever.
            if before is not None and (error := before.exception()) is not None:
                raise error
            return work()

        self._step = step_ = self._staging.submit(step)
        try:
            return await asyncio.shield(asyncio.wrap_future(step_))
        finally:
            if step_.done() and self._step is step_:
                self._step = None  # whoever asked has heard of its failure

    def _flush(self) -> int:
        offset = self._offset  # more may be written meanwhile
        with full_disk():
            os.fsync(self._fd)
        return offset

    def _mark(self) -> None:
        with full_disk():
            self._staging.mark(self.token, self._offset)
        self._marked = True

    def _unmark(self) -> None:
        self._staging.unmark(self.token)
        self._marked = False

    def _cut(self, offset: int) -> None:
        os.ftruncate(self._fd, offset)
        os.fsync(self._fd)
        self._offset = offset
        if self._digest.at > offset:
            self._digest.rewind(self._before if self._before.at <= offset else Digest())
        if self._marked:
            self._unmark()

    def _copy(self, path: Path) -> None:
        source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            end = os.fstat(source).st_size
            done = 0
            while done < end:
                self._staging.check_space(self._fd)
                with full_disk():
                    copied = self._copy_step(source, done, end - done)
                if not copied:
                    raise EOFError("the part became shorter")
                done += copied
                self._offset += copied
        finally:
            os.close(source)

    def _copy_step(self, source: int, at: int, left: int) -> int:
        if hasattr(os, "copy_file_range"):  # Linux: clones extents where the file system can
            try:
                return os.copy_file_range(
                    source, self._fd, min(left, _COPY_BYTES), at, self._offset
                )
            except OSError as err:
                if err.errno not in _NO_COPY:
                    raise
        part = os.pread(source, min(left, _READ_BYTES), at)
        return os.pwrite(self._fd, part, self._offset) if part else 0

    def _close_after(self, step: Future[Any] | None) -> None:
        if step is not None:
            step.exception()
        self.close_descriptor()
