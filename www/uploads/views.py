"""The two addresses of resumable uploads; the headers say which protocol a request speaks."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from www import keys
from www.errors import BadRequest, Gone, NotFound
from www.i18n import N_
from www.render import see_other
from www.requests import signed_in
from www.uploads import draft, protocol, tus

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_SAFE: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
_OVERRIDE: Final = "X-HTTP-Method-Override"
_ONE: Final[dict[str, Callable[[web.Request, str], Awaitable[web.Response]]]] = {
    hdrs.METH_HEAD: tus.state,
    hdrs.METH_GET: tus.state,
    hdrs.METH_PATCH: tus.append,
    hdrs.METH_DELETE: tus.terminate,
}


async def options(request: web.Request) -> web.Response:
    """Tell what is spoken here, on the collection and on each upload, to everybody."""
    headers = protocol.options(request.app[keys.uploads].bounds)
    methods = {route.method for route in request.match_info.route.resource or ()}
    headers[hdrs.ALLOW] = ", ".join(sorted(methods))
    return web.Response(status=HTTPStatus.NO_CONTENT, headers=headers)


async def collection(request: web.Request) -> web.Response:
    """Begin an upload."""
    if protocol.is_draft(request):
        return await draft.create(request)
    tus.check_version(request)
    if _method(request) != hdrs.METH_POST:
        raise web.HTTPMethodNotAllowed(_method(request), [hdrs.METH_POST])
    return await tus.create(request)


async def upload(request: web.Request) -> web.Response:
    """Ask how far an upload is, go on with it, or cancel it."""
    token = request.match_info["token"]
    if protocol.is_draft(request):
        if request.method == hdrs.METH_PATCH:
            return await draft.append(request, token)
        if request.method == hdrs.METH_DELETE:
            return await tus.terminate(request, token)
        return await draft.state(request, token)
    tus.check_version(request)
    method = _method(request)
    if method not in _ONE:
        raise web.HTTPMethodNotAllowed(method, list(_ONE))
    return await _ONE[method](request, token)


async def discard(request: web.Request) -> web.Response:
    """Forget an upload, for people who have a form and no client."""
    await _forget(request, signed_in(request).id, request.match_info["token"])
    return see_other(f"{request.app[keys.urls]('files.upload')}?notice=upload_discarded")


async def _forget(request: web.Request, owner_id: int, token: str) -> None:
    if (direct := request.app[keys.direct]) is not None:
        with suppress(NotFound, Gone):
            return await direct.delete(await direct.own(owner_id, token))
    await request.app[keys.uploads].discard(owner_id, token)
    return None


def _method(request: web.Request) -> str:
    """Return the method, or what stands for it where the client's surroundings allow few."""
    override = request.headers.get(_OVERRIDE)
    if override is None:
        return request.method
    if request.method in _SAFE:
        # The origin check lets these pass from everywhere, so they must stay what they are.
        raise BadRequest(N_("The header %(name)s needs a POST."), name=_OVERRIDE)
    return override.strip().upper()
