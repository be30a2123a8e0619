"""Small contents that are asked for often, in memory: no open, no read, no round trip to a bucket.

A content never changes under its hash, so that nothing here is ever out of date; who may have it
was decided before, by its row.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from www.storage import Readable

MAX_CONTENT_BYTES: Final = 64 * 1024
_MAX_BYTES: Final = 16 * 1024**2


class HotContents:
    """The contents asked for most recently, in at most `max_bytes`."""

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._contents: OrderedDict[str, bytes] = OrderedDict()

    async def read(self, storage: Readable, sha256: str, size_bytes: int) -> bytes:
        """Return a content of at most MAX_CONTENT_BYTES. Raises NotFound."""
        content = self._contents.get(sha256)
        if content is None:
            content = await read(storage, sha256, size_bytes)
            self._keep(sha256, content)
        else:
            self._contents.move_to_end(sha256)
        return content

    def _keep(self, sha256: str, content: bytes) -> None:
        self._bytes += len(content) - len(self._contents.pop(sha256, b""))
        self._contents[sha256] = content
        while self._bytes > self._max_bytes:
            _, oldest = self._contents.popitem(last=False)
            self._bytes -= len(oldest)


async def read(storage: Readable, sha256: str, size_bytes: int) -> bytes:
    """Return a whole small content from the storage. Raises NotFound, ConnectionResetError."""
    opened = await storage.open(sha256)
    try:
        content = await opened.pread(0, size_bytes)
    finally:
        opened.close()
    if len(content) < size_bytes:
        raise ConnectionResetError("the stored content is shorter than its row says")
    return content
