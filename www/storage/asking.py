"""Signed requests that obstore has no call for.

Those are uploads in parts step by step, copies under a condition, and the rules of a bucket; they
are few and small, so they go through the standard library, in a thread of the caller's.
"""

from __future__ import annotations

import logging
import random
import time
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import md5
from http.client import HTTPException, IncompleteRead
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen
from xml.etree import ElementTree as ET

from www.errors import Unavailable, WwwError
from www.storage.base import StorageFull

if TYPE_CHECKING:
    from collections.abc import Mapping

    from www.storage.bucket import Place

_log: Final = logging.getLogger("www.storage")
_EXPIRES_S: Final = 300
_MOST_BYTES: Final = 4 * 1024**2  # a list of 1,000 uploads has about 400 kB
_FULL: Final = frozenset({"QuotaExceeded", "InsufficientCapacity", "StorageFull"})
_FIRST_WAIT_S: Final = 0.1
_SHOWN_BYTES: Final = 200


class Refused(Exception):
    """The service understood, and said no."""

    def __init__(self, status: int, code: str) -> None:
        """Take the status, and the service's word for the reason, such as `NoSuchUpload`."""
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


class Answer(NamedTuple):
    """What the service said."""

    body: bytes
    headers: Mapping[str, str]

    def xml(self, root: str) -> ET.Element:
        """Return the body's tree, whose root has this name. Raises Unavailable.

        What stands between us and the service may answer with a page of its own, and 200.
        """
        try:
            tree = ET.fromstring(self.body)  # noqa: S314  the bucket is ours
        except ET.ParseError as err:
            raise _unreadable(root, self.body) from err
        if tree.tag.rpartition("}")[2] != root:
            raise _unreadable(root, self.body)
        return tree


def ask(
    place: Place,
    method: str,
    key: str,
    query: Mapping[str, str] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """Send a request, again for a while where the service fails; blocks the calling thread.

    `key` is whole, with the prefix; empty for the bucket itself. Raises Refused for what the
    service does not want, Unavailable, StorageFull.
    """
    url, data = _signed(place, method, key, query or {}, headers or {}), body
    if body is None and method in {"PUT", "POST"}:
        data = b""
    failure: Exception | None = None
    end, wait_s = time.monotonic() + place.patience.retries_s, _FIRST_WAIT_S
    for attempt in range(place.patience.retries + 1):
        request = Request(url, data=data, method=method, headers=dict(headers or {}))  # noqa: S310
        try:
            return _once(request, place.patience.request_s)
        except Refused as err:
            if err.code in _FULL or err.status == 507:
                raise StorageFull from err
            if err.status < 500:
                raise
            failure = err
        except (URLError, OSError, HTTPException) as err:
            failure = err
        if attempt == place.patience.retries or time.monotonic() + wait_s > end:
            break
        time.sleep(wait_s * random.uniform(0.5, 1))  # noqa: S311  nothing secret hangs on it
        wait_s *= 2
    _log.error("the bucket could not answer %s %s: %s", method, key, failure)
    raise Unavailable from failure


def refusal(what: str, err: Refused) -> WwwError:
    """Log what the service refused although nobody asked for anything wrong; return Unavailable."""
    _log.error("the bucket could not %s: %s", what, err)
    return Unavailable()


def text_of(node: ET.Element, name: str) -> str:
    """Return the text of a child, whatever the namespace or without; "" where it is missing."""
    return node.findtext(f"{{*}}{name}") or ""


def needed(node: ET.Element, name: str) -> str:
    """Return the text of a child that must be there. Raises Unavailable."""
    if text := text_of(node, name):
        return text
    raise _unreadable(name, ET.tostring(node))


def number_of(node: ET.Element, name: str) -> int:
    """Return the number in a child. Raises Unavailable."""
    try:
        return int(needed(node, name))
    except ValueError as err:
        raise _unreadable(name, ET.tostring(node)) from err


def time_of(node: ET.Element, name: str) -> datetime:
    """Return the time in a child. Raises Unavailable."""
    try:
        found = datetime.fromisoformat(needed(node, name))
    except ValueError as err:
        raise _unreadable(name, ET.tostring(node)) from err
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def md5_header(body: bytes) -> dict[str, str]:
    """Return Content-MD5, which some requests need."""
    return {"Content-MD5": b64encode(md5(body, usedforsecurity=False).digest()).decode()}


def _signed(
    place: Place, method: str, key: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> str:
    """Return the address of a request, good for five minutes."""
    lines = {name: text for name, text in headers.items() if name.lower().startswith("x-amz-")}
    return place.signer().url(method, key, expires_s=_EXPIRES_S, query=query, headers=lines)


def _once(request: Request, timeout_s: float) -> Answer:
    # urllib would call it a form, and some services then look for fields.
    request.add_header("Content-Type", "application/xml")
    try:
        with urlopen(request, timeout=timeout_s) as answer:  # noqa: S310  settings allow http and https
            found = Answer(answer.read(_MOST_BYTES), dict(answer.headers))
            if answer.length:  # what was announced and did not come
                raise IncompleteRead(found.body, answer.length)
    except HTTPError as err:
        with err:
            raise Refused(err.code, _code_in(err.read(_MOST_BYTES))) from err
    # Copies and completions begin their answer before they know how it ends.
    if code := _code_in(found.body):
        raise Refused(500 if code == "InternalError" else 409, code)
    return found


def _unreadable(name: str, body: bytes) -> Unavailable:
    """Log what came where `name` should stand; return what to raise."""
    _log.error("the bucket answered without a readable %s: %r", name, body[:_SHOWN_BYTES])
    return Unavailable()


def _code_in(body: bytes) -> str:
    """Return the service's word for what went wrong, "" where nothing did."""
    if b"<Error" not in body:
        return ""
    try:
        return text_of(ET.fromstring(body), "Code")  # noqa: S314  the bucket is ours
    except ET.ParseError:
        return "unreadable"
