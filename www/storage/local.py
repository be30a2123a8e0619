"""Contents on a local disk: `files/ab/abcd...` by hash, `incoming/` while they arrive.

Writing and hashing happen in threads, one big step at a time, while the next step is gathered.
A killed process leaves nothing but a temporary file: the kernel drops its lock, so that the sweep
of any process can tell it from an upload that is still alive.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import stat
import time
from typing import TYPE_CHECKING, Final

from www.errors import NotFound
from www.storage.base import YOUNG_S, StorageFull, Stored
from www.storage.content import LocalContent
from www.storage.flattening import flatten, sync_folder
from www.storage.incoming import LocalIncoming, full_disk
from www.utils.threads import Threaded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from www.storage.base import InUse

_THREADS: Final = 4  # apart from the loop's own pool: a disk that stalls must not hold up passwords
_RELEASED_AT_ONCE: Final = 500  # meanwhile nobody commits
_UNLOCKED_S: Final = 1.0  # a file is locked right behind its creation
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class LocalStorage(Threaded):
    """Contents below one folder, shared safely by any number of processes on one machine."""

    def __init__(self, folder: Path, *, min_free_bytes: int = 0) -> None:
        """Remember `folder` (the data folder); nothing is touched before `async with`.

        Nothing is written where the disk would have less than `min_free_bytes` left.
        """
        super().__init__(_THREADS, "storage")
        self._min_free_bytes = min_free_bytes
        self._files = folder / "files"
        self._incoming = folder / "incoming"
        self._left: set[str] = set()  # to be released
        self._durable: set[str] = set()  # first two digits, whose folders a power cut cannot take

    @property
    def inbox(self) -> None:
        """Return None: nobody but us writes to the data folder."""

    async def begin(self) -> LocalIncoming:
        """Start a content in a locked temporary file."""
        return await self.opened(self.start, _discard_opened)

    async def adopt(self, path: Path, sha256: str, size_bytes: int) -> Stored:
        """Rename a finished file of the data folder to its hash: nothing is copied.

        Also where its task is cancelled meanwhile the file is whole in one of the two places.
        """
        await self.run(lambda: self._adopt(path, sha256, size_bytes))
        return Stored(sha256, size_bytes)

    def start(self) -> LocalIncoming:
        """Start a content in a locked temporary file, in the calling thread."""
        return LocalIncoming(self, self._incoming)

    async def open(self, sha256: str) -> LocalContent:
        """Open for reading; on the loop's thread, for it costs 10 us and a thread hop 50."""
        try:
            return LocalContent(self, self.path(sha256))
        except FileNotFoundError as err:
            raise NotFound from err

    async def exists(self, sha256: str) -> bool:
        """Tell whether the content is here."""
        return self.path(sha256).is_file()

    async def delete(self, sha256: str, *, older_than_s: float = YOUNG_S) -> bool:
        """Delete the content unless it is younger; tell whether it is gone now."""
        path = self.path(sha256)
        return await self.run(lambda: self._delete(path, older_than_s))

    async def release(self, hashes: Sequence[str], in_use: InUse) -> bool:
        """Delete what nobody uses, however young; False: something is being stored, ask again.

        Whoever commits a content holds a claim until its row is written. While there is none the
        rows alone tell what is needed, and nobody commits before they were asked. The kernel drops
        the claims of the dead.
        """
        self._left.update(hashes)
        if not self._left:
            return True
        fd = self._open_claims()
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False
            some = list(self._left)[:_RELEASED_AT_ONCE]
            used = await in_use(some)
            paths = [self.path(sha256) for sha256 in some if sha256 not in used]
            # Not in one of our threads: they may all be waiting for this lock.
            deleting = asyncio.ensure_future(asyncio.to_thread(_unlink_all, paths))
            try:
                await asyncio.shield(deleting)
            finally:
                await asyncio.wait([deleting])
            self._left.difference_update(some)
        finally:
            os.close(fd)
        return not self._left

    def claim(self) -> int:
        """Hold off `release` until the returned descriptor is closed."""
        fd = self._open_claims()
        with contextlib.suppress(OSError):  # without locks nothing is released either
            fcntl.flock(fd, fcntl.LOCK_SH)
        return fd

    def _open_claims(self) -> int:
        return os.open(self._incoming, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    async def sweep(self, in_use: InUse, *, older_than_s: float = YOUNG_S) -> int:
        """Delete contents that nobody uses, and what broken uploads left; return how many."""
        swept = await self.sweep_incoming(older_than_s)
        folders = await self.run(lambda: sorted(self._files.glob("[0-9a-f][0-9a-f]")))
        for folder in folders:
            found = await self.run(lambda at=folder: self._old_in(at, older_than_s))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            used = set(await in_use(found)) if found else set()
            for sha256 in (name for name in found if name not in used):
                swept += await self.delete(sha256, older_than_s=older_than_s)
        return swept

    async def sweep_incoming(self, older_than_s: float) -> int:
        """Delete what broken uploads left; return how many.

        Their lock tells at once that the writer is dead; the age is only for a file that is not
        locked yet.
        """
        return await self.run(lambda: self._sweep_incoming(min(older_than_s, _UNLOCKED_S)))

    def link(self, sha256: str, headers: Mapping[str, str]) -> None:
        """Return None: nobody but us reads the data folder."""

    def path(self, sha256: str) -> Path:
        """Return where a content lies; no other text than a hash becomes a path."""
        if not _SHA256.fullmatch(sha256):
            raise NotFound
        return self._files / sha256[:2] / sha256

    def check_space(self, fd: int) -> None:
        """Refuse to write to the disk of `fd` where it is nearly full. Raises StorageFull."""
        disk = os.fstatvfs(fd)
        if disk.f_bavail * disk.f_frsize < self._min_free_bytes:
            raise StorageFull

    def place(self, temporary: Path, sha256: str, size_bytes: int) -> int | None:
        """Move a synced temporary file to its hash, or make the equal content there young again.

        Returns what `displace` needs, None where the content was here before.
        """
        path = self.path(sha256)
        with self._locked(fcntl.LOCK_SH):
            try:
                known = path.stat(follow_symlinks=False)
                same = stat.S_ISREG(known.st_mode) and known.st_size == size_bytes
            except FileNotFoundError:
                same = False
            if same:
                temporary.unlink()
            else:
                self._rename(temporary, path)
            # In full resolution: without arguments it is the kernel's clock, which ticks slowly.
            os.utime(path, ns=(time.time_ns(),) * 2)
            placed_ns = path.stat().st_mtime_ns
        sync_folder(path.parent)
        if sha256[:2] not in self._durable:
            sync_folder(self._files)
            self._durable.add(sha256[:2])
        return None if same else placed_ns

    def _rename(self, temporary: Path, path: Path) -> None:
        """Give the file its name, and the name its folder where that is missing."""
        try:
            temporary.replace(path)
        except FileNotFoundError:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            self._durable.discard(path.parent.name)
            temporary.replace(path)

    def displace(self, sha256: str, placed_ns: int) -> None:
        """Delete what `place` placed then, unless an equal content was placed since."""
        path = self.path(sha256)
        with self._locked(fcntl.LOCK_EX), contextlib.suppress(FileNotFoundError):
            if path.stat(follow_symlinks=False).st_mtime_ns == placed_ns:
                path.unlink()

    def _adopt(self, path: Path, sha256: str, size_bytes: int) -> None:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            with full_disk():
                os.fsync(fd)
                self.place(path, sha256, size_bytes)
        finally:
            os.close(fd)

    def _prepare(self) -> None:
        for folder in (self._files, self._incoming):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        flatten(self._files)
        sync_folder(self._files.parent)

    def _delete(self, path: Path, older_than_s: float) -> bool:
        with self._locked(fcntl.LOCK_EX):
            try:
                if path.stat(follow_symlinks=False).st_mtime > time.time() - older_than_s:
                    return False
                path.unlink()
            except FileNotFoundError:
                pass
        return True

    def _old_in(self, folder: Path, older_than_s: float) -> list[str]:
        limit = time.time() - older_than_s
        return [
            path.name
            for path in folder.glob("*")
            if _SHA256.fullmatch(path.name) and _is_older(path, limit)
        ]

    def _sweep_incoming(self, older_than_s: float) -> int:
        limit = time.time() - older_than_s
        left = [path for path in self._incoming.iterdir() if _is_older(path, limit)]
        return sum(map(_unlink_abandoned, left))

    @contextlib.contextmanager
    def _locked(self, mode: int) -> Iterator[None]:
        """Hold the folder's lock: shared to place, exclusive to delete; across processes."""
        fd = os.open(self._files / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, mode)
            yield
        finally:
            os.close(fd)


def _discard_opened(opening: Future[LocalIncoming]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().discard()


def _unlink_all(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _is_older(path: Path, limit: float) -> bool:
    """Tell whether it was last written before `limit`; what has just gone is not."""
    try:
        return path.lstat().st_mtime <= limit
    except FileNotFoundError:
        return False


def _unlink_abandoned(path: Path) -> bool:
    """Unlink a temporary file whose writer is dead: nobody holds its lock."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    except OSError:
        return False
    finally:
        os.close(fd)
    return True
