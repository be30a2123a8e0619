"""Made pictures in the data folder: `pictures/ab/<sha256>-w320.webp`, bounded in size.

What is used least goes first. Everything here can be made again, so nothing is synced; a picture
gets its name when it is complete, so a crash leaves a temporary file, which the next start removes.
Several servers may share the folder: each counts what it adds, and a look at the folder puts the
count right before anything is evicted.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
    from pathlib import Path

_NAME: Final = re.compile(r"([0-9a-f]{64})-([a-z0-9.-]{1,20})")
_LEFT: Final = 0.9  # of the bound, after an eviction: so that not every picture brings the next one
_TOUCH_S: Final = 3600  # how exactly "used least" is known
_ABANDONED_S: Final = 3600


class Cache:
    """Small files by the hash of what they were made of and a name for what was made."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        """Remember the data folder; nothing is touched before the first picture."""
        self._folder = folder / "pictures"
        self._max_bytes = max_bytes
        self._used_bytes: int | None = None  # not counted yet
        self._evicting = asyncio.Lock()

    def get(self, sha256: str, name: str) -> bytes | None:
        """Return a made picture; on the loop's thread, because it costs less than a thread hop."""
        try:
            fd = os.open(self._path(sha256, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        with os.fdopen(fd, "rb") as file:
            if os.fstat(fd).st_mtime < time.time() - _TOUCH_S:
                os.utime(fd)
            return file.read() or None  # after a power cut it may be empty

    async def put(self, sha256: str, name: str, made: bytes) -> None:
        """Keep a picture, and evict what is used least where it becomes too much."""
        await asyncio.to_thread(self._write, self._path(sha256, name), made)
        if self._used_bytes is not None:
            self._used_bytes += len(made)
        if self._used_bytes is None or self._used_bytes > self._max_bytes:
            async with self._evicting:
                if self._used_bytes is None or self._used_bytes > self._max_bytes:
                    self._used_bytes = await asyncio.to_thread(self._evict)

    async def sweep(self, in_use: Callable[[Sequence[str]], Awaitable[Collection[str]]]) -> int:
        """Delete what was made of contents that nobody refers to any more; return how many."""
        entries = await asyncio.to_thread(lambda: list(self._entries()))
        hashes = sorted({entry.name[:64] for entry in entries if _NAME.fullmatch(entry.name)})
        used = set(await in_use(hashes)) if hashes else set()
        limit = time.time() - _ABANDONED_S

        def is_waste(entry: os.DirEntry[str]) -> bool:
            if _NAME.fullmatch(entry.name):
                return entry.name[:64] not in used
            return _older(entry, limit)

        gone = [entry for entry in entries if is_waste(entry)]
        await asyncio.to_thread(_unlink, gone)
        self._used_bytes = None
        return len(gone)

    def _path(self, sha256: str, name: str) -> Path:
        if not _NAME.fullmatch(f"{sha256}-{name}"):
            raise ValueError("neither a hash nor a name of ours")
        return self._folder / sha256[:2] / f"{sha256}-{name}"

    def _write(self, path: Path, made: bytes) -> None:
        for folder in (self._folder, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_name(f"{secrets.token_hex(8)}.part")
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
                file.write(made)
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise

    def _evict(self) -> int:
        """Delete the least used until the rest is within the bound; return the size of the rest."""
        found = []
        for entry in self._entries():
            with contextlib.suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                found.append((status.st_mtime, status.st_size, entry))
        used_bytes = sum(size for _, size, _ in found)
        if used_bytes > self._max_bytes:
            for _, size, entry in sorted(found, key=lambda one: one[0]):
                if used_bytes <= self._max_bytes * _LEFT:
                    break
                _unlink([entry])
                used_bytes -= size
        return used_bytes

    def _entries(self) -> Iterator[os.DirEntry[str]]:
        try:
            folders = [entry.path for entry in os.scandir(self._folder)]
        except FileNotFoundError:
            return
        for folder in folders:
            with os.scandir(folder) as entries:
                yield from entries


def _older(entry: os.DirEntry[str], limit: float) -> bool:
    try:
        return entry.stat(follow_symlinks=False).st_mtime <= limit
    except FileNotFoundError:
        return False


def _unlink(entries: Sequence[os.DirEntry[str]]) -> None:
    for entry in entries:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(entry.path)  # noqa: PTH108  an entry is no Path
