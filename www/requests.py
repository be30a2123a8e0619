"""Read what a request carries: forms, query fields, and who is asking from where.

Nothing here trusts the client: every reader is bounded, decodes strictly, and raises an error of
`www.errors` for what it cannot take. aiohttp's own `request.query` and `request.post()` replace
wrong UTF-8 silently or raise UnicodeDecodeError, which would be a 500.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from aiohttp import hdrs, web
from multidict import MultiDict

from www import keys
from www.errors import BadRequest, TooLarge, UnsupportedType
from www.i18n import N_

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_FIELDS: Final = 1000
_MAX_ACCEPT: Final = 1000
_Q: Final = re.compile(r"[01](?:\.[0-9]{0,3})?", re.ASCII)
_FAMILIES: Final = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/json": "json",
    "application/problem+json": "json",
}
_URLENCODED: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"


async def read_form(
    request: web.Request, *, max_fields: int = MAX_FIELDS, max_bytes: int | None = None
) -> MultiDict[str]:
    """Return the fields of a form of text, urlencoded or multipart.

    Raises UnsupportedType for another content type, TooLarge above `max_bytes` (default: the
    setting limits.form_bytes), BadRequest for what cannot be decoded or holds files.
    """
    limit = max_bytes or request.app[keys.settings].limits.form_bytes
    if (request.content_length or 0) > limit:
        raise TooLarge
    sized = request.clone(client_max_size=limit, client_max_fields=max_fields)
    if request.content_type == _URLENCODED:
        pairs = await _urlencoded(sized, max_fields)
    elif request.content_type == _MULTIPART:
        pairs = await _multipart(sized)
    else:
        raise UnsupportedType
    return MultiDict(_clean(pairs))


def query_text(request: web.Request, name: str, max_chars: int) -> str:
    """Return a field of the query, stripped, "" where it is missing; BadRequest if it is none."""
    pairs = _decoded(request.rel_url.raw_query_string, MAX_FIELDS)
    value = next((value for key, value in _clean(pairs) if key == name), "").strip()
    if len(value) > max_chars:
        raise BadRequest(N_("The address is too long."))
    return value


def wants_json(request: web.Request) -> bool:
    """Return whether the client is a program: asks under /api, or prefers JSON to HTML."""
    if request.path.startswith("/api/"):
        return True
    accept = request.headers.get(hdrs.ACCEPT, "")
    if "json" not in accept:
        return False
    best = {"html": 0.0, "json": 0.0}
    for item in accept[:_MAX_ACCEPT].lower().split(","):
        kind, _, params = item.strip().partition(";")
        family = _FAMILIES.get(kind.strip())
        if family is not None:
            best[family] = max(best[family], _quality(params))
    return best["json"] > best["html"]


def _quality(params: str) -> float:
    """Return q of an Accept item; without one, or with a wrong one, 1."""
    for param in params.split(";"):
        name, _, value = param.strip().partition("=")
        if name == "q" and _Q.fullmatch(value):
            return float(value)
    return 1.0


async def _urlencoded(request: web.Request, max_fields: int) -> list[tuple[str, str]]:
    if (request.charset or "utf-8").lower() not in {"utf-8", "utf8"}:
        raise UnsupportedType(N_("Only UTF-8 is accepted here."))
    try:
        body = (await request.read()).decode("utf-8")
    except UnicodeDecodeError as err:
        raise BadRequest(N_("The text is not valid UTF-8.")) from err
    except web.HTTPRequestEntityTooLarge as err:
        raise TooLarge from err
    return _decoded(body, max_fields)


def _decoded(query: str, max_fields: int) -> list[tuple[str, str]]:
    if query.count("&") >= max_fields:
        raise BadRequest(N_("There are too many fields."))
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as err:
        raise BadRequest(N_("The text is not valid UTF-8.")) from err


async def _multipart(request: web.Request) -> list[tuple[str, str]]:
    try:
        fields = await request.post()
    except web.HTTPRequestEntityTooLarge as err:
        raise TooLarge from err
    except (ValueError, LookupError, RuntimeError, AssertionError) as err:
        # ValueError: a broken boundary, header or encoding; LookupError: an unknown charset.
        raise BadRequest from err
    pairs = []
    for name, value in fields.items():
        if not isinstance(value, str):
            raise BadRequest(N_("A file was sent where text is expected."))
        pairs.append((name, value))
    return pairs


def _clean(pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Refuse NUL, which databases and files treat as an end."""
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise BadRequest(N_("The text holds a NUL character."))
        yield name, value
