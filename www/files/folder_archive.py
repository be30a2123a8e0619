"""A folder with all in it as one zip, for its page and for share links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from www import keys
from www.files import archive, folder_queries, queries
from www.files.arranging import Filed, arranged
from www.files.outgoing import prepared
from www.models import File, Visibility

if TYPE_CHECKING:
    from aiohttp import web

    from www.files.metering import Meter
    from www.models import Folder


async def respond(
    request: web.Request,
    folder: Folder,
    only: Visibility | None = None,
    meter: Meter | None = None,
) -> web.StreamResponse:
    """Answer with the folder's files under their paths in it; raises TooLarge for too many."""
    engine = request.app[keys.engine]
    ids = list(await folder_queries.inside(engine, folder.id))
    select = File.select().where(File.owner_id == folder.owner_id, File.folder_id.in_(ids))
    if only is not None:
        select = select.where(File.visibility == only)
    archive.require_few(await engine.count(select))
    files = await engine.all(select)
    paths = await queries.folder_paths(engine, ids)
    above = len(paths[folder.id]) - 1
    files.sort(key=_by_name)
    storage, contents = await prepared(request, files)
    filed = (
        Filed(paths[file.folder_id or 0][above:], file.name, *content, file.created_at)
        for file, content in zip(files, contents, strict=True)
    )
    return await archive.respond(
        request, storage, f"{folder.name}.zip", await arranged(filed), meter=meter
    )


def _by_name(file: File) -> tuple[str, int]:
    return file.name_key, file.id
