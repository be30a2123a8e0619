"""Refuse what no page wants to see: foreign hosts and compressed bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from www.addresses import check_host
from www.errors import NotFound, UnsupportedType
from www.i18n import N_

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler


@web.middleware
async def gate_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Check Host, path and Content-Encoding; a small body can unpack to gigabytes (zip bombs)."""
    check_host(request)
    if "\0" in request.path:
        raise NotFound
    coding = request.headers.get(hdrs.CONTENT_ENCODING)
    if coding is not None and coding.lower() != "identity":
        raise UnsupportedType(N_("Compressed request bodies are not accepted here."))
    return await handler(request)
