"""The request id, language and theme: known before anything can go wrong."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from www import keys
from www.addresses import from_trusted_proxy
from www.i18n import negotiate

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

THEMES: Final = ("auto", "light", "dark")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


@web.middleware
async def state_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Fill in the request's keys; the id of a trusted proxy is kept."""
    given = request.headers.get("X-Request-ID", "")
    known = _REQUEST_ID.fullmatch(given) and from_trusted_proxy(request)
    # It is no secret, and the kernel's random bytes cost 5 us.
    request[keys.request_id] = given if known else f"{random.getrandbits(64):016x}"
    # SimpleCookie costs 8 us even for no cookie at all; most requests carry none.
    cookies = request.cookies if hdrs.COOKIE in request.headers else {}
    request[keys.language] = negotiate(
        request.headers.get(hdrs.ACCEPT_LANGUAGE),
        cookies.get("language"),
        request.app[keys.settings].site.language,
    )
    theme = cookies.get("theme", "auto")
    request[keys.theme] = theme if theme in THEMES else "auto"
    request[keys.user] = None
    request[keys.session] = None
    return await handler(request)
