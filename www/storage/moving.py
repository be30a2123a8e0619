"""Two storages while contents move from one to the other: all that comes in goes to the new one.

What the new one does not have yet is read from the old one. The copying is done by
`www storage move`, in another process and at any pace; nothing here copies.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from www.errors import NotFound
from www.storage.base import YOUNG_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from www.storage.base import Content, Incoming, InUse, Storage, Stored
    from www.storage.inbox import Inbox


class Moving:
    """The new storage, with the old one behind it."""

    def __init__(self, new: Storage, old: Storage) -> None:
        """Remember both."""
        self._new = new
        self._old = old
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._old)
            await stack.enter_async_context(self._new)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def inbox(self) -> Inbox | None:
        """Return where browsers put contents in the new storage."""
        return self._new.inbox

    async def begin(self) -> Incoming:
        """Start a content in the new storage."""
        return await self._new.begin()

    def start(self) -> Incoming:
        """Start a content in the new storage, in the calling thread."""
        return self._new.start()

    async def adopt(self, path: Path, sha256: str, size_bytes: int) -> Stored:
        """Take a finished file into the new storage. Raises StorageFull, FileNotFoundError."""
        return await self._new.adopt(path, sha256, size_bytes)

    async def open(self, sha256: str) -> Content:
        """Open it where it is. Raises NotFound."""
        try:
            return await self._new.open(sha256)
        except NotFound:
            return await self._old.open(sha256)

    async def exists(self, sha256: str) -> bool:
        """Tell whether one of them has it."""
        return await self._new.exists(sha256) or await self._old.exists(sha256)

    async def delete(self, sha256: str, *, older_than_s: float = YOUNG_S) -> bool:
        """Delete the content in both unless it is younger; tell whether it is gone now."""
        gone = await self._old.delete(sha256, older_than_s=older_than_s)
        return await self._new.delete(sha256, older_than_s=older_than_s) and gone

    async def release(self, hashes: Sequence[str], in_use: InUse) -> bool:
        """Release in both."""
        released = await self._old.release(hashes, in_use)
        return await self._new.release(hashes, in_use) and released

    async def sweep(self, in_use: InUse, *, older_than_s: float = YOUNG_S) -> int:
        """Delete what nobody uses in both; return how many."""
        swept = await self._old.sweep(in_use, older_than_s=older_than_s)
        return swept + await self._new.sweep(in_use, older_than_s=older_than_s)

    def link(self, sha256: str, headers: Mapping[str, str]) -> None:
        """Return None: where the content is would have to be asked first."""
