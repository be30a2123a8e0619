"""Contents in a bucket: `files/ab/cd/abcd...` by hash, behind a prefix.

A content is gathered in the data folder and put into the bucket when its hash is known: in one
request, or in parts that become an object all at once. (The other way, parts under a temporary key
while they arrive and a copy at the end, holds 32 MiB of memory per upload, sends again what is
there already, and cannot copy more than 5 GiB.)

There are no locks in a bucket. So whoever commits a content and whoever deletes one each leave a
mark first and then look for the other's: `marks/HASH/young-*` and `marks/HASH/doomed-*`. Objects
are seen by everybody once they are written, so at least one of two sees the other: who deletes
gives up, who commits waits until the other one is done. Ages count by the service's clock alone.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Final, Self

from www.errors import NotFound, Unavailable
from www.storage.base import YOUNG_S, Stored
from www.storage.bucket import PART_BYTES, Bucket
from www.storage.inbox import FOLDER, Inbox
from www.storage.leftovers import abort_leftovers
from www.storage.local import LocalStorage
from www.storage.s3_content import S3Content
from www.utils.shares import Shares

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from obstore import ObjectMeta

    from www.storage.base import Bytes, InUse
    from www.storage.bucket import Place
    from www.storage.incoming import LocalIncoming
    from www.storage.links import Links

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
# What goes to the bucket at once: two large files, in parts (`www.storage.bucket`), beside 4 MiB of
# small ones, each in one piece. So memory is bounded however many uploads there are.
_LARGE: Final = 2
_SMALL: Final = 16
_SHARE_BYTES: Final = 256 * 1024
_RENEW_S: Final = 60.0  # a put that took longer leaves a second mark
_WAIT_S: Final = 10.0  # for somebody who deletes the same content just now
# Who deletes, gives up after the first time and asks the bucket no longer than until the second.
_DOOM_S: Final = 60.0
_DOOMED_S: Final = 600.0
_STALE_S: Final = 24 * 3600.0  # parts of an upload so old are nobody's any more


@dataclass(slots=True)
class S3Incoming:
    """A content that is gathered on the disk."""

    _storage: S3Storage
    _staged: LocalIncoming
    _sha256: str = ""
    _mark: str = ""
    _new: bool = False

    async def write(self, chunk: Bytes) -> None:
        """Take the next bytes, which must not change afterwards. Raises StorageFull."""
        await self._staged.write(chunk)

    def feed(self, chunk: Bytes) -> None:
        """Take the next bytes in the calling thread; afterwards `chunk` may change."""
        self._staged.feed(chunk)

    def seal(self) -> None:
        """Write the rest to the disk. Raises StorageFull."""
        self._staged.complete()

    async def commit(self) -> Stored:
        """Put everything written into the bucket. Raises StorageFull, Unavailable."""
        stored = await self._staged.stage()
        self._sha256 = stored.sha256
        self._mark, self._new = await self._storage.take(self._staged.path, stored)
        await self._staged.abort()
        return stored

    async def abort(self) -> None:
        """Forget everything written; after a commit this does nothing."""
        await self._staged.abort()

    async def withdraw(self) -> None:
        """Undo the commit, because no row was written; what others committed too stays."""
        mark, self._mark = self._mark, ""
        if mark:
            await asyncio.shield(self._storage.withdraw(self._sha256, mark, new=self._new))

    def settle(self) -> None:
        """Do nothing: its mark keeps the content for as long as it is young."""


class S3Storage:
    """Contents in one bucket, shared safely by any number of processes and machines."""

    def __init__(
        self,
        place: Place,
        folder: Path,
        *,
        min_free_bytes: int = 0,
        links: Links | None = None,
        inbox_at: str | None = None,
        stale_s: float = _STALE_S,
    ) -> None:
        """Remember the bucket, and the data folder where uploads are gathered.

        `inbox_at`: browsers may put contents into the bucket themselves, which they reach at this
        endpoint ("": the same as we).
        """
        self.bucket = Bucket(place)
        self._disk = LocalStorage(folder, min_free_bytes=min_free_bytes)
        self._links = links
        self.inbox = None if inbox_at is None else Inbox(self.bucket, self._keep, inbox_at)
        self._stale_s = stale_s
        self._large = asyncio.Semaphore(_LARGE)
        self._small = Shares(_SMALL)

    async def __aenter__(self) -> Self:
        await self._disk.__aenter__()
        if self.inbox is not None:
            await self.inbox.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        if self.inbox is not None:
            await self.inbox.__aexit__(*error)
        await self._disk.__aexit__(*error)

    async def begin(self) -> S3Incoming:
        """Start a content in a temporary file of the data folder."""
        return S3Incoming(self, await self._disk.begin())

    def start(self) -> S3Incoming:
        """Start a content in the calling thread."""
        return S3Incoming(self, self._disk.start())

    async def adopt(self, path: Path, sha256: str, size_bytes: int) -> Stored:
        """Put a finished file of the data folder into the bucket, and delete it there."""
        stored = Stored(sha256, size_bytes)
        await self._disk.run(lambda: os.close(os.open(path, os.O_RDONLY | os.O_NOFOLLOW)))
        await self.take(path, stored)
        await self._disk.run(lambda: path.unlink(missing_ok=True))
        return stored

    async def open(self, sha256: str) -> S3Content:
        """Open for reading. Raises NotFound."""
        key = _key(sha256)
        found = await self.bucket.size_of(key)
        if found is None:
            raise NotFound
        return S3Content(self.bucket, key, found["size"])

    async def exists(self, sha256: str) -> bool:
        """Tell whether the content is here."""
        return await self.bucket.size_of(_key(sha256)) is not None

    async def delete(self, sha256: str, *, older_than_s: float = YOUNG_S) -> bool:
        """Delete the content unless it is younger; tell whether it is gone now."""
        found = await self.bucket.size_of(_key(sha256))
        if found is None:
            return True
        # By our clock, to spare the marks; what counts comes below, by the service's.
        if _now() - found["last_modified"] < timedelta(seconds=older_than_s / 2):
            return False
        return await asyncio.shield(self._remove(sha256, timedelta(seconds=older_than_s)))

    async def release(self, hashes: Sequence[str], in_use: InUse) -> bool:  # noqa: ARG002
        """Do nothing: a bucket knows no locks, so what is young stays for the sweep."""
        return True

    async def sweep(self, in_use: InUse, *, older_than_s: float = YOUNG_S) -> int:
        """Delete contents that nobody uses, and what broken uploads left; return how many."""
        age = timedelta(seconds=older_than_s)
        swept = await self._disk.sweep_incoming(older_than_s)
        async for some in self.bucket.all_below("files"):
            names = [one["path"].rpartition("/")[2] for one in some if _is_older(one, age)]
            old = [name for name in names if _SHA256.fullmatch(name)]
            used = set(await in_use(old)) if old else set()
            for sha256 in (name for name in old if name not in used):
                swept += await self.delete(sha256, older_than_s=older_than_s)
        await self._sweep_folder("marks", age)
        stale = timedelta(seconds=self._stale_s)
        if self.inbox is None:  # the setting was taken back, and nobody else looks after it
            swept += await self._sweep_folder(FOLDER, stale)
        spared = "" if self.inbox is None else FOLDER
        with suppress(Unavailable):  # not every service and not every key can list them
            swept += await asyncio.to_thread(
                abort_leftovers, self.bucket.place, stale, except_below=spared
            )
        return swept

    def link(self, sha256: str, headers: Mapping[str, str]) -> str | None:
        """Return an address in the bucket that works for a while, where the settings want that."""
        return None if self._links is None else self._links.download(_key(sha256), headers)

    async def take(self, path: Path, stored: Stored) -> tuple[str, bool]:
        """Put a file under its hash unless it is there; return our mark and whether it is new."""
        is_large = stored.size_bytes > PART_BYTES
        shares = -(-stored.size_bytes // _SHARE_BYTES)

        async def put(key: str) -> None:
            async with self._large if is_large else self._small.take(shares):
                await self.bucket.put_file(key, path, stored.size_bytes)

        return await self._keep(stored, put)

    async def _keep(
        self, stored: Stored, put: Callable[[str], Awaitable[None]]
    ) -> tuple[str, bool]:
        """Let `put` bring a content to its key unless it is there; return as `take` does."""
        key = _key(stored.sha256)
        mark, began = await self._announce(stored.sha256), monotonic()
        found = await self.bucket.size_of(key)
        if found is not None and found["size"] == stored.size_bytes:
            return mark, False
        await put(key)
        if monotonic() - began > _RENEW_S:
            mark = await self._announce(stored.sha256)
        return mark, found is None

    async def withdraw(self, sha256: str, mark: str, *, new: bool) -> None:
        """Take a mark away, and the content with it where it came with this mark alone."""
        await self.bucket.delete(mark)
        if new:
            await self._remove(sha256, None)

    async def _announce(self, sha256: str) -> str:
        """Leave a mark that keeps the content; wait for those who are deleting it."""
        mark = f"marks/{sha256}/young-{secrets.token_hex(8)}"
        await self.bucket.put(mark, b"")
        end = monotonic() + _WAIT_S
        while await self._doomed(sha256, mark):
            if monotonic() > end:
                raise Unavailable
            await asyncio.sleep(0.1)
        return mark

    async def _doomed(self, sha256: str, mark: str) -> bool:
        """Tell whether somebody deletes it; who was killed meanwhile does so no longer."""
        marks = await self.bucket.below(f"marks/{sha256}")
        now = marks[mark]["last_modified"] if mark in marks else _now()
        limit = now - timedelta(seconds=_DOOMED_S)
        return any(one["last_modified"] > limit for key, one in marks.items() if "/doomed-" in key)

    async def _remove(self, sha256: str, age: timedelta | None) -> bool:
        """Delete unless the content is younger than `age`, or has a mark that is.

        None: it may be of any age, but not have a mark younger than is usual.
        """
        doom, began = f"marks/{sha256}/doomed-{secrets.token_hex(8)}", monotonic()
        await self.bucket.put(doom, b"")
        try:
            found = await self.bucket.size_of(_key(sha256))
            if found is None:
                return True
            marks = await self.bucket.below(f"marks/{sha256}")
            now = marks[doom]["last_modified"]
            kept = [one for key, one in marks.items() if "/young-" in key]
            limit = now - (timedelta(seconds=YOUNG_S) if age is None else age)
            if age is not None:
                kept.append(found)
            if any(one["last_modified"] > limit for one in kept) or monotonic() - began > _DOOM_S:
                return False
            await self.bucket.delete(_key(sha256))
            return True
        finally:
            with suppress(Unavailable):  # it is swept, and means nothing after ten minutes
                await self.bucket.delete(doom)

    async def _sweep_folder(self, folder: str, age: timedelta) -> int:
        swept = 0
        async for some in self.bucket.all_below(folder):
            for one in some:
                if _is_older(one, age):
                    await self.bucket.delete(one["path"])
                    swept += 1
        return swept


def _key(sha256: str) -> str:
    """Return where a content is; no other text than a hash becomes a key."""
    if not _SHA256.fullmatch(sha256):
        raise NotFound
    return f"files/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _now() -> datetime:
    return datetime.now(UTC)


def _is_older(one: ObjectMeta, age: timedelta) -> bool:
    return one["last_modified"] <= _now() - age
