"""Counts and times requests, and lets statements know which request they came from.

With the setting log.statements it also writes what each request asked the database, after the
answer and in one piece, so that requests at the same time do not mix.
"""

from __future__ import annotations

import asyncio
import logging
from contextvars import ContextVar
from time import perf_counter
from typing import TYPE_CHECKING, Final

from aiohttp import web

from www import keys
from www.access_log import shown_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.typedefs import Handler

    from www.db.seen import Ran
    from www.db.seen.report import Reports

CLIENT_GONE: Final = 499  # no status of HTTP; nginx made it the usual number for this
_log: Final = logging.getLogger("www.statements")
_current: ContextVar[web.Request | None] = ContextVar("current", default=None)


@web.middleware
async def seen_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the request, and gather its statements if the settings say so."""
    app = request.app
    reports, requests = app.get(keys.reports), app[keys.metrics].requests
    _current.set(request)  # of this task, which aiohttp makes for one request and ends with it
    requests.open += 1
    status, started = 500, perf_counter()
    try:
        if reports is None:
            response = await handler(request)
        else:
            response = await _reported(request, handler, reports)
        status = response.status
    except web.HTTPException as err:  # redirects; errors are answers by now
        status = err.status
        raise
    except (asyncio.CancelledError, ConnectionError):
        status = CLIENT_GONE
        raise
    else:
        return response
    finally:
        requests.open -= 1
        requests.observe(route_of(request), request.method, status, perf_counter() - started)


async def _reported(request: web.Request, handler: Handler, reports: Reports) -> web.StreamResponse:
    started = perf_counter()
    with reports.gather() as ran:
        try:
            return await handler(request)
        finally:
            if ran:
                _report(request, reports, ran, perf_counter() - started)


def route_of(request: web.Request) -> str:
    """Return the name in www/routes.py, "none" for an address that is not there."""
    return request.match_info.route.name or "none"


def origin() -> Mapping[str, object]:
    """Tell which request the running task answers; nothing outside of one."""
    request = _current.get()
    if request is None:
        return {}
    route = f"{request.method} {route_of(request)}"
    return {"route": route, "request_id": request.get(keys.request_id, "-")}


def _report(request: web.Request, reports: Reports, ran: list[Ran], seconds: float) -> None:
    """Write the report beside the requests: it may have to ask for plans first."""
    head = f"{request.method} {shown_path(request)} in {seconds * 1000:.1f} ms"
    fields = {"request_id": request.get(keys.request_id, "-")}

    async def write() -> None:
        first, *rest = await reports.lines(ran)
        _log.info("%s: %s", head, first, extra={"fields": fields})
        for line in rest:
            _log.info("%s", line)

    task = asyncio.create_task(write())
    tasks = request.app[keys.tasks]
    tasks.add(task)
    task.add_done_callback(tasks.discard)
