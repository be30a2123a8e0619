"""From chosen files to a zip that is laid out, which costs something even where nothing is sent.

Anybody with the address of a large folder may ask for that: few do it at once, in short steps. What
was just laid out is kept, for whoever asks for a head first, or goes on in the middle.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from www import keys
from www.files.arranging import Filed, arrange
from www.files.outgoing import prepared
from www.files.zipping import Archive
from www.utils.turns import turns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from aiohttp import web

    from www.models import File
    from www.storage import Readable

_AT_ONCE: Final = 2
_KEPT_FILES: Final = 10_000  # a kilobyte each
_MOST_FILES: Final = 5_000  # two equal lists of so many take a millisecond to compare


class Plans:
    """Lets few archives be planned at once, and keeps the last ones by what is in them."""

    def __init__(self, kept_files: int = _KEPT_FILES) -> None:
        """Keep archives of `kept_files` together."""
        self.turn = asyncio.Semaphore(_AT_ONCE)
        self._kept_files = kept_files
        self._kept: OrderedDict[int, tuple[list[Filed], Archive]] = OrderedDict()
        self._files = 0

    async def archive(self, files: list[Filed], zone: tzinfo) -> Archive:
        """Return the archive of `files`."""
        key = 0
        async for file in turns(files):
            key = hash((key, file))
        kept = self._kept.get(key)
        if kept is not None and kept[0] == files:
            self._kept.move_to_end(key)
            return kept[1]
        archive = Archive(zone=zone)
        async for entry in turns(arrange(files)):
            archive.add(entry)
        self._keep(key, files, archive)
        return archive

    def _keep(self, key: int, files: list[Filed], archive: Archive) -> None:
        """Keep an archive, and forget those that nobody has asked for the longest."""
        if key in self._kept or len(files) > min(_MOST_FILES, self._kept_files):
            return
        self._kept[key] = (files, archive)
        self._files += len(files)
        while self._files > self._kept_files:
            _, (forgotten, _) = self._kept.popitem(last=False)
            self._files -= len(forgotten)


async def planned(
    request: web.Request, files: Sequence[File], folders: Mapping[int, tuple[str, ...]]
) -> tuple[Readable, Archive]:
    """Return the archive of `files` for this reader, and where to read what is in it.

    `folders` are the names of each folder's path by its id. Whoever calls this has the turn of
    `Plans`. Raises BrokenPicture.
    """
    storage, contents = await prepared(request, files)
    filed = [
        Filed(folders.get(file.folder_id or 0, ()), file.name, *content, file.created_at)
        async for file, content in turns(zip(files, contents, strict=True))
    ]
    zone = request.app[keys.settings].site.timezone
    return storage, await request.app[keys.plans].archive(filed, zone)
