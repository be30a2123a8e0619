"""The folder of unfinished uploads: one file each, from the first byte to the last.

The file's own length is the offset, so that nothing else can disagree with it after a crash. The
one exception is data with a checksum, which counts only once it is verified: while it comes in, a
mark beside the file says where it began, and whoever opens the file next cuts it there.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from www.errors import Gone
from www.storage import StorageFull
from www.storage.incoming import full_disk
from www.uploads.digests import Digest
from www.uploads.errors import Locked
from www.uploads.staged import Staged
from www.utils.threads import Threaded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future
    from pathlib import Path

_THREADS: Final = 4
_MOST_DIGESTS: Final = 10_000  # of 0.3 kB each
_TOKEN: Final = re.compile(r"[0-9a-f]{32}")
_MARK: Final = ".mark"


class Staging(Threaded):
    """Unfinished uploads below one folder; entered once per process (`async with`)."""

    def __init__(self, folder: Path, *, min_free_bytes: int = 0) -> None:
        """Remember `folder`; nothing is written where the disk would have less left."""
        self.folder = folder
        super().__init__(_THREADS, "staging")
        self._min_free_bytes = min_free_bytes
        self._digests: OrderedDict[str, Digest] = OrderedDict()

    def path(self, token: str) -> Path:
        """Return where an upload's bytes lie; no other text than a token becomes a path."""
        if not _TOKEN.fullmatch(token):
            raise ValueError("no token")
        return self.folder / token

    async def create(self, token: str) -> None:
        """Make an empty file, durably."""
        await self.run(lambda: self._create(self.path(token)))

    async def open(self, token: str) -> Staged:
        """Open for appending. Raises Gone where there is none, Locked where a process has it."""
        return await self.opened(lambda: self._open(token), _close_opened)

    async def delete(self, token: str) -> None:
        """Delete an upload's bytes, if there are any; its space is free when this returns."""
        self._digests.pop(token, None)
        await self.run(lambda: self._delete(token))

    async def sizes(self, tokens: Sequence[str]) -> dict[str, int]:
        """Return how many bytes there are of each of these, of those that there are."""
        return await self.run(lambda: dict(self._sizes(tokens)))

    async def old(self, age_s: float) -> list[str]:
        """Return the tokens of files that nobody wrote to for `age_s` seconds."""
        return await self.run(lambda: self._old(age_s))

    def digest(self, token: str) -> Digest:
        """Return the hash of what is written, as far as this process has seen it."""
        found = self._digests.setdefault(token, Digest())
        self._digests.move_to_end(token)
        if len(self._digests) > _MOST_DIGESTS:
            self._digests.popitem(last=False)
        return found

    def check_space(self, fd: int) -> None:
        """Refuse to write to the disk of `fd` where it is nearly full. Raises StorageFull."""
        disk = os.fstatvfs(fd)
        if disk.f_bavail * disk.f_frsize < self._min_free_bytes:
            raise StorageFull

    def mark(self, token: str, offset: int) -> None:
        """Note durably that what follows `offset` does not count yet; called in a thread."""
        # The target of a link is made with the link in one step, and never half.
        with full_disk():
            self._mark(token).symlink_to(str(offset))
            self._sync()

    def unmark(self, token: str) -> None:
        """Let everything count; called in a thread."""
        self._mark(token).unlink(missing_ok=True)
        self._sync()

    def _mark(self, token: str) -> Path:
        return self.path(token).with_suffix(_MARK)

    def _prepare(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)

    def _create(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with full_disk():
            fd = os.open(path, flags, 0o600)
        try:
            self.check_space(fd)
        except StorageFull:
            path.unlink()
            raise
        finally:
            os.close(fd)
        self._sync()

    def _open(self, token: str) -> Staged:
        try:
            fd = os.open(self.path(token), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError as err:
            raise Gone from err
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._cut(token, fd)
        except BlockingIOError as err:
            os.close(fd)
            raise Locked from err
        except BaseException:
            os.close(fd)
            raise
        return Staged(self, token, fd)

    def _cut(self, token: str, fd: int) -> None:
        """Forget what came with a checksum and was never verified."""
        try:
            offset = int(self._mark(token).readlink().name)
        except FileNotFoundError:
            return
        os.ftruncate(fd, offset)
        os.fsync(fd)
        self.unmark(token)

    def _delete(self, token: str) -> None:
        self.path(token).unlink(missing_ok=True)
        self._mark(token).unlink(missing_ok=True)

    def _sizes(self, tokens: Sequence[str]) -> Iterator[tuple[str, int]]:
        for token in tokens:
            with suppress(FileNotFoundError):
                yield token, self.path(token).lstat().st_size

    def _old(self, age_s: float) -> list[str]:
        limit = time.time() - age_s
        return [
            entry.name
            for entry in os.scandir(self.folder)
            if _TOKEN.fullmatch(entry.name) and entry.stat(follow_symlinks=False).st_mtime <= limit
        ]

    def _sync(self) -> None:
        fd = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _close_opened(opening: Future[Staged]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close_descriptor()
