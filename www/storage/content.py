"""An open content on the local disk."""

from __future__ import annotations

import asyncio
import os
import stat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from www.utils.threads import Threaded

# Linux reads what is in the page cache without waiting, or says that it would have to wait.
_NOWAIT: Final[int | None] = getattr(os, "RWF_NOWAIT", None)


class LocalContent:
    """A descriptor for reading."""

    def __init__(self, storage: Threaded, path: Path) -> None:
        """Open `path`. Raises FileNotFoundError."""
        self._storage = storage
        self._fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        status = os.fstat(self._fd)
        self.size_bytes: int = status.st_size
        if not stat.S_ISREG(status.st_mode):
            self.close()
            raise FileNotFoundError(path)

    def fileno(self) -> int | None:
        """Return the descriptor for sendfile."""
        return self._fd

    async def pread(self, offset: int, size_bytes: int) -> bytes:
        """Return `size_bytes` from `offset`, less only at the end.

        What the page cache holds is copied here (256 KiB: 30 us, less than a thread hop); only a
        real wait for the disk goes to a thread.
        """
        wanted = min(size_bytes, max(0, self.size_bytes - offset))
        cached = self._cached(offset, wanted)
        if len(cached) == wanted:
            return cached
        fd = os.dup(self._fd)  # the thread keeps its own: a cancelled reader closes ours meanwhile
        try:
            reading = self._storage.submit(
                lambda: _read(fd, offset + len(cached), wanted - len(cached))
            )
        except RuntimeError:  # the storage is closed
            os.close(fd)
            raise
        # Also where it is cancelled while it waits for a thread, and so never reads.
        reading.add_done_callback(lambda _: os.close(fd))
        rest: bytes = await asyncio.wrap_future(reading)
        return cached + rest

    def close(self) -> None:
        """Give the descriptor back; a second call does nothing."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _cached(self, offset: int, size_bytes: int) -> bytes:
        if _NOWAIT is None:
            return b""
        buffer = bytearray(size_bytes)
        try:
            read_bytes = os.preadv(self._fd, [buffer], offset, _NOWAIT)
        except OSError:  # not in the cache, or a file system that cannot say
            return b""
        return bytes(memoryview(buffer)[:read_bytes])


def _read(fd: int, offset: int, size_bytes: int) -> bytes:
    parts = []
    while size_bytes and (part := os.pread(fd, size_bytes, offset)):
        parts.append(part)
        offset += len(part)
        size_bytes -= len(part)
    return b"".join(parts)
