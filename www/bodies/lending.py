"""A connection that can lend its socket to a thread while a large body arrives.

aiohttp copies every byte three times on the loop's thread before a handler sees it. While the
socket is lent it reads nothing; afterwards it goes on where the thread has stopped, in the middle
of the body too, so that lingering and keep-alive stay what they were. This is the one place that
knows aiohttp's inside: `_parser`, `_pause_reading_for_buffer` and its counterpart,
`StreamReader._read_nowait`.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
from typing import TYPE_CHECKING, Final

from aiohttp import web
from aiohttp.http_parser import HttpRequestParser

if TYPE_CHECKING:
    import asyncio

    from aiohttp import StreamReader

# Of the parser that continues: what else it reads is the next request, with the usual bounds.
_CONTINUED: Final = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
# tcp(7): the bytes are discarded in the kernel.
_DROPPED: Final = getattr(socket, "MSG_TRUNC", 0) if sys.platform == "linux" else 0


class Lent:
    """A socket on loan; one thread reads from it."""

    def __init__(self, fd: int, left_bytes: int) -> None:
        """Duplicate `fd`, from which `left_bytes` are to be read and no more."""
        self.left_bytes = left_bytes
        self.taken_bytes = 0
        self.waiting = False  # for the client, and not for the disk
        self.interrupted = False
        self._socket = socket.socket(fileno=os.dup(fd))
        self._socket.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)

    def read_into(self, view: memoryview, patience_s: float, flags: int = 0) -> int:
        """Read into `view`, and no more than is left; 0 where nothing comes for `patience_s`.

        It waits for as much as `view` takes, for `patience_s` at most. Raises ConnectionResetError
        at the end of the connection.
        """
        view = view[: self.left_bytes]
        self._wake_at(len(view))
        # First what is there: a client whose window is closed would not send more before that.
        if not self.taken_bytes and (size_bytes := self._receive(view, flags)):
            return size_bytes
        self.waiting = True
        try:
            self._poll.poll(patience_s * 1000)
        finally:
            self.waiting = False
        return self._receive(view, flags)

    def _receive(self, view: memoryview, flags: int) -> int:
        try:
            size_bytes = self._socket.recv_into(view, 0, flags)
        except BlockingIOError:
            return 0
        if not size_bytes:
            raise ConnectionResetError("the connection ended inside a body")
        self.left_bytes -= size_bytes
        self.taken_bytes += size_bytes
        return size_bytes

    def drop_into(self, view: memoryview, patience_s: float) -> int:
        """Forget bytes, on Linux without copying them into `view`: 0.07 s of CPU per GiB."""
        return self.read_into(view, patience_s, _DROPPED)

    def interrupt(self) -> None:
        """Let the thread that waits find the end of the connection, which can only be closed.

        What has arrived already can still be read, and some systems go on taking what a quick
        client sends (Linux 6.18 does not); so whoever reads much looks at `interrupted`.
        """
        self.interrupted = True
        with contextlib.suppress(OSError):  # it has ended by itself
            self._socket.shutdown(socket.SHUT_RD)

    def close(self) -> None:
        """Give the descriptor back."""
        self._wake_at(1)
        self._socket.close()

    def _wake_at(self, size_bytes: int) -> None:
        """Have `poll` wait for so many bytes, or for as many as the kernel keeps (socket(7)).

        Clients send 64 KiB at a time, and behind each wait a thread asks for the interpreter's
        lock again: of an upload of 1 MiB a dozen waits become one or two.
        """
        with contextlib.suppress(OSError):  # the connection is lost, or is none of TCP
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size_bytes)


def read_in_spite(content: StreamReader) -> bytes:
    """Return what had arrived when the connection ended, which aiohttp holds back then."""
    return content._read_nowait(-1)  # noqa: SLF001  see the docstring of the module


class Lender(web.RequestHandler):
    """aiohttp's connection; `request.protocol` is one where the server uses it."""

    __slots__ = ("_auto_decompress", "_lent", "_passed_bytes", "_rest")

    def __init__(
        self, manager: web.Server, *, loop: asyncio.AbstractEventLoop, **options: object
    ) -> None:
        """Take aiohttp's options."""
        super().__init__(manager, loop=loop, **options)  # type: ignore[arg-type]  # passed through
        self._auto_decompress = bool(options.get("auto_decompress", True))
        self._lent: Lent | None = None
        self._rest: StreamReader | None = None  # the rest of a body after a loan
        self._passed_bytes = 0  # in loans and rests that have ended

    def can_lend(self) -> bool:
        """Tell whether the bytes of the socket are those of the body: not where TLS is between."""
        transport = self.transport
        if transport is None or transport.is_closing():
            return False
        if transport.get_extra_info("sslcontext") is not None:
            return False
        return transport.get_extra_info("socket") is not None

    def hold(self) -> None:
        """Read nothing until `go_on`; what has been read is kept."""
        self._pause_reading_for_buffer()

    def go_on(self) -> None:
        """Read again."""
        self._resume_reading_for_buffer()

    def lend(self, left_bytes: int) -> Lent:
        """Lend the socket, while on `hold`; `left_bytes` of the body have not been read yet."""
        assert self.transport is not None
        assert self._lent is None
        if self._rest is not None:
            self._passed_bytes += self._rest.total_bytes
            self._rest = None
        self._lent = Lent(self.transport.get_extra_info("socket").fileno(), left_bytes)
        return self._lent

    def take_back(self, lent: Lent) -> StreamReader | None:
        """Go on after the last byte that was read; return where the rest of the body arrives.

        None where the connection is lost.
        """
        self._lent = None
        self._passed_bytes += lent.taken_bytes
        lent.close()
        if self.transport is None or self._parser is None:
            return None
        self._parser = HttpRequestParser(
            self,
            self._loop,
            self._read_bufsize,
            max_line_size=self.max_line_size,
            max_field_size=self.max_field_size,
            max_headers=self.max_headers,
            payload_exception=web.RequestPayloadError,
            auto_decompress=self._auto_decompress,
            max_msg_queue_size=self._max_msg_queue_size,
        )
        # Put the parser into a body of that length; the message itself concerns nobody.
        [(_, rest)], _, _ = self._parser.feed_data(_CONTINUED % lent.left_bytes)
        if not lent.left_bytes:
            self._parser.message_consumed()
        self._rest = rest
        self.go_on()
        return rest

    def arrived_bytes(self, request: web.BaseRequest) -> int:
        """Return a count that grows with every byte of the body of `request`, the current one."""
        elsewhere = (self._lent.taken_bytes if self._lent is not None else 0) + (
            self._rest.total_bytes if self._rest is not None else 0
        )
        return request.content.total_bytes + self._passed_bytes + elsewhere

    def is_waiting(self) -> bool:
        """Tell whether the client is awaited, and not the disk."""
        if self._lent is not None:
            return self._lent.waiting
        return not (self._reading_paused or self._buffer_paused)

    def connection_lost(self, exc: BaseException | None) -> None:
        """End the loan with the connection."""
        if self._lent is not None:
            self._lent.interrupt()
        if self._rest is not None and not self._rest.is_eof():
            self._rest.set_exception(exc or ConnectionResetError("the connection is lost"))
        super().connection_lost(exc)
