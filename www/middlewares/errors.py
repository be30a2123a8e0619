"""The one place where errors become answers: a page for people, problem+json for programs.

RFC 9457 is sent under /api and to whoever prefers JSON. Status and headers of the original stay
(Allow, Location, Retry-After). Only what is a defect of ours is logged, with its traceback.
"""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from aiohttp import hdrs, web
from aiohttp.http import HttpProcessingError

from www import keys
from www.access_log import shown_path
from www.db.errors import (
    DatabaseError,
    DiskFull,
    InvalidCursor,
    OperationalError,
    RowNotFound,
    VersionConflict,
)
from www.errors import (
    BadRequest,
    Conflict,
    Invalid,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
    WwwError,
)
from www.i18n import N_, Message, translate
from www.render import render
from www.requests import wants_json
from www.storage import StorageFull

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.typedefs import Handler

_log: Final = logging.getLogger("www.errors")

_TITLES: Final = {
    400: N_("Bad request"),
    401: N_("Please sign in"),
    403: N_("Not allowed"),
    404: N_("Page not found"),
    405: N_("Not possible here"),
    409: N_("Changed meanwhile"),
    410: N_("No longer available"),
    413: N_("Too large"),
    415: N_("Not accepted"),
    417: N_("Bad request"),
    422: N_("Not complete yet"),
    429: N_("Too many attempts"),
    500: N_("Something went wrong"),
    503: N_("Not available at the moment"),
    507: N_("No space left"),
}
_FROM_DATABASE: Final[dict[type[DatabaseError], type[WwwError]]] = {
    InvalidCursor: BadRequest,
    RowNotFound: NotFound,
    DiskFull: StorageFull,
    VersionConflict: Conflict,
    OperationalError: Unavailable,
}
_LAST_RESORT: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Something went wrong</title>'
    "<h1>Something went wrong</h1><p>The error has been logged as <code>{}</code>.</p>"
)
_GONE: Final = (ConnectionError, HttpProcessingError, web.RequestPayloadError)
"""The client broke off or sent a broken body: nothing of ours is wrong."""


@web.middleware
async def error_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer for whatever the handler raises."""
    try:
        return await handler(request)
    except WwwError as err:
        if request.get(keys.answering):  # the storage went away in the middle of a file
            raise ConnectionAbortedError from err
        return _answer(request, err.status, err.message, err.headers, err)
    except web.HTTPException as err:
        if err.status < HTTPStatus.BAD_REQUEST:
            raise
        return _from_aiohttp(request, err)
    except tuple(_FROM_DATABASE) as err:
        return _from_database(request, err)
    except _GONE:
        if request.get(keys.answering):
            raise
        return _answer(request, 400, Message(N_("The request did not arrive completely.")))
    except Exception as err:
        _log.exception(
            "%s %s failed",
            request.method,
            shown_path(request),
            extra=_traced(request),
        )
        if request.get(keys.answering):
            # Part of an answer is on its way; only a broken connection says that it is not whole.
            raise ConnectionAbortedError from err
        return _answer(request, 500, Message(WwwError.default))


def _from_aiohttp(request: web.Request, err: web.HTTPException) -> web.StreamResponse:
    """Keep the headers that say something, and our own words for the status."""
    dropped = {hdrs.CONTENT_TYPE, hdrs.CONTENT_LENGTH}
    headers = {name: value for name, value in err.headers.items() if name not in dropped}
    messages = {
        404: N_("There is no such page."),
        405: N_("This address does not take this kind of request."),
        413: TooLarge.default,
    }
    fallback = _TITLES.get(err.status, HTTPStatus(err.status).phrase)
    return _answer(request, err.status, Message(messages.get(err.status, fallback)), headers)


def _from_database(request: web.Request, err: DatabaseError) -> web.StreamResponse:
    """Answer for what the data layer raises and no view has caught."""
    kind = next(kind for known, kind in _FROM_DATABASE.items() if isinstance(err, known))
    if kind in {Unavailable, StorageFull}:
        _log.error("the database refused: %s", err, extra=_traced(request))
    ours = kind()
    return _answer(request, ours.status, ours.message, ours.headers, ours)


def _traced(request: web.Request) -> dict[str, object]:
    return {"fields": {"request_id": request[keys.request_id]}}


def _answer(
    request: web.Request,
    status: int,
    message: Message,
    headers: Mapping[str, str] | None = None,
    err: WwwError | None = None,
) -> web.StreamResponse:
    headers = {hdrs.CACHE_CONTROL: "no-store", **(headers or {})}
    if wants_json(request):
        return _problem(request, status, message, headers, err)
    if isinstance(err, Unauthenticated):
        return _to_login(request, headers)
    try:
        return _page(request, status, message, headers)
    except Exception:  # noqa: BLE001  a broken template must not hide the error that it was to show
        _log.exception("the page for %s failed", status)
        text = _LAST_RESORT.format(request[keys.request_id])
        return web.Response(status=status, text=text, content_type="text/html", headers=headers)


def _page(
    request: web.Request, status: int, message: Message, headers: Mapping[str, str]
) -> web.Response:
    text = translate(message, request[keys.language])
    if status == HTTPStatus.NOT_FOUND:
        return render(request, "404.html", status, headers=headers, message=text)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return render(request, "500.html", status, headers=headers)
    title = translate(_title(status), request[keys.language])
    return render(request, "error.html", status, headers=headers, title=title, message=text)


def _problem(
    request: web.Request,
    status: int,
    message: Message,
    headers: Mapping[str, str],
    err: WwwError | None,
) -> web.Response:
    language = request[keys.language]
    phrase = _phrase(status, err)
    body: dict[str, object] = {
        "type": err.problem_type if err else "about:blank",
        "title": phrase,
        "status": status,
        "detail": translate(message, language),
        "instance": shown_path(request),
        "request_id": request[keys.request_id],
    }
    if err is not None:
        body |= err.members
    if isinstance(err, Invalid):
        body["errors"] = {
            field: [translate(text, language) for text in texts]
            for field, texts in err.errors.items()
        }
    answer = web.Response(
        status=status,
        reason=phrase,
        body=json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace"),
        content_type="application/problem+json",
        headers=headers,
    )
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers[hdrs.WWW_AUTHENTICATE] = 'Cookie realm="www"'  # RFC 9110 asks for one
    return answer


def _phrase(status: int, err: WwwError | None) -> str:
    return err.phrase if err is not None and err.phrase else HTTPStatus(status).phrase


def _to_login(request: web.Request, headers: Mapping[str, str]) -> web.Response:
    """Send a browser to the sign-in page and, if it was reading, back afterwards."""
    location = "/login"
    if request.method in {hdrs.METH_GET, hdrs.METH_HEAD}:
        location += "?next=" + quote(request.rel_url.raw_path_qs, safe="/")
    return web.Response(status=303, headers={**headers, hdrs.LOCATION: location})


def _title(status: int) -> str:
    return _TITLES.get(status, HTTPStatus(status).phrase)
