"""tus 1.0.0 with its extensions: https://tus.io/protocols/resumable-upload."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from www import keys
from www.errors import BadRequest, Forbidden, NotFound, TooLarge, Unavailable, UnsupportedType
from www.i18n import N_
from www.requests import signed_in
from www.uploads import actions, destination, fields, joining, protocol
from www.uploads.digests import Checksum
from www.uploads.errors import InconsistentLength, NotYet, OffsetMismatch, OtherVersion
from www.uploads.receiving import Body

if TYPE_CHECKING:
    from www.models import Upload
    from www.uploads.core import Work

_LENGTH: Final = "Upload-Length"
_DEFER: Final = "Upload-Defer-Length"
_OFFSET: Final = "Upload-Offset"


def check_version(request: web.Request) -> None:
    """Raise OtherVersion unless the request names the one that is spoken here."""
    if request.headers.get("Tus-Resumable") != protocol.TUS_VERSION:
        raise OtherVersion


async def create(request: web.Request) -> web.Response:
    """Make an upload, with as much of it as comes along."""
    uploads = request.app[keys.uploads]
    upload = _announced(request)
    await destination.require(uploads.engine, upload.owner_id, upload.claims)
    checksum = _checksum(request) if _brings_data(request) else None
    if (before := await joining.begun_before(uploads, upload)) is not None:
        async with uploads.opened(before.owner_id, before.token) as work:
            return await _created(request, work)
    async with uploads.created(upload) as work:
        if _brings_data(request):
            await _first_bytes(request, work, checksum)
        await _finish_new(request, work)
        protocol.require_client(request, work)
        answer = await _created(request, work)
    await _finish_waiting(request, work)
    return answer


async def state(request: web.Request, token: str) -> web.Response:
    """Tell how far the upload is; a GET tells it as JSON too, with the file that it has become."""
    try:
        return await _state(request, token)
    except Unavailable as err:
        raise NotYet from err


async def _state(request: web.Request, token: str) -> web.Response:
    uploads = request.app[keys.uploads]
    async with uploads.opened(signed_in(request).id, token) as work:
        await uploads.renew(work)
        if work.staged is not None:
            await work.staged.sync()
        file = await work.file()
        headers = {
            **_told(work),
            **protocol.expires(work.upload),
            **protocol.file_location(request, file),
        }
        return web.json_response(protocol.about(request, work, file), headers=headers)


async def append(request: web.Request, token: str) -> web.Response:
    """Append the body at the offset that the client names."""
    uploads = request.app[keys.uploads]
    if request.content_type != protocol.TUS_CONTENT:
        raise UnsupportedType
    offset, checksum = fields.natural(request, _OFFSET), _checksum(request)
    if offset is None:
        raise BadRequest(N_("The header %(name)s is missing."), name=_OFFSET)
    async with uploads.opened(signed_in(request).id, token) as work:
        if work.concat.is_final:
            raise Forbidden(N_("This upload is put together of others."))
        if offset != work.offset:
            raise OffsetMismatch(work.offset, offset)
        await _take_length(request, work)
        if work.staged is not None:
            await uploads.renew(work)
            await Body(request, work, work.staged, checksum).receive()
            await uploads.finish_if_whole(work)
        elif request.body_exists and request.content_length != 0:
            raise TooLarge(N_("The upload is complete already."))
        headers = {
            _OFFSET: str(work.offset),
            **protocol.expires(work.upload),
            **protocol.file_location(request, await work.file()),
        }
    await _finish_waiting(request, work)
    return web.Response(status=HTTPStatus.NO_CONTENT, headers=headers)


async def terminate(request: web.Request, token: str) -> web.Response:
    """Forget the upload; a file that it has become stays, and is deleted as every file is."""
    uploads = request.app[keys.uploads]
    async with uploads.opened(signed_in(request).id, token) as work:
        await uploads.delete(work)
    return web.Response(status=HTTPStatus.NO_CONTENT)


def _announced(request: web.Request) -> Upload:
    """Read what the client says about the upload that it wants. Raises BadRequest."""
    uploads = request.app[keys.uploads]
    claims = request.headers.get("Upload-Metadata", "")
    concat = fields.concat(request.headers.get("Upload-Concat", ""))
    name = fields.claimed_name(fields.metadata(claims))
    upload = uploads.draft(signed_in(request).id, name)
    upload.claims, upload.concat = claims, concat.value
    length, deferred = fields.natural(request, _LENGTH), request.headers.get(_DEFER)
    if deferred not in {None, "1"}:
        raise BadRequest(N_("The header %(name)s may only be 1."), name=_DEFER)
    if _brings_data(request) and request.content_type != protocol.TUS_CONTENT:
        raise UnsupportedType
    if _brings_data(request) and concat.is_final:
        raise Forbidden(N_("This upload is put together of others."))
    given = [length is not None, deferred is not None, concat.is_final]
    if sum(given) != 1:
        raise BadRequest(N_("Either Upload-Length or Upload-Defer-Length: 1 is needed."))
    upload.length, upload.reserved = length, length or 0
    if not _brings_data(request) and not concat.is_final:
        actions.leave(upload, uploads.bounds.lifetime, now=upload.created_at)
    return upload


async def _created(request: web.Request, work: Work) -> web.Response:
    headers = {
        hdrs.LOCATION: protocol.location(request, work.upload),
        _OFFSET: str(work.offset),
        **protocol.expires(work.upload),
        **protocol.file_location(request, await work.file()),
    }
    return web.Response(status=HTTPStatus.CREATED, headers=headers)


async def _first_bytes(request: web.Request, work: Work, checksum: Checksum | None) -> None:
    """Take what came with the creation; where that fails, nobody has learned the address."""
    assert work.staged is not None
    await Body(request, work, work.staged, checksum).receive()
    protocol.require_client(request, work)
    await request.app[keys.uploads].leave(work)


async def _finish_new(request: web.Request, work: Work) -> None:
    """Make a file of what is whole; what can never be put together is not begun."""
    try:
        await request.app[keys.uploads].finish_if_whole(work)
    except NotFound as err:
        raise BadRequest(N_("The header Upload-Concat names an upload that is not here.")) from err


async def _take_length(request: web.Request, work: Work) -> None:
    """Note the length of an upload that began without one; it may be said once."""
    length = fields.natural(request, _LENGTH)
    if length is None or length == work.upload.length:
        return
    if work.upload.length is not None:
        raise InconsistentLength
    await request.app[keys.uploads].say_length(work, length)


async def _finish_waiting(request: web.Request, work: Work) -> None:
    """Go on with what has waited for this part."""
    if work.concat.is_partial and work.is_whole:
        uploads = request.app[keys.uploads]
        await joining.finish_waiting(uploads, work.upload.owner_id, work.upload.token)


def _brings_data(request: web.Request) -> bool:
    return request.body_exists and request.content_length != 0


def _checksum(request: web.Request) -> Checksum | None:
    value = request.headers.get("Upload-Checksum")
    return None if value is None else Checksum.of_tus(value)


def _told(work: Work) -> dict[str, str]:
    """Return the headers about an upload's state."""
    upload, headers = work.upload, {}
    if not work.concat.is_final or work.is_complete:
        headers[_OFFSET] = str(work.offset)
    if upload.length is not None:
        headers[_LENGTH] = str(upload.length)
    elif not work.concat.is_final:
        headers[_DEFER] = "1"
    if upload.claims:
        headers["Upload-Metadata"] = upload.claims
    if upload.concat:
        headers["Upload-Concat"] = upload.concat
    return headers
