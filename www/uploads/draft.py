"""The IETF's resumable uploads: draft-ietf-httpbis-resumable-upload, interop version 8.

The resource that an upload is meant for is the list of files: its answer, once the last byte is
there, is the one that the form gives to a program.
"""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import HttpVersion11, hdrs, web

from www import keys
from www.errors import BadRequest, Forbidden, NotFound, UnsupportedType
from www.files import telling
from www.files.forms import asked
from www.i18n import N_
from www.requests import signed_in
from www.uploads import destination, fields, protocol
from www.uploads.digests import Checksum, digests_of
from www.uploads.errors import ChecksumMismatch, InconsistentLength, OffsetMismatch
from www.uploads.receiving import Body, Excess

if TYPE_CHECKING:
    from collections.abc import Mapping

    from www.models import Upload
    from www.uploads.core import Work

_COMPLETE: Final = "Upload-Complete"
_OFFSET: Final = "Upload-Offset"
_LENGTH: Final = "Upload-Length"
_LIMIT: Final = "Upload-Limit"


async def create(request: web.Request) -> web.Response:
    """Make an upload with what comes along, which may be all of it."""
    uploads = request.app[keys.uploads]
    ends, checksum = _ends(request), _checksum(request)
    upload = uploads.draft(signed_in(request).id, fields.disposed_name(request))
    upload.length = _length(request, 0, ends=ends)
    upload.reserved = upload.length or 0
    upload.expected_sha256 = _expected_sha256(request)
    upload.claims = await _claims(request, upload.owner_id)
    async with uploads.created(upload) as work:
        work.is_told = await _tell(request, _address(request, upload))
        try:
            await _receive(request, work, checksum, ends=ends)
        except (ChecksumMismatch, InconsistentLength):
            await uploads.delete(work)
            raise
        if ends:
            return await _final(request, work)
        protocol.require_client(request, work)
        await uploads.leave(work)
        headers = {**_address(request, upload), _COMPLETE: "?0", _OFFSET: str(work.offset)}
        return web.Response(status=HTTPStatus.CREATED, headers=headers)


async def state(request: web.Request, token: str) -> web.Response:
    """Tell how far the upload is; a GET tells it as JSON too."""
    uploads = request.app[keys.uploads]
    async with uploads.opened(signed_in(request).id, token) as work:
        await uploads.renew(work)
        if work.staged is not None:
            await work.staged.sync()
        headers = {
            _OFFSET: str(work.offset),
            _COMPLETE: "?1" if work.is_complete else "?0",
            _LIMIT: protocol.limits(uploads.bounds, work.upload),
        }
        if work.upload.length is not None:
            headers[_LENGTH] = str(work.upload.length)
        if request.method == hdrs.METH_HEAD:
            return web.Response(status=HTTPStatus.NO_CONTENT, headers=headers)
        return web.json_response(protocol.about(request, work, await work.file()), headers=headers)


async def append(request: web.Request, token: str) -> web.Response:
    """Append the body at the offset that the client names; with the last of it comes the file."""
    uploads = request.app[keys.uploads]
    if request.content_type != protocol.DRAFT_CONTENT:
        raise UnsupportedType
    ends, checksum = _ends(request), _checksum(request)
    offset = fields.sf_integer(request, _OFFSET)
    if offset is None:
        raise BadRequest(N_("The header %(name)s is missing."), name=_OFFSET)
    async with uploads.opened(signed_in(request).id, token) as work:
        if work.upload.concat:
            raise Forbidden(N_("This upload is put together of others."))
        if offset != work.offset:
            raise OffsetMismatch(work.offset, offset)
        length = _length(request, offset, ends=ends)
        if length not in {None, work.upload.length}:
            if work.upload.length is not None:
                raise InconsistentLength
            await uploads.say_length(work, length or 0)
        if work.staged is not None:
            await uploads.renew(work)
            await _receive(request, work, checksum, ends=ends)
        elif _content_length(request) != 0:
            raise BadRequest(N_("The upload is complete already."))
        if ends:
            return await _final(request, work)
        headers = {_COMPLETE: "?0", _OFFSET: str(work.offset)}
        return web.Response(status=HTTPStatus.NO_CONTENT, headers=headers)


def _address(request: web.Request, upload: Upload) -> dict[str, str]:
    """Return what a client needs to come back: where to, and until when."""
    return {
        hdrs.LOCATION: protocol.location(request, upload),
        _LIMIT: protocol.limits(request.app[keys.uploads].bounds, upload),
    }


async def _claims(request: web.Request, owner_id: int) -> str:
    """Return folder and visibility of the query as tus would say it. Raises Invalid, NotFound.

    The draft has no fields for them. The form takes them from its address, too.
    """
    folder_id, visibility = asked(request)
    claims = fields.written({"folder": str(folder_id or ""), "visibility": visibility or ""})
    await destination.require(request.app[keys.engine], owner_id, claims)
    return claims


async def _receive(
    request: web.Request, work: Work, checksum: Checksum | None, *, ends: bool
) -> None:
    """Append the body; what is longer than it was to be ends the whole upload."""
    uploads = request.app[keys.uploads]
    assert work.staged is not None

    async def tell(offset: int) -> None:
        await _tell(request, {_OFFSET: str(offset)})

    try:
        offset = await Body(request, work, work.staged, checksum, tell).receive()
    except Excess:
        await uploads.delete(work)
        raise
    if ends:
        if work.upload.length not in {None, offset}:
            raise InconsistentLength
        await uploads.finish(work)


async def _final(request: web.Request, work: Work) -> web.Response:
    """Answer as the form does; again, where the first answer was lost."""
    file = await work.file()
    if file is None:
        raise NotFound(N_("The file of this upload was deleted meanwhile."))
    digest = base64.b64encode(bytes.fromhex(file.sha256)).decode()
    headers = {
        hdrs.LOCATION: protocol.file_location(request, file)["File-Location"],
        _COMPLETE: "?1",
        _OFFSET: str(work.offset),
        "Repr-Digest": f"sha-256=:{digest}:",
    }
    body = {"files": [telling.file(request, file)]}
    return web.json_response(body, status=HTTPStatus.CREATED, headers=headers)


async def _tell(request: web.Request, headers: Mapping[str, str]) -> bool:
    """Send 104, to a client of the same version that can take it; return whether it was sent."""
    version = fields.sf_integer(request, "Upload-Draft-Interop-Version")
    if version != protocol.INTEROP_VERSION or request.version < HttpVersion11:
        return False
    lines = {**headers, "Upload-Draft-Interop-Version": str(protocol.INTEROP_VERSION)}
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    head = "HTTP/1.1 104 Upload Resumption Supported\r\n"
    # aiohttp sends its own 100 this way: the answer itself has not begun, so nothing is counted.
    writer = request.writer
    await writer.write(f"{head}{text}\r\n".encode())
    writer.output_size = 0
    return True


def _ends(request: web.Request) -> bool:
    """Return whether this request brings the end of the upload. Raises BadRequest."""
    ends = fields.sf_boolean(request, _COMPLETE)
    if ends is None:
        raise BadRequest(N_("The header %(name)s is missing."), name=_COMPLETE)
    return ends


def _length(request: web.Request, offset: int, *, ends: bool) -> int | None:
    """Return the upload's length as this request tells it. Raises InconsistentLength."""
    said = fields.sf_integer(request, _LENGTH)
    content_length = _content_length(request)
    if not ends or content_length is None:
        return said
    if said not in {None, offset + content_length}:
        raise InconsistentLength
    return offset + content_length


def _content_length(request: web.Request) -> int | None:
    return request.content_length if request.body_exists else 0


def _checksum(request: web.Request) -> Checksum | None:
    value = ",".join(request.headers.getall("Content-Digest", []))
    return Checksum.of_field(value) if value else None


def _expected_sha256(request: web.Request) -> str | None:
    value = ",".join(request.headers.getall("Repr-Digest", []))
    digest = digests_of(value).get("sha-256", b"")
    return digest.hex() if len(digest) == 32 else None
