"""Pages of the site as a whole, and what machines ask: health and static files."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from www import keys
from www.addresses import is_https, safe_next
from www.db.errors import DatabaseError
from www.errors import NotFound
from www.forms import Fields
from www.i18n import LANGUAGES
from www.middlewares.state import THEMES
from www.requests import read_form

_YEAR_S: Final = 365 * 24 * 3600
_FOREVER: Final = f"public, max-age={_YEAR_S}, immutable"


async def preferences(request: web.Request) -> web.Response:
    """Keep theme and language in cookies, and go back to where the reader was."""
    data = await read_form(request, max_fields=10, max_bytes=10_000)
    fields = Fields(data)
    theme = fields.choice("theme", THEMES, default=request[keys.theme])
    language = fields.choice("language", LANGUAGES, default=request[keys.language])
    fields.check()
    response = web.Response(status=303, headers={hdrs.LOCATION: safe_next(data.get("next"))})
    for name, value in (("theme", theme), ("language", language)):
        if name in data:
            response.set_cookie(
                name,
                value,
                max_age=_YEAR_S,
                httponly=True,
                samesite="Lax",
                secure=is_https(request),
            )
    return response


async def healthz(request: web.Request) -> web.Response:
    """Answer that the process is alive; asks nothing else, so that it says nothing else."""
    del request
    return web.Response(text="ok\n", headers={hdrs.CACHE_CONTROL: "no-store"})


async def readyz(request: web.Request) -> web.Response:
    """Answer whether requests can be served: 200, or 503 while the database does not answer."""
    engine = request.app.get(keys.engine)
    try:
        if engine is not None:
            await engine.ping()
        ready = True
    except DatabaseError:
        ready = False
    return web.Response(
        text="ready\n" if ready else "the database does not answer\n",
        status=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE,
        headers={hdrs.CACHE_CONTROL: "no-store"},
    )


async def static(request: web.Request) -> web.Response:
    """Serve a file of www/static; under its fingerprint for a year, otherwise to be asked again."""
    asset = request.app[keys.assets].get(request.match_info["path"])
    if asset is None:
        raise NotFound
    body, coding = asset.chosen(request.headers.get(hdrs.ACCEPT_ENCODING, ""))
    current = request.rel_url.raw_query_string == f"v={asset.fingerprint}"
    etag = f'"{asset.fingerprint}{"-" + coding if coding else ""}"'
    headers = {
        hdrs.CACHE_CONTROL: _FOREVER if current else "public, no-cache",
        hdrs.ETAG: etag,
        hdrs.VARY: hdrs.ACCEPT_ENCODING,
    }
    # Weak comparison, RFC 9110 section 13.1.2: proxies that recompress put W/ in front.
    known = request.headers.get(hdrs.IF_NONE_MATCH, "").replace("W/", "")
    if etag in [item.strip() for item in known.split(",")]:
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    if coding is not None:
        headers[hdrs.CONTENT_ENCODING] = coding
    headers[hdrs.CONTENT_TYPE] = asset.content_type
    return web.Response(body=body, headers=headers)
