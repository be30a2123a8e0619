"""Conditions and ranges of a GET (RFC 9110, sections 13 and 14): headers in, a decision out.

aiohttp's FileResponse is not used: it answers 206 to an If-Range with another ETag, which joins two
versions into one corrupt file, and 416 to units and syntax that must be ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from multidict import MultiMapping

_TAG: Final = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_RANGE: Final = re.compile(r"([0-9]*)-([0-9]*)")
# IMF-fixdate, and the two older forms that must still be understood (RFC 9110, 5.6.7).
_DATES: Final = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
_MAX_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class Validators:
    """What tells one version of a content from another. `etag` is strong, without quotes."""

    size_bytes: int
    etag: str
    modified: datetime

    @property
    def headers(self) -> dict[str, str]:
        """Header lines for a whole, partial or not modified answer."""
        modified = self.modified.astimezone(UTC).replace(microsecond=0)
        return {
            "ETag": f'"{self.etag}"',
            "Last-Modified": format_datetime(modified, usegmt=True),
            "Accept-Ranges": "bytes",
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: which bytes, under which status, with which header lines."""

    status: int
    offset: int = 0
    length: int = 0
    headers: dict[str, str] = field(default_factory=dict)


def decide(method: str, headers: MultiMapping[str], content: Validators) -> Decision:
    """Return the answer to a GET or HEAD: 200, 206, 304, 412 or 416."""
    status = _precondition(headers, content)
    if status == 304:
        return Decision(304, headers=content.headers)
    if status:
        return Decision(status)
    size = content.size_bytes
    if method == "GET" and _range_applies(headers, content):
        wanted = _range(headers.getall("Range", []), size)
        if wanted is not None:
            first, length = wanted
            if length == 0:
                return Decision(416, headers={"Content-Range": f"bytes */{size}"})
            line = f"bytes {first}-{first + length - 1}/{size}"
            return Decision(206, first, length, content.headers | {"Content-Range": line})
    return Decision(200, 0, size, content.headers)


def _precondition(headers: MultiMapping[str], content: Validators) -> int:
    """Return 412, 304 or 0, in the order of RFC 9110, 13.2.2."""
    if "If-Match" in headers:
        if not _matches(headers.getall("If-Match"), content.etag, weakly=False):
            return 412
    elif (since := _date(headers.get("If-Unmodified-Since"))) and _second(content) > since:
        return 412
    if "If-None-Match" in headers:
        if _matches(headers.getall("If-None-Match"), content.etag, weakly=True):
            return 304
    elif (since := _date(headers.get("If-Modified-Since"))) and _second(content) <= since:
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
    return _date(value) == _second(content)


def _range(lines: list[str], size: int) -> tuple[int, int] | None:
    """Return offset and length, length 0 when unsatisfiable; None to send the whole.

    Several ranges at once get the whole, which RFC 9110, 14.2 allows.
    """
    unit, equals, spec = lines[0].partition("=") if len(lines) == 1 else ("", "", "")
    found = _RANGE.fullmatch(spec.strip())
    if unit.strip().lower() != "bytes" or not equals or found is None:
        return None
    first, last = _number(found[1]), _number(found[2])
    if first is None:
        if last is None or (size == 0 and last > 0):
            return None  # no Content-Range can name the last bytes of nothing
        return max(0, size - last), min(size, last)
    if last is not None and last < first:
        return None
    if first >= size:
        return first, 0
    return first, (size if last is None else min(size, last + 1)) - first


def _number(digits: str) -> int | None:
    """Return the number; int() refuses thousands of digits, and no content is that long."""
    if not digits:
        return None
    return int(digits) if len(digits.lstrip("0")) <= _MAX_DIGITS else 10**_MAX_DIGITS


def _date(value: str | None) -> datetime | None:
    for form in _DATES if value else ():
        try:
            return datetime.strptime((value or "").strip(), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _second(content: Validators) -> datetime:
    """Return the time as Last-Modified says it: whole seconds."""
    return content.modified.replace(microsecond=0)
