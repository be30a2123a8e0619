"""Pictures: asks the cache, and lets a worker make what it has not; each picture once.

Whoever asks for what is being made already waits for the same work. What failed is remembered for a
while, so that a page of bombs costs one attempt each and not one per reader.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import tempfile
import time
from collections import OrderedDict
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from www.pictures import cleaning, outline
from www.pictures.cache import Cache
from www.pictures.formats import copy_name
from www.pictures.limits import Limits
from www.pictures.pool import BrokenPicture, Pool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Sequence
    from pathlib import Path

    from www.pictures.pieces import Written
    from www.storage import Content, Storage

_log: Final = logging.getLogger("www.pictures")

T = TypeVar("T")

# Part of every cached name and ETag: higher when the same original would give other bytes.
VERSION: Final = 1
_FAILED_S: Final = 3600.0
_MOST_FAILED: Final = 10_000
_STEP_BYTES: Final = 1024 * 1024
_MOST_SPOOLED_BYTES: Final = 1024**3


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a picture: its size as shown, and the text of its placeholder."""

    width: int
    height: int
    placeholder: str


class Pictures:
    """The one way to pictures in a running site; `async with` it, inside the storage's."""

    def __init__(
        self,
        storage: Storage,
        folder: Path,
        *,
        workers: int = 2,
        cache_bytes: int = 1024**3,
        limits: Limits | None = None,
    ) -> None:
        """Take the originals' storage and the data folder; nothing is touched or started yet."""
        self.pool = Pool(workers, limits or Limits())
        self.cache = Cache(folder, cache_bytes)
        self._storage = storage
        self._folder = folder
        self._making: dict[tuple[str, str], asyncio.Task[Any]] = {}
        self._failed: OrderedDict[tuple[str, str], float] = OrderedDict()

    async def __aenter__(self) -> Self:
        await self.pool.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        for making in self._making.values():
            making.cancel()
        if self._making:
            await asyncio.wait(self._making.values())
        await self.pool.__aexit__(*error)

    async def copy(self, sha256: str, width: int, form: str) -> bytes:
        """Return a picture at most `width` wide. Raises NotFound, BrokenPicture, Unavailable."""
        name = f"{VERSION}-{copy_name(width, form)}"
        job = {"do": "copy", "width": width, "form": form}
        return await self._made(sha256, name, job, lambda answer: bytes(answer["body"]))

    async def facts(self, sha256: str) -> Facts:
        """Return what is known of a picture. Raises NotFound, BrokenPicture, Unavailable."""

        def written(answer: dict[str, Any]) -> bytes:
            return json.dumps(answer["ok"]).encode()

        made = await self._made(sha256, f"{VERSION}-facts", {"do": "facts"}, written)
        return Facts(**json.loads(made))

    async def clean(self, sha256: str, kind: str) -> Sequence[Written] | None:
        """Return the pieces of the original without its metadata, None where it holds none.

        No pieces: it cannot be told what is metadata, so nothing remains.

        `kind` is one of `cleaning.KINDS`. Raises NotFound, BrokenPicture, Unavailable.
        """

        def written(answer: dict[str, Any]) -> bytes:
            return json.dumps(answer["ok"]).encode()

        name = f"{cleaning.VERSION}-clean-{kind.partition('/')[2]}"
        job = {"do": "clean", "kind": kind}
        made = await self._made(sha256, name, job, written)
        pieces: Sequence[Written] | None = json.loads(made)
        return pieces

    async def sweep(self, in_use: Callable[[Sequence[str]], Awaitable[Collection[str]]]) -> int:
        """Delete what was made of contents that are gone; return how many."""
        return await self.cache.sweep(in_use)

    async def _made(
        self,
        sha256: str,
        name: str,
        job: dict[str, Any],
        written: Callable[[dict[str, Any]], bytes],
    ) -> bytes:
        made = self.cache.get(sha256, name)
        if made is not None:
            return made
        key = (sha256, name)
        if self._failed.get(key, 0.0) > time.monotonic():
            raise BrokenPicture
        return await self._once(key, lambda: self._make(key, job, written))

    async def _once(self, key: tuple[str, str], make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Join the work that is being done already; whoever leaves does not stop it for others."""
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.create_task(make())
            making.add_done_callback(lambda task: self._end(key, task))
        result: T = await asyncio.shield(making)
        return result

    def _end(self, key: tuple[str, str], task: asyncio.Task[Any]) -> None:
        del self._making[key]
        if not task.cancelled() and isinstance(task.exception(), BrokenPicture):
            self._failed[key] = time.monotonic() + _FAILED_S
            if len(self._failed) > _MOST_FAILED:
                self._failed.popitem(last=False)

    async def _make(
        self,
        key: tuple[str, str],
        job: dict[str, Any],
        written: Callable[[dict[str, Any]], bytes],
    ) -> bytes:
        sha256, name = key
        is_film = job.get("kind") in cleaning.FILMS
        async with self._descriptor(sha256, is_film=is_film) as (fd, is_whole):
            made = written(await self.pool.run(job | {"is_whole": is_whole}, fd))
        try:
            await self.cache.put(sha256, name, made)
        except OSError as err:
            _log.warning("a picture could not be kept: %s", err)
        return made

    @asynccontextmanager
    async def _descriptor(self, sha256: str, *, is_film: bool) -> AsyncIterator[tuple[int, bool]]:
        """The original as an open file: the stored one, or a nameless copy of what is far away.

        And whether that is all of it: of a film far away it may be its outline.
        """
        content = await self._storage.open(sha256)
        try:
            fd = content.fileno()
            if fd is not None:
                yield fd, True
                return
            with tempfile.TemporaryFile(dir=self._folder) as spool:
                is_outline = is_film and await outline.copy(content, spool.fileno())
                if not is_outline:
                    await _copy(content, spool.fileno())
                yield spool.fileno(), not is_outline
        finally:
            content.close()


async def _copy(content: Content, fd: int) -> None:
    if content.size_bytes > _MOST_SPOOLED_BYTES:
        raise BrokenPicture
    at = 0
    while chunk := await content.pread(at, _STEP_BYTES):
        await asyncio.to_thread(os.pwrite, fd, chunk, at)
        at += len(chunk)
