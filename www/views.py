"""Pages of the site as a whole, and what machines ask: health and static files."""

from __future__ import annotations

import asyncio
import hmac
import re
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from www import keys
from www.addresses import is_https, safe_next
from www.blogs import queries
from www.blogs.paging import part_of
from www.db.errors import DatabaseError
from www.errors import NotFound
from www.forms import Fields
from www.i18n import LANGUAGES
from www.metrics.metrics import CONTENT_TYPE as METRICS_TYPE
from www.middlewares.state import THEMES
from www.render import render, see_other
from www.requests import query_text, read_form
from www.search import index as search
from www.search.text import query_terms

_YEAR_S: Final = 365 * 24 * 3600
_FOREVER: Final = f"public, max-age={_YEAR_S}, immutable"
_HITS_PER_PAGE: Final = 10
_MAX_QUERY_CHARS: Final = 1000
_PAGE_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")


async def index(request: web.Request) -> web.Response:
    """Show the newest posts."""
    page = await queries.latest(request.app[keys.engine], part_of(request))
    return render(request, "index.html", page=page)


async def results(request: web.Request) -> web.Response:
    """Show what a search finds; without words the form alone."""
    q = query_text(request, "q", _MAX_QUERY_CHARS)
    asked = query_text(request, "page", _MAX_QUERY_CHARS) or "1"
    if not _PAGE_NUMBER.fullmatch(asked):
        raise NotFound
    number, terms = int(asked), query_terms(q)
    found, total = await search.find(
        request.app[keys.engine], q, limit=_HITS_PER_PAGE, offset=(number - 1) * _HITS_PER_PAGE
    )
    pages = -(-total // _HITS_PER_PAGE)
    if number > max(pages, 1):
        raise NotFound
    # Marking reads the whole text of each hit, which may be long.
    hits = await asyncio.to_thread(search.shown, found, terms)
    return render(
        request,
        "results.html",
        q=q,
        hits=hits,
        total=total,
        number=number,
        pages=pages,
        hint=bool(q) and not terms,
    )


async def preferences(request: web.Request) -> web.Response:
    """Keep theme and language in cookies, and go back to where the reader was."""
    data = await read_form(request, max_bytes=10_000)
    fields = Fields(data)
    theme = fields.choice("theme", THEMES, default=request[keys.theme])
    language = fields.choice("language", LANGUAGES, default=request[keys.language])
    fields.check()
    response = see_other(safe_next(data.get("next")))
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


async def metrics(request: web.Request) -> web.Response:
    """Answer what Prometheus reads: to who has server.metrics_token, and to administrators.

    For everybody else the address is not there. Where the connection comes from says nothing: a
    reverse proxy on this machine brings everybody from the loopback, and by default without any
    header that would tell.
    """
    if not (_has_metrics_token(request) or request.app[keys.can](request[keys.user], "admin")):
        raise NotFound
    return web.Response(
        body=await asyncio.to_thread(request.app[keys.metrics].text),
        headers={hdrs.CONTENT_TYPE: METRICS_TYPE, hdrs.CACHE_CONTROL: "no-store"},
    )


def _has_metrics_token(request: web.Request) -> bool:
    token = request.app[keys.settings].server.metrics_token.get_secret_value()
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    same = hmac.compare_digest(given.encode(errors="replace"), token.encode())
    return bool(token) and scheme.lower() == "bearer" and same


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
