"""The addresses of uploads that go to the bucket directly; docs/uploads.md describes them.

Fields come as a form, answers are JSON. Without the setting there are no such addresses.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from www import keys
from www.errors import NotFound
from www.files import telling
from www.files.forms import MAX_ID_DIGITS, folder_of
from www.forms import Fields
from www.i18n import N_
from www.models import Visibility
from www.requests import read_form, signed_in
from www.uploads import fields
from www.uploads.parts import MOST_LINKS, Announced, count_of
from www.utils.names import file_name

if TYPE_CHECKING:
    from multidict import MultiDict

    from www.models import File, Upload
    from www.uploads.direct import Direct

_FIRST_LINKS: Final = 10
_PATIENCE_S: Final = 20.0  # proxies give up after a minute, some earlier
_MOST_BYTES: Final = 10**18
_NAME_CHARS: Final = 1000
_CLAIM_CHARS: Final = 255
_PATH_CHARS: Final = 500
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


async def create(request: web.Request) -> web.Response:
    """Begin an upload of a known size; answer with addresses for its first parts."""
    direct = _direct(request)
    upload = await direct.create(signed_in(request).id, _announced(await read_form(request)))
    numbers = range(1, min(count_of(upload), _FIRST_LINKS) + 1)
    links = direct.links(upload, numbers)
    at = request.app[keys.urls]("uploads.direct_upload", token=upload.token)
    body = {"upload": at, **_about(upload), "links": links}
    return web.json_response(body, status=HTTPStatus.CREATED, headers={hdrs.LOCATION: at})


async def state(request: web.Request) -> web.Response:
    """Tell which parts are there, or cancel the upload."""
    direct, upload = await _own(request)
    if request.method == hdrs.METH_DELETE:
        await direct.delete(upload)
        return web.Response(status=HTTPStatus.NO_CONTENT)
    if upload.completed_at is not None:
        return _complete(request, upload, await direct.file(upload))
    return web.json_response({**_about(upload), "arrived": await direct.arrived(upload)})


async def links(request: web.Request) -> web.Response:
    """Answer with addresses for the parts that are asked for, each good for an hour."""
    direct, upload = await _own(request)
    form = Fields(await read_form(request, max_fields=MOST_LINKS))
    words, most = form.many("part", max_items=MOST_LINKS, max_chars=5), count_of(upload)
    numbers = [int(word) for word in words if word.isascii() and word.isdigit()]
    if not words or len(numbers) < len(words) or not all(1 <= n <= most for n in numbers):
        form.refuse("part", N_("Please enter a number from %(minimum)s to %(maximum)s."),
                    minimum=1, maximum=most)  # fmt: skip
    form.check()
    return web.json_response({"links": direct.links(upload, numbers)})


async def complete(request: web.Request) -> web.Response:
    """Make a file of what has arrived: 201 with the file, or 202 while it is being checked."""
    direct, token = _direct(request), request.match_info["token"]
    upload = await direct.own_to_finish(signed_in(request).id, token)
    if upload.completed_at is not None:
        return _complete(request, upload, await direct.file(upload))
    file = await direct.finish(upload, timeout_s=_PATIENCE_S)
    if file is None:
        return web.json_response(_about(upload), status=HTTPStatus.ACCEPTED)
    return _complete(request, upload, file, HTTPStatus.CREATED)


def _direct(request: web.Request) -> Direct:
    direct = request.app[keys.direct]
    if direct is None:
        raise NotFound
    return direct


async def _own(request: web.Request) -> tuple[Direct, Upload]:
    direct = _direct(request)
    return direct, await direct.own(signed_in(request).id, request.match_info["token"])


def _announced(data: MultiDict[str]) -> Announced:
    """Read what the client says about the file. Raises Invalid."""
    form = Fields(data)
    name = form.line("name", max_chars=_NAME_CHARS)
    size_bytes = form.integer("size", minimum=0, maximum=_MOST_BYTES)
    sha256 = form.line("sha256", max_chars=64, required=False)
    if sha256 and not _SHA256.fullmatch(sha256):
        form.refuse("sha256", N_("Please enter 64 hexadecimal digits."))
    folder = form.line("folder", max_chars=MAX_ID_DIGITS, required=False)
    path = form.line("relativePath", max_chars=_PATH_CHARS, required=False)
    modified = form.line("modified", max_chars=MAX_ID_DIGITS, required=False)
    visibility = form.choice("visibility", ["", *Visibility], default="")
    form.check()
    claims = {"filename": name[:_CLAIM_CHARS], "modified": modified, "relativePath": path}
    claims |= {"folder": str(folder_of({"folder": [folder]}) or ""), "visibility": visibility}
    written = fields.written(claims)
    return Announced(file_name(name), size_bytes, sha256 or None, written)


def _about(upload: Upload) -> dict[str, object]:
    return {
        "length": upload.length,
        "part_bytes": upload.part_bytes,
        "parts": count_of(upload),
        "complete": False,
    }


def _complete(
    request: web.Request, upload: Upload, file: File | None, status: int = HTTPStatus.OK
) -> web.Response:
    found = None if file is None else telling.file(request, file)
    return web.json_response({**_about(upload), "complete": True, "file": found}, status=status)
