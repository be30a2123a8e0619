"""The way out: a stored content becomes an answer, whole or in parts, with flat memory.

aiohttp's FileResponse is not used (www/files/http.py says why). What is small goes out in one write
with its header, from memory where it is asked for often; how the rest is sent says sending.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from aiohttp import web

from www import keys
from www.errors import WwwError
from www.files import byteranges, handover, hot, http, types
from www.files.sending import STEP_BYTES, Pace, Sending
from www.i18n import N_
from www.utils import disposition

if TYPE_CHECKING:
    from datetime import datetime

    from www.files.byteranges import Body
    from www.files.http import Decision
    from www.files.metering import Meter
    from www.storage import Content, Readable

_COMMON_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    # No page of another site may load it into its process (Spectre).
    "Cross-Origin-Resource-Policy": "same-origin",
    # Kept by the reader's browser only, and asked for again: who may read it can change.
    "Cache-Control": "private, no-cache",
}
ATTACHMENT_HEADERS: Final = {
    **_COMMON_HEADERS,
    # What a browser opens all the same may load nothing, run nothing, and has no origin.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Frame-Options": "DENY",
}
"""Header lines of what a browser may save, but not show in our origin."""
INLINE_HEADERS: Final = {
    **_COMMON_HEADERS,
    # What a browser's own viewer needs for a picture, a film or a PDF; a sandbox would break the
    # PDF's.
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; media-src 'self'; object-src 'self'; "
        "style-src 'unsafe-inline'; frame-ancestors 'self'"
    ),
    # The same as frame-ancestors, for browsers that do not know it.
    "X-Frame-Options": "SAMEORIGIN",
}
"""Header lines of what a browser may show in our origin."""


class PreconditionFailed(WwwError):
    """If-Match or If-Unmodified-Since names another version."""

    status = 412
    default = N_("This file is not the version that you asked for.")


@dataclass(frozen=True, slots=True)
class Download:
    """What the answer must say about a file."""

    name: str
    content_type: str
    sha256: str
    size_bytes: int
    modified: datetime
    may_show: bool = True

    @property
    def headers(self) -> dict[str, str]:
        """Header lines that do not depend on the request."""
        inline = self.may_show and types.may_inline(self.content_type)
        return {
            "Content-Type": types.answered(self.content_type),
            "Content-Disposition": disposition.build(
                "inline" if inline else "attachment", self.name
            ),
            **(INLINE_HEADERS if inline else ATTACHMENT_HEADERS),
        }


async def respond(
    request: web.Request, storage: Readable, file: Download, meter: Meter | None = None
) -> web.StreamResponse:
    """Answer a GET or HEAD for `file`. Raises NotFound, PreconditionFailed.

    `meter` is told of what is sent; what it raises goes on.
    """
    validators, lines = fixed(file)
    decision = http.decide(request.method, request.headers, validators)
    if decision.status == 412:
        raise PreconditionFailed
    headers = lines | decision.headers
    if decision.status in {304, 416}:
        for name in ("Content-Type", "Content-Disposition"):
            del headers[name]
        return web.Response(status=decision.status, headers=headers)
    body = byteranges.build(decision.parts, file.content_type, file.size_bytes)
    if body.content_type is not None:
        headers["Content-Type"] = body.content_type
    if request.method == "HEAD":
        return await _head(request, storage, file, headers)
    limit = request.app[keys.settings].limits.download_bytes_per_s
    if body.size_bytes <= STEP_BYTES and not limit:
        found = await _short(request, storage, file, body)
        await _begin(meter, decision, file)
        return web.Response(status=decision.status, headers=headers, body=found)
    may_link = meter is None or not meter.is_strict
    handed_over = handover.answer(
        request, storage, file.sha256, lines | validators.headers, may_link=may_link
    )
    if handed_over is not None:
        if meter is not None:
            (await storage.open(file.sha256)).close()  # what is lost must not be counted
        await _begin(meter, decision, file)
        return handed_over
    answer = web.StreamResponse(status=decision.status, headers=headers)
    answer.content_length = body.size_bytes
    content = await storage.open(file.sha256)
    try:
        await _begin(meter, decision, file)
        sending = Sending(request, answer, Pace.of(request, limit))
        return await _stream(sending, answer, content, body, meter)
    finally:
        content.close()


@lru_cache(maxsize=4096)
def fixed(file: Download) -> tuple[http.Validators, dict[str, str]]:
    """What does not depend on the request; 25 us, where a whole small answer takes 60."""
    return http.Validators(file.size_bytes, file.sha256, file.modified), file.headers


async def _head(
    request: web.Request, storage: Readable, file: Download, headers: dict[str, str]
) -> web.StreamResponse:
    (await storage.open(file.sha256)).close()  # what is lost must not look as if it were there
    answer = web.StreamResponse(headers=headers)
    answer.content_length = file.size_bytes
    await answer.prepare(request)
    await answer.write_eof()
    return answer


async def _short(request: web.Request, storage: Readable, file: Download, body: Body) -> bytes:
    """Return a body that is so short that it needs no stream."""
    if file.size_bytes <= hot.MAX_CONTENT_BYTES:
        content = await request.app[keys.hot].read(storage, file.sha256, file.size_bytes)
        return b"".join(
            p if isinstance(p, bytes) else content[p.offset : p.offset + p.length]
            for p in body.pieces
        )
    opened = await storage.open(file.sha256)
    try:
        found = [
            p if isinstance(p, bytes) else await opened.pread(p.offset, p.length)
            for p in body.pieces
        ]
    finally:
        opened.close()
    return b"".join(found)


async def _begin(meter: Meter | None, decision: Decision, file: Download) -> None:
    if meter is not None:
        await meter.begin(decision, file.size_bytes)


async def _stream(
    sending: Sending,
    answer: web.StreamResponse,
    content: Content,
    body: Body,
    meter: Meter | None,
) -> web.StreamResponse:
    try:
        await sending.start()
        for piece in body.pieces:
            if isinstance(piece, bytes):
                await sending.write(piece)
            else:
                await sending.send(content, piece.offset, piece.length)
        await sending.end()
    finally:
        if meter is not None:
            await meter.end(sending.sent_bytes)
    return answer
