"""Which of the two protocols a request speaks, and what every answer says."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs

from www import keys
from www.addresses import absolute_url
from www.files import telling
from www.uploads.digests import TUS_ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from www.models import File, Upload
    from www.uploads.core import Bounds, Work

TUS_VERSION: Final = "1.0.0"
TUS_EXTENSIONS: Final = (
    *("creation", "creation-with-upload", "creation-defer-length", "expiration", "checksum"),
    *("termination", "concatenation", "concatenation-unfinished"),
)
TUS_CONTENT: Final = "application/offset+octet-stream"
DRAFT_CONTENT: Final = "application/partial-upload"
INTEROP_VERSION: Final = 8
"""Of draft-ietf-httpbis-resumable-upload; a client of another version is sent no 104."""

_PREFIX: Final = "/uploads"
_DIRECT: Final = "/uploads/direct"  # these speak neither protocol
_UPLOAD_LIMIT: Final = "Upload-Limit"
_READING: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_DELETE})


def is_draft(request: web.Request) -> bool:
    """Return whether the request speaks the IETF's protocol: whatever does not name tus."""
    headers = request.headers
    if "Tus-Resumable" in headers or "X-HTTP-Method-Override" in headers:
        return False
    return (
        "Upload-Complete" in headers
        or "Upload-Draft-Interop-Version" in headers
        or request.content_type == DRAFT_CONTENT
        or request.method in _READING
    )


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Complete every answer below /uploads, errors too: a signal of the application."""
    if not request.path.startswith(_PREFIX):
        return
    headers = response.headers
    headers[hdrs.CACHE_CONTROL] = "no-store"
    if request.path.startswith(_DIRECT):
        return
    if not is_draft(request):
        headers["Tus-Resumable"] = TUS_VERSION
        return
    headers.setdefault("Upload-Complete", "?0")
    if response.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        headers.setdefault(_UPLOAD_LIMIT, limits(request.app[keys.uploads].bounds))


def options(bounds: Bounds) -> dict[str, str]:
    """Return what a client learns about both protocols before it begins."""
    return {
        "Tus-Version": TUS_VERSION,
        "Tus-Extension": ",".join(TUS_EXTENSIONS),
        "Tus-Max-Size": str(bounds.file_bytes),
        "Tus-Checksum-Algorithm": ",".join(TUS_ALGORITHMS),
        "Accept-Patch": f"{TUS_CONTENT}, {DRAFT_CONTENT}",
        _UPLOAD_LIMIT: limits(bounds),
    }


def limits(bounds: Bounds, upload: Upload | None = None) -> str:
    """Return Upload-Limit, of one upload with the seconds that it has left."""
    size = f"max-size={bounds.file_bytes}"
    expires_at = datetime.now(UTC) + bounds.lifetime if upload is None else upload.expires_at
    age_s = max(0, int((expires_at - datetime.now(UTC)).total_seconds()))
    return f"{size}, max-age={age_s}"


def location(request: web.Request, upload: Upload) -> str:
    """Return the whole address of an upload."""
    return absolute_url(request, request.app[keys.urls]("uploads.upload", token=upload.token))


def require_client(request: web.Request, work: Work) -> None:
    """Raise ConnectionResetError where the client of a new upload can never learn the address.

    A file that the upload has become stays.
    """
    transport = request.transport
    if work.is_told or work.is_complete or (transport is not None and not transport.is_closing()):
        return
    raise ConnectionResetError("the client was gone before it could learn the address")


def file_location(request: web.Request, file: File | None) -> Mapping[str, str]:
    """Return the header that tells the whole address of the file that an upload has become."""
    if file is None:
        return {}
    path = request.app[keys.urls]("files.download", id=file.id, name=file.name)
    return {"File-Location": absolute_url(request, path)}


def about(request: web.Request, work: Work, file: File | None) -> dict[str, object]:
    """Return what a script is told about an upload, with the file that it has become."""
    return {
        "offset": work.offset,
        "length": work.upload.length,
        "complete": work.is_complete,
        "file": None if file is None else telling.file(request, file),
    }


def expires(upload: Upload) -> Mapping[str, str]:
    """Return Upload-Expires, while an upload waits for more."""
    if upload.completed_at is not None:
        return {}
    return {"Upload-Expires": format_datetime(upload.expires_at.astimezone(UTC), usegmt=True)}
