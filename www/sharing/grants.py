"""What a visitor's browser remembers of a link: that the password was right, what was counted.

The cookies are signed with the link's own secret and its password, so that a link that gets another
password forgets who knew the old one. That of a counted download names a row, which says how much
of it may still be fetched; what it is good for says www/sharing/counting.py. Each stands under its
own path, so that a folder of a thousand files does not fill the headers.
"""

from __future__ import annotations

import hmac
from datetime import UTC, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

from www import keys
from www.addresses import is_https

if TYPE_CHECKING:
    from datetime import datetime

    from aiohttp import web

    from www.models import ShareLink

_PASSWORD: Final = "share_password"  # noqa: S105  the name of a cookie
_PASSWORD_LIFETIME: Final = timedelta(hours=12)
_DOWNLOAD: Final = "share_download"
DOWNLOAD_LIFETIME: Final = timedelta(days=3)
"""How long a download that was counted may go on: 100 GB take a day over 10 Mbit/s."""
_MAX_COOKIE: Final = 120


def knows_password(request: web.Request, link: ShareLink, now: datetime) -> bool:
    """Return whether the browser has brought the password; True where there is none."""
    return link.password_hash is None or _value(request, link, _PASSWORD, "", now) is not None


def give_password(request: web.Request, link: ShareLink, path: str, now: datetime) -> None:
    """Let the browser remember the password, for addresses that begin with `path`."""
    until = now + _PASSWORD_LIFETIME
    mac = _mac(link, _PASSWORD, "", "", _seconds(until))
    _give(request, f"{_PASSWORD}=.{_seconds(until)}.{mac}", path, until)


def download(file_id: int | None) -> str:
    """Return the name of what is fetched: a file, or the archive of all."""
    return "archive" if file_id is None else f"file {file_id}"


def download_id(request: web.Request, link: ShareLink, grant: str, now: datetime) -> int | None:
    """Return which counted download of `grant` the browser brings, None where it brings none."""
    value = _value(request, link, _DOWNLOAD, grant, now)
    return None if value is None else int(value)


def give_download(
    request: web.Request, link: ShareLink, grant: str, id: int, *, path: str, until: datetime
) -> None:
    """Let the answer bring a counted download, for addresses that begin with `path`."""
    mac = _mac(link, _DOWNLOAD, grant, str(id), _seconds(until))
    _give(request, f"{_DOWNLOAD}={id}.{_seconds(until)}.{mac}", path, until)


def _value(
    request: web.Request, link: ShareLink, cookie: str, grant: str, now: datetime
) -> str | None:
    """Return what was given, None unless it is ours and still good."""
    sent = request.cookies.get(cookie, "")[:_MAX_COOKIE]
    value, _, rest = sent.partition(".")
    until, _, mac = rest.partition(".")
    if not sent.isascii() or not hmac.compare_digest(
        mac.encode(), _mac(link, cookie, grant, value, until).encode()
    ):
        return None
    return value if int(until) > now.timestamp() else None


def _give(request: web.Request, pair: str, path: str, until: datetime) -> None:
    secure = "; Secure" if is_https(request) else ""
    expires = format_datetime(until.astimezone(UTC), usegmt=True)
    request[keys.set_cookie] = (
        f"{pair}; Path={path}; HttpOnly; Expires={expires}; SameSite=Lax{secure}"
    )


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def _mac(link: ShareLink, cookie: str, grant: str, value: str, until: str) -> str:
    text = f"{cookie}\0{grant}\0{value}\0{until}\0{link.password_hash or ''}"
    return hmac.new(link.secret, text.encode(), "sha256").hexdigest()
