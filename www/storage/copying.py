"""Every byte of a content, read: to compare it with its hash, or to store it elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Final

from www.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from www.storage.base import Content, Storage

_STEP_BYTES: Final = 1024**2


class DamagedError(Exception):
    """What is stored under a hash has another one."""


async def verify(
    storage: Storage, sha256: str, advance: Callable[[int], None] = lambda _: None
) -> None:
    """Read a content and compare it with its hash. Raises NotFound, DamagedError, Unavailable.

    `advance` is told every number of bytes that have been read.
    """
    content = await storage.open(sha256)
    try:
        found = hashlib.sha256()
        async for chunk in _chunks(content):
            await asyncio.to_thread(found.update, chunk)
            advance(len(chunk))
    finally:
        content.close()
    if found.hexdigest() != sha256:
        raise DamagedError(sha256)


async def copy(
    source: Storage, target: Storage, sha256: str, advance: Callable[[int], None] = lambda _: None
) -> bool:
    """Copy a content unless it is there in its size; return whether that was needed.

    It is hashed on its way, and stays only where the hash is right. What only the target has, for
    it came in there, is compared with its hash. Raises NotFound, DamagedError,
    StorageFull, Unavailable.
    """
    try:
        content = await source.open(sha256)
    except NotFound:
        await verify(target, sha256, advance)
        return False
    try:
        if await _size_in(target, sha256) == content.size_bytes:
            advance(content.size_bytes)
            return False
        incoming = await target.begin()
        try:
            async for chunk in _chunks(content):
                await incoming.write(chunk)
                advance(len(chunk))
            stored = await incoming.commit()
            if stored.sha256 != sha256:
                await incoming.withdraw()
                raise DamagedError(sha256)
        finally:
            await incoming.abort()
            incoming.settle()  # it has its rows
    finally:
        content.close()
    return True


async def _chunks(content: Content) -> AsyncIterator[bytes]:
    at = 0
    while chunk := await content.pread(at, _STEP_BYTES):
        yield chunk
        at += len(chunk)


async def _size_in(storage: Storage, sha256: str) -> int | None:
    try:
        content = await storage.open(sha256)
    except NotFound:
        return None
    content.close()
    return content.size_bytes
