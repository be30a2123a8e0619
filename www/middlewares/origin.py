"""Requests that change something must come from our own pages, or from no browser at all.

Browsers say in Sec-Fetch-Site where a request comes from, older ones only in Origin; scripts send
neither and carry no victim's cookies. So no token is needed, and no body is read to find one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from www.addresses import host, is_https
from www.errors import Forbidden
from www.i18n import N_

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

_SAFE: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})


@web.middleware
async def origin_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Raise Forbidden for a request that another site's page makes."""
    if request.method not in _SAFE and _foreign(request):
        raise Forbidden(N_("This request came from another site and was not carried out."))
    return await handler(request)


def _foreign(request: web.Request) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:
        return False
    try:
        parts = urlsplit(origin.lower())
    except ValueError:
        return True
    # Whoever sits on the way can write a page for http. The other way round, a page over https is
    # believed, for a proxy that is not trusted cannot tell us that it encrypts.
    if parts.scheme not in {"http", "https"} or (is_https(request) and parts.scheme != "https"):
        return True
    usual = ":443" if parts.scheme == "https" else ":80"
    return parts.netloc.removesuffix(usual) != host(request).removesuffix(usual)
