"""One pass over a content for all who want to see it: the hash, the type, the virus scanner."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from www.files import types

if TYPE_CHECKING:
    from www.storage import Content


class Reading:
    """A content that is hashed while it is read on, whoever reads it."""

    def __init__(self, content: Content) -> None:
        """Begin at its beginning: `at` is how far it was read, `head` what tells its type."""
        self._content = content
        self.digest, self.head, self.at = hashlib.sha256(), b"", 0

    async def pread(self, offset: int, size_bytes: int) -> bytes:
        """Return bytes of it, and hash them where they go on from `at`."""
        chunk = await self._content.pread(offset, size_bytes)
        if offset == self.at:
            self.head = self.head or chunk[: types.HEAD_BYTES]
            self.at += len(chunk)
            if len(chunk) > 64 * 1024:
                await asyncio.to_thread(self.digest.update, chunk)
            else:
                self.digest.update(chunk)
        return chunk
