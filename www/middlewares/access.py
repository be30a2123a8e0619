"""Who may call a route: one word in its line of www/routes.py, enforced here for all of them."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from aiohttp import web

from www import keys
from www.errors import Forbidden, Unauthenticated

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler


class Access(IntEnum):
    """The least that a person must be; each level includes those before it."""

    ANYONE = 0
    USER = 1
    AUTHOR = 2
    EDITOR = 3
    ADMIN = 4


ANYONE: Final = Access.ANYONE
USER: Final = Access.USER
AUTHOR: Final = Access.AUTHOR
ADMIN: Final = Access.ADMIN

_LEVELS: Final = {
    "reader": Access.USER,
    "author": Access.AUTHOR,
    "editor": Access.EDITOR,
    "admin": Access.ADMIN,
}


@web.middleware
async def access_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Raise Unauthenticated or Forbidden; addresses that do not exist stay 404 for everyone."""
    needed = request.app[keys.access].get(request.match_info.route, ANYONE)
    if needed > ANYONE:
        user = request[keys.user]
        if user is None:
            raise Unauthenticated
        if _LEVELS[user.role] < needed:
            raise Forbidden
    return await handler(request)
