"""What is known of pictures, learnt beside the requests: width, height and placeholder of a row.

A picture has its facts some moments after its upload; nobody waits for them but a post that shows
it. What turned out to be no picture gets a width of 0, so that nobody looks again.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from www.db import DatabaseError
from www.errors import NotFound, WwwError
from www.models import File
from www.pictures.formats import KINDS
from www.pictures.maker import Facts as Found
from www.pictures.pool import BrokenPicture

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from www.db import Engine, Select
    from www.pictures.maker import Pictures

_log: Final = logging.getLogger("www.files")

_AT_ONCE: Final = 100
_NO_PICTURE: Final = Found(0, 0, "")


class Facts:
    """Learns them; one per application."""

    def __init__(self, engine: Engine, pictures: Pictures, tasks: set[asyncio.Task[None]]) -> None:
        """Take what tells and what remembers, and where tasks beside the requests are kept."""
        self._engine = engine
        self._pictures = pictures
        self._tasks = tasks

    def after_adding(self, files: Iterable[File]) -> None:
        """Learn of new files beside the requests; call it once their rows are committed."""
        for file in filter(_is_unknown, files):
            task = asyncio.create_task(self._learn_quietly(file))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def learn(self, files: Sequence[File], *, timeout_s: float) -> None:
        """Learn of those that are not known yet, and fill in their rows, as far as time allows."""
        learning = [asyncio.create_task(self._learn_quietly(file)) for file in files]
        if learning:
            await asyncio.wait(learning, timeout=timeout_s)
        for task in learning:
            task.cancel()

    async def catch_up(self) -> None:
        """Learn what was missed: the server ended too soon, or rows came in another way."""
        last = 0
        while files := await self._engine.all(unknown(last)):
            for file in files:
                await self._learn_quietly(file)
            last = files[-1].id

    async def _learn_quietly(self, file: File) -> None:
        try:
            await self._learn(file)
        except (OSError, DatabaseError, WwwError) as err:
            _log.warning("a picture could not be looked at: %s", err)

    async def _learn(self, file: File) -> None:
        if not _is_unknown(file):
            return
        try:
            found = await self._pictures.facts(file.sha256)
        except (BrokenPicture, NotFound):
            found = _NO_PICTURE
        file.width, file.height, file.placeholder = found.width, found.height, found.placeholder
        columns = {"width": found.width, "height": found.height, "placeholder": found.placeholder}
        changed = File.update(**columns).where(File.sha256 == file.sha256)
        await self._engine.run(changed)


def unknown(after: int) -> Select[Any]:
    """The question for pictures of which nothing is known, from one id on."""
    select = File.select().where(File.id > after, File.content_type.in_(sorted(KINDS)))
    return select.where(File.width.is_(None)).order_by(File.id).limit(_AT_ONCE)


def is_refused(file: File) -> bool:
    """Tell whether no page shows this picture: it is damaged, or costs too much to decode."""
    return file.width == 0


def _is_unknown(file: File) -> bool:
    return file.content_type in KINDS and file.width is None
