"""Conditions and ranges of a GET (RFC 9110, sections 13 and 14): headers in, a decision out.

aiohttp's FileResponse is not used: it answers 206 to an If-Range with another ETag, which joins two
versions into one corrupt file, and 416 to units and syntax that must be ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

from www.files import ranges
from www.files.ranges import Part

if TYPE_CHECKING:
    from multidict import MultiMapping

_TAG: Final = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
# IMF-fixdate, and the two older forms that must still be understood (RFC 9110, 5.6.7).
_DATES: Final = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")


@dataclass(frozen=True)
class Validators:
    """What tells one version of a content from another. `etag` is strong, without quotes.

    `modified` is None where no date can tell versions apart; then conditions on dates are ignored.
    """

    size_bytes: int
    etag: str
    modified: datetime | None

    @cached_property
    def headers(self) -> dict[str, str]:
        """Header lines for a whole, partial or not modified answer."""
        lines = {"ETag": f'"{self.etag}"', "Accept-Ranges": "bytes"}
        if (second := self.second) is not None:
            lines["Last-Modified"] = format_datetime(second, usegmt=True)
        return lines

    @cached_property
    def second(self) -> datetime | None:
        """The time as Last-Modified says it: whole seconds."""
        return self.modified and self.modified.astimezone(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: which parts of the content, under which status, with which header lines.

    Several parts mean a body of the type multipart/byteranges.
    """

    status: int
    parts: tuple[Part, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)


def asks_for_all(method: str, headers: MultiMapping[str]) -> bool:
    """Tell whether this is a GET for all of it, whatever the version: `decide` would say 200."""
    # In the order in which they are met; any() over the names costs three times as much.
    return method == "GET" and not (
        "If-None-Match" in headers
        or "Range" in headers
        or "If-Modified-Since" in headers
        or "If-Match" in headers
        or "If-Unmodified-Since" in headers
    )


def decide(
    method: str, headers: MultiMapping[str], content: Validators, *, whole: bool = False
) -> Decision:
    """Return the answer to a GET or HEAD: 200, 206, 304, 412 or 416; `whole` ignores ranges."""
    status = _precondition(headers, content)
    if status == 304:
        return Decision(304, headers=content.headers)
    if status:
        return Decision(status)
    size = content.size_bytes
    if method == "GET" and "Range" in headers and not whole and _range_applies(headers, content):
        parts = ranges.parse(headers.getall("Range"), size)
        if parts is not None and not parts:
            # With the version: whoever goes on from a finished file learns that it is finished.
            return Decision(416, headers=content.headers | {"Content-Range": f"bytes */{size}"})
        if parts is not None:
            line = {} if len(parts) > 1 else {"Content-Range": content_range(parts[0], size)}
            return Decision(206, parts, content.headers | line)
    return Decision(200, (Part(0, size),), content.headers)


def content_range(part: Part, size: int) -> str:
    """Return the value of Content-Range for one part."""
    return f"bytes {part.offset}-{part.offset + part.length - 1}/{size}"


def _precondition(headers: MultiMapping[str], content: Validators) -> int:
    """Return 412, 304 or 0, in the order of RFC 9110, 13.2.2."""
    if "If-Match" in headers:
        if not _matches(headers.getall("If-Match"), content.etag, weakly=False):
            return 412
    elif _changed_since(headers.get("If-Unmodified-Since"), content) is True:
        return 412
    if "If-None-Match" in headers:
        if _matches(headers.getall("If-None-Match"), content.etag, weakly=True):
            return 304
    elif _changed_since(headers.get("If-Modified-Since"), content) is False:
        return 304
    return 0


def _matches(lines: list[str], etag: str, *, weakly: bool) -> bool:
    value = ", ".join(lines).strip()
    if value == "*":
        return True
    return any(tag == etag and (weakly or not weak) for weak, tag in _TAG.findall(value))


def _range_applies(headers: MultiMapping[str], content: Validators) -> bool:
    """If-Range: the part only of the version that the client holds, else the whole."""
    value = headers.get("If-Range")
    if value is None:
        return True
    tag = _TAG.fullmatch(value.strip())
    if tag is not None:
        return not tag[1] and tag[2] == content.etag
    date = _date(value)
    return date is not None and date == content.second


def _changed_since(value: str | None, content: Validators) -> bool | None:
    """Compare with a date; None where there is none to compare."""
    since = _date(value)
    if since is None or content.second is None:
        return None
    return content.second > since


def _date(value: str | None) -> datetime | None:
    for form in _DATES if value else ():
        try:
            return datetime.strptime((value or "").strip(), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
