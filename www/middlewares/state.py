"""The request id, language and theme: known before anything can go wrong."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from www import keys, logs
from www.addresses import from_trusted_proxy
from www.i18n import negotiate

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

THEMES: Final = ("auto", "light", "dark")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


@web.middleware
async def state_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Fill in the request's keys; the id of a trusted proxy is kept."""
    headers, app = request.headers, request.app
    request[keys.request_id] = request_id = _request_id(request)
    logs.request_id.set(request_id)
    # SimpleCookie costs 8 us even for no cookie at all; most requests carry none.
    cookies = request.cookies if hdrs.COOKIE in headers else {}
    request[keys.language] = negotiate(
        headers.get(hdrs.ACCEPT_LANGUAGE),
        cookies.get("language"),
        app[keys.settings].site.language,
    )
    theme = cookies.get("theme", "auto")
    request[keys.theme] = theme if theme in THEMES else "auto"
    # A key that is missing costs its reader an exception inside aiohttp (1 us).
    request[keys.user] = request[keys.session] = request[keys.set_cookie] = None
    return await handler(request)


def _request_id(request: web.Request) -> str:
    given = request.headers.get("X-Request-ID")
    if given is not None and _REQUEST_ID.fullmatch(given) and from_trusted_proxy(request):
        return given
    # It is no secret, and the kernel's random bytes cost 5 us.
    return f"{random.getrandbits(64):016x}"
