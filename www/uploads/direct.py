"""Uploads that go from the browser into the bucket, past us: `storage.presign_uploads`.

The row reserves the space, the bucket's inbox takes the bytes. The way to a file, each step of
which may be the last before a crash:

1. the service puts the parts together, once all are there in the lengths that were signed;
2. what came is read once: hashed, scanned for viruses, its type found by its content;
3. it is copied inside of the service to its hash;
4. one transaction writes the file's row, and in the upload's row which file it has become;
5. the inbox forgets it.

All of them may be repeated, also by two servers at once, and the sweep does so for what has all its
bytes. Without its row an upload is nothing: the sweep empties the inbox of what nobody knows.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Final, Self

from www.db import DiskFull
from www.errors import Conflict, NotFound, QuotaExceeded, Unavailable, WwwError
from www.files.scanning import Infected, TooLargeToScan, note
from www.files.space import too_large
from www.i18n import N_
from www.models import File, Upload
from www.storage import Stored
from www.storage.bucket import PART_BYTES, part_size
from www.storage.inbox import LINK_S, Changed
from www.uploads import actions, completing, destination, queries
from www.uploads.errors import ChecksumMismatch, Incomplete
from www.uploads.parts import MOST_LINKS, count_of, size_of
from www.uploads.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Collection

    from www.storage.inbox import Inbox
    from www.uploads.core import Uploads
    from www.uploads.parts import Announced

_AT_ONCE: Final = 4  # contents that are read again, each with 5 MiB of memory
_STEP_BYTES: Final = 1024**2
_OVER: Final = N_("There is no such upload, or it is over.")
# The first links work without us, and who uses them up need not come before they are over.
_UNCLAIMED: Final = timedelta(seconds=LINK_S) + actions.UNCLAIMED
_FORGOTTEN_S: Final = 600.0  # for how long an outcome waits for somebody to ask


class Direct:
    """Uploads into the inbox; one per application, inside `async with`."""

    def __init__(self, uploads: Uploads, inbox: Inbox) -> None:
        """Take the core, whose rows and bounds are the same, and the bucket's inbox."""
        self.uploads = uploads
        self._inbox = inbox
        self._engine = uploads.engine
        self._finishing: dict[str, asyncio.Task[File]] = {}
        self._refusals: dict[tuple[int, str], WwwError] = {}
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._is_closing = False
        self.swept_to = 0  # the id up to which the last sweep came, 0 where it came to the end

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_closing = True
        tasks = list(self._finishing.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def create(self, owner_id: int, announced: Announced) -> Upload:
        """Reserve the space and begin; unless somebody comes to its address, it goes soon.

        Raises TooLarge, QuotaExceeded, TooManyUploads, NotFound, Invalid, Unavailable.
        """
        bounds, size_bytes = self.uploads.bounds, announced.size_bytes
        if size_bytes > bounds.file_bytes:
            raise too_large(announced.name, bounds.file_bytes)
        await destination.require(self._engine, owner_id, announced.claims)
        upload = self.uploads.draft(owner_id, announced.name)
        upload.length = upload.reserved = size_bytes
        upload.claims = announced.claims
        upload.expected_sha256 = announced.sha256
        upload.part_bytes = part_size(size_bytes, PART_BYTES)
        space, quota_bytes = self.uploads.space, bounds.quota_bytes
        async with self._engine.transaction() as conn:  # before the bucket is troubled
            await actions.require_room(conn, upload, space=space, quota_bytes=quota_bytes)
        upload.parts_id = await self._inbox.begin(upload.token)
        actions.leave(upload, bounds.lifetime, now=datetime.now(UTC), unclaimed=_UNCLAIMED)
        stored = False
        try:
            async with self._engine.transaction() as conn:
                await actions.create(conn, upload, space=space, quota_bytes=quota_bytes)
                stored = True
        finally:
            # A commit that failed may have reached the database all the same: it expires then.
            if not stored:
                with suppress(Unavailable):  # it is swept, and what went wrong is what counts
                    await self._inbox.forget(upload.token, upload.parts_id)
        return upload

    async def own(self, owner_id: int, token: str) -> Upload:
        """Return a direct upload of this person, who is still there, so it lives on.

        Raises NotFound, Gone.
        """
        now, lifetime = datetime.now(UTC), self.uploads.bounds.lifetime
        upload = await queries.own_direct(self._engine, owner_id, token, now=now)
        if actions.renew(upload, lifetime, now=now):
            with suppress(DiskFull):  # no reason not to answer
                await self._engine.run(queries.renewal(upload))
        return upload

    async def own_to_finish(self, owner_id: int, token: str) -> Upload:
        """Return as `own`; raises also why it was refused, which nobody may have been told yet."""
        try:
            return await self.own(owner_id, token)
        except NotFound:
            if (refusal := self._refusals.get((owner_id, token))) is not None:
                raise refusal from None
            raise

    def links(self, upload: Upload, numbers: Collection[int]) -> dict[int, str]:
        """Return an address for each part. Raises Conflict where nothing is wanted any more."""
        if upload.completed_at is not None:
            raise Conflict(N_("The upload is complete already."))
        sizes = {number: size_of(upload, number) for number in numbers}
        return self._inbox.links(upload.token, upload.parts_id or "", sizes)

    async def arrived(self, upload: Upload) -> list[int]:
        """Return the numbers of the parts that are there in the right length."""
        try:
            parts = await self._inbox.parts(upload.token, upload.parts_id or "")
        except NotFound:  # they have been put together already
            return list(range(1, count_of(upload) + 1))
        return [n for n, part in parts.items() if part.size_bytes == size_of(upload, n)]

    async def file(self, upload: Upload) -> File | None:
        """Return the file that the upload has become, while it exists."""
        return None if upload.file_id is None else await self._engine.get(File, upload.file_id)

    async def finish(self, upload: Upload, *, timeout_s: float) -> File | None:
        """Make a file of what is there; None if that takes longer: it goes on, so ask again.

        Raises Incomplete, Infected, TooLargeToScan, ChecksumMismatch, QuotaExceeded, Conflict
        (it was changed meanwhile), NotFound (it was cancelled), Unavailable.
        """
        end = monotonic() + timeout_s
        while True:
            task, is_new = self._task(upload)
            done, _ = await asyncio.wait([task], timeout=max(0, end - monotonic()))
            if not done:
                return None
            self._drop(upload.token, task)
            if task.cancelled():
                raise Unavailable if self._is_closing else NotFound(_OVER)
            try:
                return task.result()
            except Incomplete:  # so it was for whoever began the task; parts have come since then
                if is_new:
                    raise

    async def delete(self, upload: Upload) -> None:
        """Forget the upload, and give its space back; a file that it has become stays."""
        if (task := self._finishing.pop(upload.token, None)) is not None:
            task.cancel()
            await asyncio.wait([task])
        await self._engine.delete(upload)
        with suppress(Unavailable):  # the row is gone, so what is left is swept
            await self._inbox.forget(upload.token, upload.parts_id)

    def is_finishing(self, token: str) -> bool:
        """Tell whether somebody has asked for it to be made a file."""
        return token in self._finishing

    async def older(self, age_s: float) -> list[tuple[str, str | None]]:
        """Return what lies in the inbox for longer, as `Inbox.older`."""
        return await self._inbox.older(age_s)

    async def forget(self, token: str, parts_id: str | None) -> None:
        """Empty the inbox of something that nobody knows."""
        await self._inbox.forget(token, parts_id)

    def _keep_outcome(self, token: str, task: asyncio.Task[File]) -> None:
        """Let whoever asks next learn what came out, for a while."""
        if not task.cancelled():
            task.exception()

        if self._finishing.get(token) is task:
            asyncio.get_running_loop().call_later(_FORGOTTEN_S, self._drop, token, task)

    def _keep_refusal(self, upload: Upload, refusal: WwwError) -> None:
        """Let its owner learn for a while why there is no such upload any more."""
        key = upload.owner_id, upload.token
        self._refusals[key] = refusal
        asyncio.get_running_loop().call_later(_FORGOTTEN_S, self._refusals.pop, key, None)

    def _drop(self, token: str, task: asyncio.Task[File]) -> None:
        """Forget a task, unless another one has taken its place."""
        if self._finishing.get(token) is task:
            del self._finishing[token]

    def _task(self, upload: Upload) -> tuple[asyncio.Task[File], bool]:
        """Return what makes a file of it, and whether that begins now."""
        if (task := self._finishing.get(upload.token)) is not None:
            return task, False
        task = self._finishing[upload.token] = asyncio.create_task(self._finish(upload))
        task.add_done_callback(lambda done: self._keep_outcome(upload.token, done))
        return task, True

    async def _finish(self, upload: Upload) -> File:
        """Go the whole way, or find that another server has gone it meanwhile."""
        try:
            return await self._make_file(upload)
        except (Conflict, NotFound, Unavailable):
            found = await self._engine.get(Upload, upload.id)
            file = None if found is None else await self.file(found)
            if file is None:
                raise
            return file

    async def _make_file(self, upload: Upload) -> File:
        async with self._turns:
            try:
                stored, head = await self._read(upload, await self._whole(upload))
                await self._inbox.keep(upload.token, stored)
                file = await self._write_row(upload, stored, head)
            except (Infected, TooLargeToScan, ChecksumMismatch, QuotaExceeded) as err:
                if isinstance(err, Infected):
                    await note(self._engine, err, upload.owner_id)
                self._keep_refusal(upload, err)
                await self._engine.run(queries.forgotten(upload))
                await self._clear(upload)
                raise
            except Changed as err:
                raise Conflict(N_("The file was changed while it was checked.")) from err
            await self._clear(upload)
            return file

    async def _clear(self, upload: Upload) -> None:
        """Empty the inbox of what has become a file, or never will; what is left is swept."""
        with suppress(Unavailable):
            await self._inbox.forget(upload.token, None)

    async def _whole(self, upload: Upload) -> int:
        """Let the service put the parts together; return how many bytes there are.

        From then on no address that was signed changes them. Raises Incomplete, Changed.
        """
        try:
            parts = await self._inbox.parts(upload.token, upload.parts_id or "")
        except NotFound:  # an earlier attempt has come so far
            parts = None
        if parts is not None:
            wanted = {number: size_of(upload, number) for number in range(1, count_of(upload) + 1)}
            sizes = {number: part.size_bytes for number, part in parts.items()}
            if missing := [n for n, size in wanted.items() if sizes.get(n) != size]:
                raise Incomplete(missing[:MOST_LINKS])
            chosen = {number: parts[number] for number in wanted}
            try:
                await self._inbox.complete(upload.token, upload.parts_id or "", chosen)
            except NotFound:  # done already: the answer was lost, or it was another server
                parts = None
        size_bytes = await self._inbox.size_of(upload.token)
        if size_bytes is None and parts is None:  # the service has thrown them away
            raise NotFound(_OVER)
        if size_bytes is None or size_bytes != upload.length:
            raise Changed
        return size_bytes

    async def _read(self, upload: Upload, size_bytes: int) -> tuple[Stored, bytes]:
        """Read it once, for the scanner too; return its hash and its beginning."""
        content = self._inbox.content(upload.token, size_bytes)
        reading = Reading(content)
        try:
            if self.uploads.scanner is not None:
                await self.uploads.scanner.screen_bytes(upload.name, size_bytes, reading.pread)
            while await reading.pread(reading.at, _STEP_BYTES):
                pass
        except NotFound as err:
            raise Changed from err
        finally:
            content.close()
        sha256 = reading.digest.hexdigest()
        if upload.expected_sha256 not in {None, sha256}:
            raise ChecksumMismatch
        return Stored(sha256, reading.at), reading.head

    async def _write_row(self, upload: Upload, stored: Stored, head: bytes) -> File:
        """Write the file's row, or return the one that another server has written."""
        async with self._engine.transaction() as conn:
            await conn.lock(f"files of {upload.owner_id}")
            found = await conn.get(Upload, upload.id)
            if found is None:
                raise NotFound(_OVER)
            if found.file_id is not None:
                return await conn.one(File.select().where(File.id == found.file_id))
            if found.completed_at is not None:
                raise NotFound(N_("The file of this upload was deleted meanwhile."))
            bounds = self.uploads.bounds
            file = await completing.become_file(conn, found, stored, head, bounds=bounds)
        self.uploads.after_adding([file])
        return file
