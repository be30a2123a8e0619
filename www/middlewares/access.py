"""Who may call a route: one word in its line of www/routes.py, enforced here for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from aiohttp import web

from www import keys
from www.auth.permissions import at_least
from www.errors import Forbidden, Unauthenticated
from www.models import Role

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

Access: TypeAlias = Role | None
"""The least role that a person must have; None lets everybody in."""

ANYONE: Final[Access] = None
USER: Final[Access] = Role.READER
AUTHOR: Final[Access] = Role.AUTHOR
ADMIN: Final[Access] = Role.ADMIN


@web.middleware
async def access_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Raise Unauthenticated or Forbidden; addresses that do not exist stay 404 for everyone."""
    needed = request.app[keys.access].get(request.match_info.route)
    if needed is not None:
        user = request[keys.user]
        if user is None:
            raise Unauthenticated
        if not at_least(user, needed):
            raise Forbidden
    return await handler(request)
