"""A folder with all in it as one zip, for its page and for share links."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Final

from www import keys
from www.files import archive, folder_queries, queries
from www.files.planning import planned
from www.models import File, Visibility

if TYPE_CHECKING:
    from aiohttp import web

    from www.files.metering import Meter
    from www.files.zipping import Archive
    from www.models import Folder
    from www.storage import Readable

_COLUMNS: Final = (
    *(File.id, File.owner_id, File.folder_id, File.name, File.name_key),
    *(File.content_type, File.size, File.sha256, File.created_at),
)
_CHUNK: Final = 200
"""Of so many files the rows are made at once: that takes a millisecond."""


async def respond(
    request: web.Request,
    folder: Folder,
    only: Visibility | None = None,
    meter: Meter | None = None,
) -> web.StreamResponse:
    """Answer with the folder's files under their paths in it; raises TooLarge for too many."""
    async with request.app[keys.plans].turn:
        storage, plan = await _planned(request, folder, only)
    return await archive.respond(request, storage, f"{folder.name}.zip", plan, meter=meter)


async def _planned(
    request: web.Request, folder: Folder, only: Visibility | None
) -> tuple[Readable, Archive]:
    engine = request.app[keys.engine]
    ids = list(await folder_queries.inside(engine, folder.id))
    select = File.select(*_COLUMNS)
    select = select.where(File.owner_id == folder.owner_id, File.folder_id.in_(ids))
    if only is not None:
        select = select.where(File.visibility == only)
    archive.require_few(await engine.count(select))
    files = [file async for file in engine.stream(select, chunk=_CHUNK)]
    files.sort(key=itemgetter("name_key", "id"))
    paths = await queries.folder_paths(engine, ids)
    above = len(paths[folder.id]) - 1
    return await planned(request, files, {id: path[above:] for id, path in paths.items()})
