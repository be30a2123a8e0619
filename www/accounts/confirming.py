"""Ask for the password again where somebody is signed in: before what cannot be taken back lightly.

Otherwise whoever finds an open laptop could take the account over, or try passwords at leisure.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from www import keys
from www.auth import throttle
from www.errors import Invalid
from www.i18n import N_

if TYPE_CHECKING:
    from aiohttp import web

    from www.models import User


async def confirm(request: web.Request, user: User, password: str) -> None:
    """Raise Invalid unless `password` is the one of `user`, a whole row; RateLimited after many.

    These attempts have a counter of their own, which strangers who try to sign in do not move.
    """
    engine, now = request.app[keys.engine], datetime.now(UTC)
    free = request.app[keys.settings].limits.login_attempts
    async with engine.transaction() as conn:
        attempt = await throttle.begin(conn, f"confirm:{user.id}", free=free, now=now)
    if not await request.app[keys.passwords].verify(user.password_hash, password):
        raise wrong()
    async with engine.transaction() as conn:
        await throttle.succeed(conn, attempt)


def wrong() -> Invalid:
    """Return the error for a password that is not the current one."""
    return Invalid({"current": [N_("This is not your current password.")]})
