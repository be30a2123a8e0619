"""One content on its way to the local disk: gathered, hashed, written, synced, then named."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Final

from www.storage.base import StorageFull, Stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from www.storage.base import Bytes
    from www.storage.local import LocalStorage

# A thread hop per step, and two steps of memory per upload.
STEP_BYTES: Final = 256 * 1024
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class LocalIncoming:
    """A locked temporary file. At most one step is in a thread while the next one is gathered."""

    def __init__(self, storage: LocalStorage, folder: Path) -> None:
        """Open the file; called in a thread."""
        self._claim = -1  # holds off `LocalStorage.release` until there is a row
        self._storage = storage
        self._path = folder / secrets.token_hex(16)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with full_disk():
            self._fd = os.open(self._path, flags, 0o600)
        with contextlib.suppress(OSError):  # network file systems without locks: the age must do
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._hash = hashlib.sha256()
        self._size_bytes = 0
        self._gathered: list[Bytes] = []
        self._gathered_bytes = 0
        self._step: Future[None] | None = None
        self._complete = False
        self._placed_ns: int | None = None  # since when a content of ours has its name

    async def write(self, chunk: Bytes) -> None:
        """Take the next bytes, which must not change afterwards. Raises StorageFull."""
        self._gathered.append(chunk)
        self._gathered_bytes += len(chunk)
        if self._gathered_bytes >= STEP_BYTES:
            await self._settle()
            step, self._gathered, self._gathered_bytes = self._gathered, [], 0
            self._step = self._storage.submit(lambda: self._write(step))

    @property
    def path(self) -> Path:
        """Where it is gathered."""
        return self._path

    def complete(self) -> None:
        """Write the rest in the calling thread; the file is then for another storage to take."""
        rest, self._gathered, self._gathered_bytes = self._gathered, [], 0
        self._write(rest)
        self._complete = True

    async def stage(self) -> Stored:
        """Write the rest, unless it is complete; return what it is."""
        await self._settle()
        if not self._complete:
            self._step = self._storage.submit(self.complete)
            await self._settle()
        return Stored(self._hash.hexdigest(), self._size_bytes)

    def feed(self, chunk: Bytes) -> None:
        """Take the next bytes in the calling thread; small ones wait for company."""
        self._gathered.append(bytes(chunk) if len(chunk) < STEP_BYTES // 4 else chunk)
        self._gathered_bytes += len(chunk)
        if self._gathered_bytes >= STEP_BYTES // 4:
            step, self._gathered, self._gathered_bytes = self._gathered, [], 0
            self._write(step)

    def seal(self) -> None:
        """Make everything written durable and findable by its hash. Raises StorageFull."""
        self._finish()

    async def commit(self) -> Stored:
        """Make everything written durable and findable by its hash. Raises StorageFull."""
        if self._fd >= 0:
            await self._settle()
            self._step = self._storage.submit(self._finish)
            await self._settle()
        return Stored(self._hash.hexdigest(), self._size_bytes)

    async def abort(self) -> None:
        """Forget everything written; after a commit this does nothing."""
        if self._fd >= 0:
            # Shielded: also a task that is cancelled again leaves no file and no descriptor behind.
            await asyncio.shield(asyncio.wrap_future(self._storage.submit(self._abandon)))

    async def withdraw(self) -> None:
        """Undo the commit, because no row was written; what others committed too stays."""
        placed_ns, self._placed_ns = self._placed_ns, None
        try:
            if placed_ns is not None:
                sha256 = self._hash.hexdigest()
                undoing = self._storage.submit(lambda: self._storage.displace(sha256, placed_ns))
                await asyncio.shield(asyncio.wrap_future(undoing))
        finally:
            self.settle()

    def settle(self) -> None:
        """Take it that the row is written, or never will be: from now on rows tell who needs it."""
        claim, self._claim = self._claim, -1
        if claim >= 0:
            os.close(claim)

    def __del__(self) -> None:
        """Hold nobody off for ever where the row was forgotten."""
        self.settle()

    def discard(self) -> None:
        """Close and unlink the file; called in a thread, or where nothing can wait."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
            self._path.unlink(missing_ok=True)

    async def _settle(self) -> None:
        """Wait for the running step; a step that failed or was cancelled spoils the whole."""
        if self._step is not None:
            await asyncio.wrap_future(self._step)
            self._step = None

    def _write(self, chunks: list[Bytes]) -> None:
        if self._size_bytes and not chunks:
            return
        self._storage.check_space(self._fd)
        with full_disk():
            for chunk in chunks:
                self._hash.update(chunk)
                rest = memoryview(chunk)
                while rest:
                    rest = rest[os.write(self._fd, rest) :]
                self._size_bytes += len(chunk)

    def _finish(self) -> None:
        self._write(self._gathered)
        with full_disk():
            os.fsync(self._fd)
            sha256 = self._hash.hexdigest()
            self._claim = self._storage.claim()
            self._placed_ns = self._storage.place(self._path, sha256, self._size_bytes)
        fd, self._fd = self._fd, -1
        os.close(fd)

    def _abandon(self) -> None:
        # The step was submitted first, so it has a thread already and cannot wait for this one.
        if self._step is not None:
            wait([self._step])
        # The step may have been the commit itself, finished although its task was cancelled: then
        # the content stays, unreferenced, for `withdraw` or the sweep.
        self.discard()


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """Raise StorageFull for the ways in which a disk says that it takes no more."""
    try:
        yield
    except OSError as err:
        if err.errno in _FULL:
            raise StorageFull from err
        raise
