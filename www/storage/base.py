"""What every storage can do. Contents are immutable and named by their SHA-256.

A content comes in through `Incoming`, and its row is written after `commit()`. Between the two the
content is young and nobody refers to it, so nothing young is ever deleted: `delete` and `sweep`
take an age and spare what was committed more recently, also when it was committed a second time.
That closes the race between "nobody uses this content any more" and "somebody uploads it again".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, Self

from www.errors import WwwError
from www.i18n import N_

if TYPE_CHECKING:
    from pathlib import Path

    from www.storage.inbox import Inbox

YOUNG_S: Final = 3600.0  # far longer than the moment between a commit and its row

Bytes = bytes | bytearray | memoryview
# Which of these hashes are still referred to; asked in batches.
InUse = Callable[[Sequence[str]], Awaitable[Collection[str]]]


class StorageFull(WwwError):
    """The disk or bucket takes no more: nothing that the sender can mend (RFC 4918, 507)."""

    status = 507
    default = N_("The server has no space left for this.")


@dataclass(frozen=True, slots=True)
class Stored:
    """A content that is durable."""

    sha256: str
    size_bytes: int


class Incoming(Protocol):
    """A content on its way in. Whoever began it calls `abort` in `finally`."""

    async def write(self, chunk: Bytes) -> None:
        """Take the next bytes, which must not change afterwards. Raises StorageFull."""

    def feed(self, chunk: Bytes) -> None:
        """Take the next bytes in the calling thread, which is not the loop's. Raises StorageFull.

        Afterwards `chunk` may change. Not to be mixed with `write`.
        """

    def seal(self) -> None:
        """Do of `commit` what the calling thread can do, which is not the loop's.

        Afterwards nothing is fed, and `commit` takes no thread for the disk. Raises StorageFull.
        """

    async def commit(self) -> Stored:
        """Make everything written durable and findable by its hash. Raises StorageFull."""

    async def abort(self) -> None:
        """Forget everything written; after a commit this does nothing."""

    async def withdraw(self) -> None:
        """Undo the commit, because no row was written.

        What was here before, or has been committed again since, stays: another row may need it.
        """

    def settle(self) -> None:
        """Say that the row is committed: until then, or `withdraw`, nobody releases a content."""


class Content(Protocol):
    """An open content. On the local disk it stays readable until closed, whoever deletes it."""

    @property
    def size_bytes(self) -> int:
        """Its length."""

    def fileno(self) -> int | None:
        """Return the descriptor for sendfile, None where there is none."""

    async def pread(self, offset: int, size_bytes: int) -> bytes:
        """Return `size_bytes` from `offset`, less only at the end. Raises Unavailable, NotFound."""

    def close(self) -> None:
        """Give the descriptor back; a second call does nothing."""


class Readable(Protocol):
    """Where contents can be read; every method raises Unavailable where it does not answer."""

    async def open(self, sha256: str) -> Content:
        """Open for reading. Raises NotFound."""

    async def exists(self, sha256: str) -> bool:
        """Tell whether the content is here."""

    def link(self, sha256: str, headers: Mapping[str, str]) -> str | None:
        """Return a short-lived address outside of this server that answers with the content.

        `headers` are those of the answer that must be kept (Content-Type, Content-Disposition).
        None: readers get it from us.
        """


class Storage(Readable, Protocol):
    """A place for contents, entered once per process (`async with`).

    Every method raises Unavailable where the storage does not answer.
    """

    async def __aenter__(self) -> Self:
        """Open it."""

    async def __aexit__(self, *error: object) -> None:
        """Close it; a second call does nothing."""

    @property
    def inbox(self) -> Inbox | None:
        """Where browsers put contents themselves; None: they come through us."""

    async def begin(self) -> Incoming:
        """Start a content."""

    async def adopt(self, path: Path, sha256: str, size_bytes: int) -> Stored:
        """Take over a finished file of the data folder whose hash is known; `path` is gone then.

        Afterwards it is durable. A crash on the way leaves the file at `path`, or its content, or
        both: the same call again brings it to its end where `path` is still there. Raises
        StorageFull, FileNotFoundError.
        """

    def start(self) -> Incoming:
        """Start a content in the calling thread, which is not the loop's. Raises StorageFull."""

    async def delete(self, sha256: str, *, older_than_s: float = YOUNG_S) -> bool:
        """Delete the content unless it is younger; tell whether it is gone now."""

    async def release(self, hashes: Sequence[str], in_use: InUse) -> bool:
        """Delete those of `hashes` that nobody uses, also young ones, as far as that is safe.

        False: something is being stored just now, or they were many; the next call goes on with
        them. `in_use` must see every row that is committed when it is asked.
        """

    async def sweep(self, in_use: InUse, *, older_than_s: float = YOUNG_S) -> int:
        """Delete contents that nobody uses, and what broken uploads left; return how many."""
