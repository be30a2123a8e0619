"""A film far away as a file here with a hole in it: what tells about the film, not the film.

To see what in a film is metadata, everything but its pictures and its sound is needed. These are
nearly all of it, and stay where they are.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from www.storage import Content

_HEAD_BYTES: Final = 16
_MOST_BOXES: Final = 500  # each is a question to the bucket; a film in fragments has thousands
_MOST_BYTES: Final = 64 * 1024**2
_PIXELS: Final = b"mdat"


async def copy(content: Content, fd: int) -> bool:
    """Write it to `fd`, as long as the film; False where that would not be much less than all."""
    at, left_bytes = 0, _MOST_BYTES
    for _ in range(_MOST_BOXES):
        if at >= content.size_bytes:
            os.ftruncate(fd, content.size_bytes)
            return True
        head = await content.pread(at, _HEAD_BYTES)
        size_bytes = int.from_bytes(head[:4])
        if size_bytes == 1:
            size_bytes = int.from_bytes(head[8:16])
        elif size_bytes == 0:
            size_bytes = content.size_bytes - at
        if size_bytes < 8:
            return False
        if head[4:8] != _PIXELS:
            left_bytes -= size_bytes
            if left_bytes < 0:
                return False
            head = await content.pread(at, size_bytes)
        await asyncio.to_thread(os.pwrite, fd, head, at)
        at += size_bytes
    return False
