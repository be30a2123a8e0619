"""`Expect: 100-continue` (RFC 9110, 10.1.1): the body is asked for when somebody wants to read it.

aiohttp asks before any middleware has run, so that curl begins to send gigabytes that will be
refused. Here the answer to a refused request comes first, and the body never.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import HttpVersion11, hdrs, web

if TYPE_CHECKING:
    from aiohttp.web import BaseRequest

_WAITING: Final[web.RequestKey[bool]] = web.RequestKey("waiting_for_continue")


async def expect_later(request: web.Request) -> None:
    """Note that the client waits: every route's `expect_handler`. Raises HTTPExpectationFailed."""
    if request.version < HttpVersion11:
        return
    if request.headers[hdrs.EXPECT].lower() != "100-continue":
        raise web.HTTPExpectationFailed(text="Only 100-continue can be expected here.")
    request[_WAITING] = True


async def send_continue(request: BaseRequest) -> None:
    """Ask for the body if the client waits for that; whoever reads a body calls this first."""
    if not isinstance(request, web.Request) or not request.get(_WAITING):
        return
    request[_WAITING] = False
    if not request.content.total_bytes:  # a client need not wait for long
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # for aiohttp this counts the answer
