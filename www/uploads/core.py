"""The core under both protocols: uploads are created, opened, finished and deleted.

It knows no header. The way to a file, each step of which may be the last before a crash:

1. the last byte is in the staged file, which is synced;
2. its hash is written to the upload's row: nothing is appended any more, and no sweep takes the
   content;
3. the storage takes the file over by its name (`Storage.adopt`);
4. one transaction writes the file's row, and in the upload's row which file it has become.

Whoever opens the upload next goes on where the crash was; the sweep does so too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from www.db import DiskFull
from www.errors import BadRequest, Gone, NotFound, TooLarge
from www.files import types
from www.files.scanning import Infected, TooLargeToScan, note
from www.files.space import too_large
from www.i18n import N_
from www.models import File, Upload, Visibility
from www.storage import Stored
from www.uploads import actions, completing, fields, joining, queries, waiting
from www.uploads.errors import ChecksumMismatch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from www.db import Engine
    from www.files.scanning import Scanner
    from www.files.space import Space
    from www.storage import Storage
    from www.uploads.locks import Hold, Locks
    from www.uploads.staged import Staged
    from www.uploads.staging import Staging
    from www.uploads.waiting import Waiting


_AHEAD_BYTES: Final = 16 * 1024 * 1024


def _nothing(_: Sequence[File]) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is allowed, from the settings."""

    file_bytes: int
    quota_bytes: int
    lifetime: timedelta
    idle_s: float = 60.0
    usual: Visibility = Visibility.UNLISTED  # of files on top


@dataclass(slots=True)
class Work:
    """An upload in the hands of one request. `staged` is None once it is complete.

    `is_told` says that the client may know the address of a new upload before the answer.
    """

    uploads: Uploads
    hold: Hold
    upload: Upload
    staged: Staged | None = None
    is_told: bool = False

    @property
    def offset(self) -> int:
        """How many bytes there are."""
        return self.staged.offset if self.staged is not None else self.upload.length or 0

    @property
    def is_complete(self) -> bool:
        """Tell whether the upload has become what it was made for."""
        return self.upload.completed_at is not None

    @property
    def concat(self) -> fields.Concat:
        """What the upload is a part of, or made of."""
        return fields.concat(self.upload.concat)

    @property
    def is_whole(self) -> bool:
        """Tell whether every byte is there that was announced."""
        return self.upload.length is not None and self.offset == self.upload.length

    async def file(self) -> File | None:
        """Return the file that the upload has become, while it exists."""
        if self.upload.file_id is None:
            return None
        return await self.uploads.engine.get(File, self.upload.file_id)


@dataclass(frozen=True, slots=True)
class Uploads:
    """What uploads need; one per application."""

    engine: Engine
    storage: Storage
    staging: Staging
    space: Space
    bounds: Bounds
    locks: Locks
    scanner: Scanner | None = None
    after_adding: Callable[[Sequence[File]], None] = _nothing

    def draft(self, owner_id: int, name: str) -> Upload:
        """Return a new upload that is not stored yet; as if its address were known."""
        now = datetime.now(UTC)
        return Upload(
            token=actions.new_token(),
            owner_id=owner_id,
            name=name,
            created_at=now,
            expires_at=now + self.bounds.lifetime,
        )

    @asynccontextmanager
    async def created(self, upload: Upload) -> AsyncIterator[Work]:
        """Store a new upload and hold it; where the block fails, forget it unless it `is_told`.

        Raises TooLarge, QuotaExceeded, StorageFull.
        """
        if (upload.length or 0) > self.bounds.file_bytes:
            raise too_large(upload.name, self.bounds.file_bytes)
        async with self.locks.hold(upload.token) as hold:
            work = Work(self, hold, upload)
            try:
                await self.staging.create(upload.token)
                async with self.engine.transaction() as conn:
                    await actions.create(
                        conn, upload, space=self.space, quota_bytes=self.bounds.quota_bytes
                    )
                async with self._with_staged(work):
                    yield work
            except BaseException:
                if not work.is_told:
                    await asyncio.shield(self._forget(upload.token))
                raise

    @asynccontextmanager
    async def opened(self, owner_id: int, token: str) -> AsyncIterator[Work]:
        """Take an upload from whoever has it, and finish what a crash has left undone.

        Raises NotFound, Gone, Locked.
        """
        async with self.locks.hold(token) as hold:
            upload = await queries.own(self.engine, owner_id, token, now=datetime.now(UTC))
            work = Work(self, hold, upload)
            if work.is_complete:
                yield work
            elif upload.sha256 is not None:
                await self._become_file(work, upload.sha256)
                yield work
            else:
                async with self._with_staged(work):
                    await self.finish_if_whole(work)
                    yield work

    async def renew(self, work: Work) -> None:
        """Let the upload live on, counted from now; a full disk is no reason not to answer."""
        actions.renew(work.upload, self.bounds.lifetime, now=datetime.now(UTC))
        with contextlib.suppress(DiskFull):
            await self.engine.update(work.upload)

    async def leave(self, work: Work) -> None:
        """Let a new upload go soon, unless its client gets the answer and comes back.

        Nobody comes back to a part that is whole.
        """
        if not (work.is_told or work.is_whole):
            actions.leave(work.upload, self.bounds.lifetime, now=datetime.now(UTC))
            await self.engine.update(work.upload)

    async def say_length(self, work: Work, length: int) -> None:
        """Note a length that was not known before. Raises BadRequest, TooLarge, QuotaExceeded."""
        if length < work.offset:
            raise BadRequest(N_("There are more bytes already than the upload shall have."))
        if length > self.bounds.file_bytes:
            raise too_large(work.upload.name, self.bounds.file_bytes)
        work.upload.length = length
        await self._reserve(work, length)

    async def reserve(self, work: Work, end: int, announced: int | None) -> None:
        """Make room up to `end`, and where the length is not known, for more to come."""
        if end <= work.upload.reserved:
            return
        if announced is not None:
            await self._reserve(work, announced)
            return
        try:
            await self._reserve(work, min(end + _AHEAD_BYTES, self.bounds.file_bytes))
        except TooLarge:
            await self._reserve(work, end)

    async def finish_if_whole(self, work: Work) -> None:
        """Make a file of an upload that has all its bytes; parts stay what they are."""
        concat = work.concat
        if concat.is_final:
            await joining.put_together(work, concat.parts)
        elif work.is_whole and not concat.is_partial:
            await self.finish(work)

    async def finish(self, work: Work) -> None:
        """Make a file of what is there. Raises ChecksumMismatch, StorageFull, QuotaExceeded."""
        staged, upload = work.staged, work.upload
        assert staged is not None
        sha256 = await staged.sha256()
        if upload.expected_sha256 not in {None, sha256}:
            await self.delete(work)
            raise ChecksumMismatch
        await self._screen(work)
        upload.sha256, upload.length = sha256, staged.offset
        await self.engine.update(upload)
        await self._become_file(work, sha256)

    async def _screen(self, work: Work) -> None:
        """Have it scanned for viruses. Raises Infected, TooLargeToScan: then it and its parts go.

        Where the scanner is away (Unavailable) all bytes stay, and the next request tries again.
        """
        if self.scanner is None:
            return
        path = self.staging.path(work.upload.token)
        try:
            with await self.staging.run(lambda: path.open("rb")) as file:

                async def read(offset: int, size_bytes: int) -> bytes:
                    return await self.staging.run(
                        lambda: os.pread(file.fileno(), size_bytes, offset)
                    )

                await self.scanner.screen_bytes(work.upload.name, work.offset, read)
        except (Infected, TooLargeToScan) as err:
            if isinstance(err, Infected):
                await note(self.engine, err, work.upload.owner_id)
            parts = await joining.used_up(self.engine, work.upload)
            await self.delete(work)
            await self.engine.delete_many(parts)
            for part in parts:
                await self.staging.delete(part.token)
            raise

    async def delete(self, work: Work) -> None:
        """Forget the upload, and give its space back; a file that it has become stays."""
        await self.engine.delete(work.upload)
        await self.staging.delete(work.upload.token)

    async def discard(self, owner_id: int, token: str) -> None:
        """Forget an upload of this person, also one whose bytes are lost. Raises NotFound."""
        try:
            async with self.opened(owner_id, token) as work:
                await self.delete(work)
        except (Gone, NotFound):
            async with self.locks.hold(token):
                if not await self.engine.run(queries.row_of(owner_id, token)):
                    raise
                await self.staging.delete(token)

    async def waiting(self, owner_id: int) -> list[Waiting]:
        """Return this person's uploads that may still be gone on with."""
        now = datetime.now(UTC)
        return await waiting.of_person(self.engine, self.staging, owner_id, now=now)

    async def _forget(self, token: str) -> None:
        """Delete what may be there of an upload; its row, too, where a commit seemed to fail."""
        try:
            await self.engine.run(Upload.delete().where(Upload.token == token))
        finally:
            await self.staging.delete(token)

    @asynccontextmanager
    async def _with_staged(self, work: Work) -> AsyncIterator[Work]:
        work.staged = staged = await self.staging.open(work.upload.token)
        try:
            yield work
        finally:
            await staged.close()

    async def _reserve(self, work: Work, size_bytes: int) -> None:
        async with self.engine.transaction() as conn:
            await actions.reserve(
                conn,
                work.upload,
                size_bytes,
                space=self.space,
                quota_bytes=self.bounds.quota_bytes,
            )

    async def _become_file(self, work: Work, sha256: str) -> None:
        """Go the last two steps, or what is left of them."""
        upload, size_bytes = work.upload, work.upload.length or 0
        try:
            await self.storage.adopt(self.staging.path(upload.token), sha256, size_bytes)
        except FileNotFoundError as err:  # an earlier attempt has come so far
            if not await self.storage.exists(sha256):
                raise Gone from err
        head = await self._head(sha256)
        parts = await joining.used_up(self.engine, upload)
        stored = Stored(sha256, size_bytes)
        async with self.engine.transaction() as conn:
            file = await completing.become_file(
                conn, upload, stored, head, parts=parts, bounds=self.bounds
            )
        self.after_adding([file])
        work.staged = None
        for token in (upload.token, *(part.token for part in parts)):
            await self.staging.delete(token)

    async def _head(self, sha256: str) -> bytes:
        content = await self.storage.open(sha256)
        try:
            return await content.pread(0, types.HEAD_BYTES)
        finally:
            content.close()
