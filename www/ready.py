"""An answer whose header has been written before: its bytes are kept, all but date and request id.

What makes the header of a small answer costs three times what sending it does: a multidict is
filled, asked and changed by a dozen hands, and then it becomes text. Here that happens once, by
aiohttp and the application's signals like for every other answer; afterwards two values are put in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Self

from aiohttp import ClientConnectionResetError, HttpVersion11, hdrs, web
from aiohttp.helpers import rfc822_formatted_time

from www import keys
from www.middlewares.headers import lines_depend_on

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from aiohttp.abc import AbstractStreamWriter
    from multidict import CIMultiDict

_HOLE: Final = "\0"  # which no header can have


class Header(NamedTuple):
    """A header with two holes, the first for the date, the second for the request's id."""

    before_date: bytes
    between: bytes
    after_id: bytes

    @classmethod
    def of(cls, headers: CIMultiDict[str]) -> Self | None:
        """Return what has just been sent with the status 200; None where it has no two holes."""
        filled = headers.copy()
        for name in (hdrs.DATE, "X-Request-ID"):
            if name in filled:
                filled[name] = _HOLE
        lines = "".join(f"{name}: {value}\r\n" for name, value in filled.items())
        pieces = f"HTTP/1.1 200 OK\r\n{lines}\r\n".split(_HOLE)
        return cls(*(piece.encode() for piece in pieces)) if len(pieces) == 3 else None


class Kept:
    """The header lines that a handler gives its answer, and the headers that came of them."""

    __slots__ = ("headers", "lines")

    def __init__(self, lines: Mapping[str, str]) -> None:
        self.lines = lines
        self.headers: dict[Hashable, Header] = {}  # by what they depend on


class Ready(web.StreamResponse):
    """Status 200 with the same header lines and the same `content` whenever `kept` is the same.

    Whatever is changed on it afterwards (a header, a cookie) is sent, in the usual way.
    """

    def __init__(self, kept: Kept, content: bytes) -> None:
        super().__init__()
        self._kept = kept
        self._content = content
        self._sent_bytes = 0

    @property
    def body_length(self) -> int:
        """Return what was sent, with the header, as aiohttp counts it."""
        return self._sent_bytes or super().body_length

    @property
    def prepared(self) -> bool:
        """Return whether the header is on its way."""
        return bool(self._sent_bytes) or super().prepared

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send all of it where it has been sent before, else the header as aiohttp does."""
        if self._sent_bytes:
            return None
        depends = _depends(request)
        if depends is None or self._headers or self._cookies or self._status != 200:
            return await self._prepare_fully(request)
        header = self._kept.headers.get(depends)
        if header is None:
            writer = await self._prepare_fully(request)
            if (header := Header.of(self._headers)) is not None:
                self._kept.headers[depends] = header
            return writer
        return await self._send(request, header)

    async def write_eof(self, data: bytes = b"") -> None:
        """Send the body, if it has not been."""
        if not self._sent_bytes:
            await super().write_eof(data or self._content)

    async def _prepare_fully(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        if not super().prepared:
            for name, value in self._kept.lines.items():
                self._headers.setdefault(name, value)
            self.content_length = len(self._content)
            if request.method == hdrs.METH_HEAD:
                self._content = b""
        return await super().prepare(request)

    async def _send(self, request: web.BaseRequest, header: Header) -> AbstractStreamWriter:
        request[keys.answering] = True
        self._keep_alive = True
        writer, transport = request.writer, request.transport
        if transport is None or transport.is_closing():
            raise ClientConnectionResetError("Cannot write to closing transport")
        data = b"".join((
            header.before_date,
            rfc822_formatted_time().encode(),
            header.between,
            request[keys.request_id].encode(),
            header.after_id,
            self._content,
        ))  # fmt: skip
        transport.write(data)
        self._sent_bytes = len(data)
        await writer.drain()
        return writer


def _depends(request: web.BaseRequest) -> Hashable | None:
    """Return what the header depends on; None where one is to be made for this request alone."""
    if request.version != HttpVersion11 or not request.keep_alive or request.method != "GET":
        return None
    return lines_depend_on(request) if isinstance(request, web.Request) else None
