"""Who is asking: the session cookie becomes `keys.session` and `keys.user`.

Writing the cookie stands here too, so that its name and attributes are decided in one place:
`__Host-session` where the connection is encrypted (no other host can set or overwrite it), else
`session`. A token sent back later slides the cookie's end along with the session's.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from www import keys
from www.addresses import is_https
from www.auth import sessions
from www.db import DatabaseError

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from www.models import Session

_log: Final = logging.getLogger("www.sessions")

_IMPERSONAL: Final = frozenset({"site.static", "site.healthz", "site.readyz"})
"""Routes that answer everybody alike; /healthz must not even ask the database."""


@web.middleware
async def session_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Look the token up, in one query, and only if there is a cookie."""
    if hdrs.COOKIE not in request.headers or request.match_info.route.name in _IMPERSONAL:
        return await handler(request)
    token = request.cookies.get(cookie_name(request))
    now = datetime.now(UTC)
    found = await sessions.find(request.app[keys.engine], token, now=now) if token else None
    if token is None or found is None:
        return await handler(request)
    request[keys.user], request[keys.session] = found
    stale = sessions.is_stale(found[1], now)
    if stale:
        _touch_later(request.app, found[1], now)
    response = await handler(request)
    if stale and not response.prepared and cookie_name(request) not in response.cookies:
        set_cookie(request, response, token)
    return response


def cookie_name(request: web.Request) -> str:
    """Return what the session's cookie is called on this connection."""
    return "__Host-session" if is_https(request) else "session"


def set_cookie(request: web.Request, response: web.StreamResponse, token: str) -> None:
    """Give the browser `token`."""
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=int(sessions.LIFETIME.total_seconds()),
        path="/",
        httponly=True,
        samesite="Lax",
        secure=is_https(request),
    )


def drop_cookie(request: web.Request, response: web.StreamResponse) -> None:
    """Make the browser forget its token."""
    # A `__Host-` cookie is only replaced by one that is Secure too.
    response.del_cookie(
        cookie_name(request), path="/", httponly=True, samesite="Lax", secure=is_https(request)
    )


def _touch_later(app: web.Application, session: Session, now: datetime) -> None:
    """Write `seen_at` beside the answer, which does not wait for it."""
    task = asyncio.create_task(_touch(app, session, now))
    app[keys.tasks].add(task)
    task.add_done_callback(app[keys.tasks].discard)


async def _touch(app: web.Application, session: Session, now: datetime) -> None:
    try:
        await sessions.touch(app[keys.engine], session, now=now)
    except DatabaseError as err:
        _log.warning("a session was not prolonged: %s", err)
