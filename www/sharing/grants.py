"""What a visitor's browser remembers of a link: that the password was right, what was counted.

A download that was counted may be resumed and asked for in parts without being counted again. The
cookie is signed with the link's own secret and its password, so that nothing is stored here, and a
link that gets another password forgets who knew the old one. Each stands under its own path, so
that a folder of a thousand files does not fill the headers.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from www import keys
from www.addresses import is_https

if TYPE_CHECKING:
    from datetime import datetime

    from aiohttp import web

    from www.models import ShareLink

PASSWORD: Final = "password"  # noqa: S105  the name of a grant
LIFETIME: Final = timedelta(hours=12)
_MAX_COOKIE: Final = 100


def download(file_id: int | None) -> str:
    """Return the grant's name for a file, or for the archive of all."""
    return "archive" if file_id is None else f"file {file_id}"


def has(request: web.Request, link: ShareLink, grant: str, now: datetime) -> bool:
    """Return whether the browser brings this grant."""
    cookie = request.cookies.get(_cookie(grant), "")[:_MAX_COOKIE]
    until, _, mac = cookie.partition(".")
    if not (until.isascii() and until.isdigit()) or int(until) <= now.timestamp():
        return False
    return hmac.compare_digest(mac.encode(), _mac(link, grant, until).encode())


def give(request: web.Request, link: ShareLink, grant: str, path: str, now: datetime) -> None:
    """Let the answer bring the grant to the browser, for addresses that begin with `path`."""
    until = str(int((now + LIFETIME).timestamp()))
    secure = "; Secure" if is_https(request) else ""
    request[keys.set_cookie] = (
        f"{_cookie(grant)}={until}.{_mac(link, grant, until)}; Path={path}; HttpOnly; "
        f"Max-Age={int(LIFETIME.total_seconds())}; SameSite=Lax{secure}"
    )


def _cookie(grant: str) -> str:
    return "share_password" if grant == PASSWORD else "share_download"


def _mac(link: ShareLink, grant: str, until: str) -> str:
    text = f"{grant}\0{until}\0{link.password_hash or ''}"
    return hmac.new(link.secret, text.encode(), "sha256").hexdigest()
