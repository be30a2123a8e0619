"""Somebody else sends the content: a bucket, by a link, or the web server in front.

X-Accel-Redirect and X-Sendfile say which file it shall send; only to a proxy that is trusted, for
anybody else would get an empty body and the name of a file. What asks for a version (If-Match) is
answered here, because nginx compares with a tag of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from www import keys
from www.addresses import from_trusted_proxy
from www.storage import LocalStorage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from www.storage import Readable

LOCATION: Final = "/_files/"
"""The internal location of nginx; docs/operations.md has it."""


def answer(
    request: web.Request,
    storage: Readable,
    sha256: str,
    headers: Mapping[str, str],
    *,
    may_link: bool = True,
) -> web.Response | None:
    """Return the answer that hands the whole content over; None to send it ourselves.

    Ranges are left to whoever sends, who sees the same Range. Without `may_link` nobody gets an
    address that is good for more than this one answer.
    """
    kept = {name: headers[name] for name in ("Content-Type", "Content-Disposition")}
    link = storage.link(sha256, kept) if may_link else None
    if link is not None:
        return web.Response(status=302, headers={"Location": link, "Cache-Control": "no-store"})
    return _told(request, storage, sha256, headers)


def _told(
    request: web.Request, storage: Readable, sha256: str, headers: Mapping[str, str]
) -> web.Response | None:
    settings = request.app[keys.settings]
    name = settings.storage.sendfile_header
    if not name or not isinstance(storage, LocalStorage) or not from_trusted_proxy(request):
        return None
    if "If-Match" in request.headers or "If-Unmodified-Since" in request.headers:
        return None
    path = storage.path(sha256)
    where = str(path.resolve())
    lines = dict(headers)
    lines.pop("Accept-Ranges", None)  # it says so itself
    if name == "X-Accel-Redirect":
        where = LOCATION + "/".join(path.parts[-2:])
        limit = settings.limits.download_bytes_per_s
        lines["X-Accel-Limit-Rate"] = str(limit) if limit else "off"
    return web.Response(headers={**lines, name: where})
