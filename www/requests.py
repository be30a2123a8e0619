"""Read what a request carries, and what the client wants back.

Nothing here trusts the client: every reader is bounded, decodes strictly, and raises an error of
`www.errors` for what it cannot take. aiohttp's `request.query` and `request.post()` replace wrong
UTF-8 or raise what would be a 500, and hold up the loop (see `www.utils.form_data`).
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web
from multidict import MultiDict

from www import keys
from www.bodies import send_continue
from www.bodies.multipart import Malformed, TooMany
from www.bodies.text_form import FilePart, text_fields
from www.errors import BadRequest, TooLarge, UnsupportedType
from www.i18n import N_, Formats
from www.utils.form_data import TooManyFields, urlencoded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from www.models import User

_MAX_FIELDS: Final = 20
"""More than any form of ours has; files are counted by `www.files.upload`."""
_MAX_WORDS: Final = 1000
_MAX_CURSOR: Final = 1000
_MAX_ACCEPT: Final = 1000
_FOR_PROGRAMS: Final = ("/api/", "/uploads")
_Q: Final = re.compile(r"[01](?:\.[0-9]{0,3})?", re.ASCII)
_FAMILIES: Final = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/json": "json",
    "application/problem+json": "json",
}
_URLENCODED: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"


def row_id(request: web.Request) -> int:
    """Return the id in the path; www/routes.py lets only numbers reach a handler."""
    return int(request.match_info["id"])


def signed_in(request: web.Request) -> User:
    """Return who is asking, in a handler whose route asks for USER at least."""
    user = request[keys.user]
    assert user is not None
    return user


def cursor(request: web.Request) -> str | None:
    """Return what `?before=` asks for; a cursor that no page has written is a 400 later."""
    return query_text(request, "before", _MAX_CURSOR) or None


async def read_form(
    request: web.Request, *, max_fields: int = _MAX_FIELDS, max_bytes: int | None = None
) -> MultiDict[str]:
    """Return the fields of a form of text, urlencoded or multipart.

    Raises UnsupportedType for another content type, TooLarge above `max_fields` or `max_bytes`
    (default: the setting limits.form_bytes), BadRequest for what cannot be decoded or holds files.
    """
    if request.content_type not in {_URLENCODED, _MULTIPART}:
        raise UnsupportedType
    if (request.charset or "utf-8").lower() not in {"utf-8", "utf8"}:
        raise UnsupportedType(N_("Only UTF-8 is accepted here."))
    body = await read_body(request, max_bytes or request.app[keys.settings].limits.form_bytes)
    try:
        if request.content_type == _URLENCODED:
            pairs = urlencoded(body, max_fields)
        else:
            pairs = text_fields(body, request.headers[hdrs.CONTENT_TYPE], max_fields)
    except FilePart as err:
        raise BadRequest(N_("A file was sent where text is expected.")) from err
    except Malformed as err:
        raise BadRequest(err.message) from err
    except (TooMany, TooManyFields) as err:
        text = N_("This form has too many fields: at most %(max)s are allowed.")
        raise TooLarge(text, max=max_fields) from err
    except ValueError as err:
        raise BadRequest(N_("The form cannot be read; it must be UTF-8.")) from err
    return MultiDict(_clean(pairs))


async def read_body(request: web.Request, max_bytes: int) -> bytes:
    """Return the body, counted while it arrives; raises TooLarge above `max_bytes`."""
    if (request.content_length or 0) > max_bytes:
        raise _too_long(max_bytes)
    await send_continue(request)
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > max_bytes:
            raise _too_long(max_bytes)
    return bytes(body)


def _too_long(max_bytes: int) -> TooLarge:
    text = N_("This is too large: at most %(limit)s are allowed.")
    return TooLarge(text, limit=Formats("en", UTC).size(max_bytes))


def query_text(request: web.Request, name: str, max_chars: int) -> str:
    """Return a field of the query, stripped, "" where it is missing; BadRequest if it is none."""
    try:
        pairs = urlencoded(request.rel_url.raw_query_string.encode(), _MAX_WORDS)
    except TooManyFields as err:
        raise BadRequest(N_("The address is too long.")) from err
    except ValueError as err:
        raise BadRequest(N_("The address cannot be read; it must be UTF-8.")) from err
    value = next((value for key, value in _clean(pairs) if key == name), "").strip()
    if len(value) > max_chars:
        raise BadRequest(N_("The address is too long."))
    return value


def wants_json(request: web.Request) -> bool:
    """Return whether the client is a program: one of those addresses, or prefers JSON to HTML."""
    if request.path.startswith(_FOR_PROGRAMS):
        return True
    accept = request.headers.get(hdrs.ACCEPT, "")[:_MAX_ACCEPT].lower()
    if "json" not in accept:
        return False
    best = {"html": 0.0, "json": 0.0}
    for item in accept.split(","):
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


def _clean(pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Refuse NUL, which files and databases take for an end."""
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise BadRequest(N_("The text holds a NUL character."))
        yield name, value
