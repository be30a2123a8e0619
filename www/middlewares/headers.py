"""Headers of every answer.

A signal and not a middleware: streamed answers and files send their headers before a middleware
gets them back, and aiohttp's own errors pass no middleware.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import hdrs

from www import keys
from www.addresses import is_https

if TYPE_CHECKING:
    from collections.abc import Hashable

    from aiohttp import web

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none';"
    " manifest-src 'self'; media-src 'self'"
)
SECURITY_HEADERS: Final = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), browsing-topics=()"),
)


def policy_with(downloads: str = "", uploads: str = "") -> str:
    """Return the pages' policy where files come from, or go to, another origin: the bucket."""
    policy = CONTENT_SECURITY_POLICY
    opened = (("img-src", downloads), ("media-src", downloads), ("connect-src", uploads))
    for source, origin in opened:
        if origin:
            policy = policy.replace(f"{source} 'self'", f"{source} 'self' {origin}")
    return policy


_POLICY: Final = "Content-Security-Policy"
_HSTS: Final = "max-age=31536000"


def lines_depend_on(request: web.Request) -> Hashable | None:
    """Return what the lines of `add_headers` depend on, apart from the request's id.

    None where they are this request's alone.
    """
    if request.get(keys.request_id) is None or request[keys.set_cookie] is not None:
        return None
    return is_https(request), request.app.get(keys.policy)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Complete `response`; what the handler has set stays."""
    request[keys.answering] = True
    headers = response.headers
    if _POLICY not in headers and (policy := request.app.get(keys.policy)):
        headers[_POLICY] = policy
    for name, value in SECURITY_HEADERS:
        if name not in headers:
            headers[name] = value
    if is_https(request) and "Strict-Transport-Security" not in headers:
        headers["Strict-Transport-Security"] = _HSTS
    request_id = request.get(keys.request_id)
    if request_id is not None:
        headers["X-Request-ID"] = request_id
    cookie = request.get(keys.set_cookie)
    if cookie is not None:
        headers.add(hdrs.SET_COOKIE, cookie)
    if hdrs.CACHE_CONTROL not in headers:
        personal = request.get(keys.user) is not None or bool(response.cookies)
        headers[hdrs.CACHE_CONTROL] = "private, no-cache" if personal else "no-cache"
    headers[hdrs.SERVER] = "www"
