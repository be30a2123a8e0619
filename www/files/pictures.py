"""Smaller copies of pictures: `/files/12/w320.webp?k=...`.

Who may read the file may read them. They never change under their address, so browsers keep them;
what is made where and with which limits says www/pictures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from www import keys
from www.errors import NotFound
from www.files import http, queries
from www.files.download import INLINE_HEADERS, PreconditionFailed
from www.files.outgoing import send
from www.models import Visibility
from www.pictures.formats import FORMATS, KINDS, parse_copy_name
from www.pictures.maker import VERSION
from www.requests import query_text, row_id

if TYPE_CHECKING:
    from www.models import File

_MAX_KEY_CHARS: Final = 100
_YEAR: Final = "max-age=31536000, immutable"


async def picture(request: web.Request) -> web.StreamResponse:
    """Send a smaller copy, which is made when it is asked for the first time."""
    name = request.match_info["copy"]
    key = query_text(request, "k", _MAX_KEY_CHARS) or None
    engine = request.app[keys.engine]
    file = await queries.file(engine, row_id(request))
    knows = key is not None and request.app[keys.copy_keys].fits(file, key)
    given = None if key else name
    await queries.require_readable(engine, request[keys.user], file, name=given, knows=knows)
    if file.name == name:  # a file may be called like that: then this is its address
        return await send(request, file)
    # A private file is not for caches that several people share.
    shared = "public" if file.visibility is Visibility.PUBLIC else "private"
    return await send_copy(request, file, name, f"{shared}, {_YEAR}")


async def send_copy(request: web.Request, file: File, name: str, caching: str) -> web.Response:
    """Send a smaller copy of a picture that this reader may have. Raises NotFound.

    `name` is that of the copy, `caching` the answer's Cache-Control.
    """
    found = parse_copy_name(name)
    if found is None or file.content_type not in KINDS:
        raise NotFound
    width, form = found
    made = await request.app[keys.pictures].copy(file.sha256, width, form)
    validators = http.Validators(len(made), f"{file.sha256}-{VERSION}-{name}", file.created_at)
    decision = http.decide(request.method, request.headers, validators)
    if len(decision.parts) > 1:
        decision = http.decide(request.method, request.headers, validators, whole=True)
    if decision.status == 412:
        raise PreconditionFailed
    headers = INLINE_HEADERS | decision.headers | {"Cache-Control": caching}
    if decision.status in {304, 416}:
        return web.Response(status=decision.status, headers=headers)
    headers |= {"Content-Type": FORMATS[form], "Content-Disposition": "inline"}
    [part] = decision.parts
    body = made[part.offset : part.offset + part.length]
    return web.Response(status=decision.status, headers=headers, body=body)
