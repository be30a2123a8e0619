"""Who is asking, under which name, and where to: everything that comes from Host and X-Forwarded-*.

A header of a proxy is believed only when the connection itself comes from one of
`server.trusted_proxies`. Behind several proxies the right-most address that is none of ours counts.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from aiohttp import hdrs

from www import keys
from www.errors import BadRequest
from www.i18n import N_

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from aiohttp import web

    Networks = tuple[IPv4Network | IPv6Network, ...]

_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_CONTROL: Final = re.compile(r"[\x00-\x20\x7f\\]")
_PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by machines that know only the IP address; they answer no page and build no link."""


def from_trusted_proxy(request: web.Request) -> bool:
    """Return whether the connection comes from one of `server.trusted_proxies`."""
    networks = request.app[keys.settings].server.trusted_proxies
    return bool(networks) and _within(request.remote or "", networks)


def client_address(request: web.Request) -> str:
    """Return the client's IP address, "" on a Unix socket."""
    peer = request.remote or ""
    networks = request.app[keys.settings].server.trusted_proxies
    if not networks or not _within(peer, networks):
        return peer
    for item in reversed(",".join(request.headers.getall("X-Forwarded-For", [])).split(",")):
        address = item.strip()
        if not _is_address(address):
            break
        peer = address
        if not _within(address, networks):
            break
    return peer


def is_https(request: web.Request) -> bool:
    """Return whether the reader's own connection is encrypted."""
    if request.secure:
        return True
    server = request.app[keys.settings].server
    if server.base_url is not None:
        return server.base_url.startswith("https:")
    if not server.trusted_proxies or request.headers.get("X-Forwarded-Proto") != "https":
        return False
    return from_trusted_proxy(request)


def host(request: web.Request) -> str:
    """Return the name that the client asked for, in lower case, with a port unless it is usual."""
    name = request.host
    if "X-Forwarded-Host" in request.headers and from_trusted_proxy(request):
        name = request.headers["X-Forwarded-Host"]
    return _usual(name.lower(), "https" if is_https(request) else "http")


def check_host(request: web.Request) -> None:
    """Raise BadRequest for a Host that is missing, malformed or not `server.base_url`'s."""
    # RFC 9112 section 3.2: a missing, repeated or invalid Host is answered with 400.
    sent = request.headers.getall(hdrs.HOST, ())
    if len(sent) > 1 or (not sent and request.version >= (1, 1)):
        raise BadRequest(N_("The request names no host."))
    name = host(request)
    if not _is_valid(name):
        raise BadRequest(N_("The request names no valid host."))
    base_url = request.app[keys.settings].server.base_url
    if base_url is None or request.path in _PROBES:
        return
    parts = urlsplit(base_url)
    if name != _usual(parts.netloc.lower(), parts.scheme):
        raise BadRequest(N_("This site has another address."))


@lru_cache(maxsize=256)  # a site has few names
def _is_valid(name: str) -> bool:
    return _HOST.fullmatch(name) is not None


def absolute_url(request: web.Request, path: str) -> str:
    """Return `path` with scheme and host, from `server.base_url` where it is set.

    Where it is not, they are what this request says: show the result to whoever sent it, but never
    store, mail or cache it.
    """
    base_url = request.app[keys.settings].server.base_url
    if base_url is not None:
        return base_url + path
    return f"{'https' if is_https(request) else 'http'}://{host(request)}{path}"


def safe_next(path: str | None, default: str = "/") -> str:
    r"""Return `path` if it is one of our own addresses, else `default`.

    Browsers read `//host` and `/\host` as another site, and drop tabs and line ends on the way.
    """
    if not path or len(path) > 2000 or not path.startswith("/") or path.startswith("//"):
        return default
    return default if _CONTROL.search(path) else path


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _within(address: str, networks: Networks) -> bool:
    if not _is_address(address):
        return False
    parsed = ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None)  # ::ffff:10.0.0.1 on a dual-stack socket
    return any((mapped or parsed) in network for network in networks)


def _usual(netloc: str, scheme: str) -> str:
    return netloc.removesuffix(":443" if scheme == "https" else ":80")
