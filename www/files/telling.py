"""What programs are told about files and folders: the same shape wherever JSON is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from www import keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from www.files.listing import Contents
    from www.models import File, Folder

VARY: Final = {"Vary": "Accept, Accept-Language, Cookie"}


def file(request: web.Request, file: Mapping[str, Any]) -> dict[str, object]:
    """Describe a file, after its upload or in a list; `folder` is None at the top.

    Its row may be one that was joined: of a search it is that of another table.
    """
    return {
        "id": file["id"],
        "url": request.app[keys.urls]("files.download", id=file["id"], name=file["name"]),
        "name": file["name"],
        "size": file["size"],
        "sha256": file["sha256"],
        "content_type": file["content_type"],
        "visibility": file["visibility"],
        "folder": file["folder_id"],
        "created_at": file["created_at"].isoformat(),
    }


def folder(request: web.Request, folder: Folder) -> dict[str, object]:
    """Describe a folder; `folder` is the one that it lies in, None at the top."""
    return {
        "id": folder.id,
        "url": request.app[keys.urls]("folders.detail", id=folder.id),
        "name": folder.name,
        "visibility": folder.visibility,
        "folder": folder.parent_id,
        "created_at": folder.created_at.isoformat(),
    }


def contents(request: web.Request, page: Contents, **more: object) -> web.Response:
    """Answer with one page of a list; `next` is what `?before=` takes, None at the end."""
    body = {
        **more,
        "folders": [folder(request, one) for one in page.folders],
        "files": [file(request, one) for one in page.rows],
        "next": page.next,
    }
    return web.json_response(body, headers=VARY)


def address(request: web.Request, file: File) -> str:
    """Return the path of a file's content."""
    return request.app[keys.urls]("files.download", id=file.id, name=file.name)
