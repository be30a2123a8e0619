"""One process that listens: aiohttp's runner, a stricter protocol, signals and a clean end.

aiohttp's own site is not used, because the protocol is ours: a header that takes too long ends the
connection, and what cannot even be parsed gets the same headers as every other answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import aiohttp
from aiohttp import hdrs, web
from isal import isal_zlib

from www.access_log import AccessLogger
from www.bodies import Lender
from www.middlewares.headers import SECURITY_HEADERS
from www.utils.limits import raise_open_files
from www.utils.memory import give_back_freed_memory, keep_what_is_there

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from www.settings import Settings

_log: Final = logging.getLogger("www.server")

KEEPALIVE_S: Final = 75.0
"""Longer than the usual 60 s of a reverse proxy, so that it closes first."""
DRAIN_S: Final = 5.0
FLUSH_S: Final = 1.0
"""Of DRAIN_S: for the last bytes of an answer that is finished on our side."""
_BACKLOG: Final = 1024
_READ_BUFFER_BYTES: Final = 64 * 1024
_STOPPING: Final = (signal.SIGINT, signal.SIGTERM)

Announce: TypeAlias = "Callable[[str], Awaitable[None]]"
"""Called once the socket listens, with this machine's address of it."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The least that a client must do to keep its connection.

    A body of which fewer than `min_body_bytes` arrive in a window is given up; a train's tunnel is
    shorter than a window. A client that takes nothing of its answers for `silence_s` is cut off,
    never one that takes a little.
    """

    header_timeout_s: float = 10.0
    body_window_s: float = 30.0
    min_body_bytes: int = 3000
    silence_s: float = 60.0


class Protocol(Lender):
    """aiohttp's connection, with a time limit for headers and a quiet answer to nonsense."""

    __slots__ = (
        "_arrived",
        "_header_since",
        "_lost",
        "_pace",
        "_pace_timer",
        "_paced",
        "_untaken",
        "_untaken_since",
        "_watch",
    )

    def __init__(
        self,
        manager: web.Server,
        *,
        loop: asyncio.AbstractEventLoop,
        pace: Pace,
        **kwargs: object,
    ) -> None:
        super().__init__(manager, loop=loop, **kwargs)
        self._pace = pace
        self._pace_timer: asyncio.TimerHandle | None = None
        self._header_since: float | None = None
        self._paced, self._arrived = 0, 0
        self._lost: asyncio.Future[None] | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._untaken, self._untaken_since = 0, 0.0

    def data_received(self, data: bytes) -> None:
        """Note when a header began, and look at the connection's pace from time to time."""
        super().data_received(data)
        if self._waiter is None or self._waiter.done():
            self._header_since = None
        elif self._header_since is None:
            self._header_since = self._loop.time()
        if self._pace_timer is None:
            self._pace_timer = self._loop.call_later(self._pace.header_timeout_s, self._check_pace)
        if self._watch is None:
            self._watch = self._loop.call_later(self._pace.silence_s / 4, self._check_taking)

    def _check_taking(self) -> None:
        """Cut a client off that takes nothing; what it takes is seen below the transport too.

        Between two moments at which the kernel asks for more, a slow reader may take megabytes.
        """
        transport, self._watch = self.transport, None
        if transport is None:
            return
        now, untaken = self._loop.time(), untaken_bytes(transport)
        if not untaken or untaken != self._untaken:
            self._untaken, self._untaken_since = untaken, now
        elif now - self._untaken_since >= self._pace.silence_s:
            transport.abort()
            return
        if untaken or self._current_request is not None:
            self._watch = self._loop.call_later(self._pace.silence_s / 4, self._check_taking)

    def _check_pace(self) -> None:
        """Close a connection whose client only keeps it busy (slow loris); one timer for both."""
        self._pace_timer = None
        if self._header_since is not None:
            left_s = self._header_since + self._pace.header_timeout_s - self._loop.time()
            if left_s <= 0:
                self.force_close()
            else:
                self._pace_timer = self._loop.call_later(left_s, self._check_pace)
            return
        request = self._current_request
        if request is None or request.content.is_eof():
            return  # idle, or we are the slow ones; the next byte starts the timer again
        # Each request is looked at twice at least; reading is paused while the disk is behind.
        arrived, new = self.arrived_bytes(request), self._paced != self._request_count
        slow = arrived - self._arrived < self._pace.min_body_bytes and self.is_waiting()
        if slow and not new:
            self.force_close()
            return
        self._paced, self._arrived = self._request_count, arrived
        self._pace_timer = self._loop.call_later(self._pace.body_window_s, self._check_pace)

    async def shutdown(self, timeout: float | None = 15.0) -> None:  # noqa: ASYNC109  aiohttp's name
        """Wait for the request as aiohttp does, then for its last bytes; then drop them.

        A client that does not read would keep its closed connection, and with it the end.
        """
        transport = self.transport
        if transport is None:
            return
        self._lost = lost = self._loop.create_future()
        await super().shutdown(timeout)
        await asyncio.wait([lost], timeout=FLUSH_S)
        if not lost.done():
            transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Let go of the timer with the connection, and say so at the end."""
        if self._pace_timer is not None:
            self._pace_timer.cancel()
        if self._watch is not None:
            self._watch.cancel()
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(None)
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what aiohttp could not parse; scanners send much of it, so it is no error."""
        del message  # repeats what was sent
        if isinstance(exc, ConnectionError):
            raise exc  # the client is gone, or must be told by a broken connection
        if status < 500:
            _log.info("unreadable request from %s: %s", request.remote, type(exc).__name__)
            text = f"{status}: this request could not be understood.\n"
            response = web.Response(status=status, text=text, headers=SECURITY_HEADERS)
            response.headers[hdrs.CACHE_CONTROL] = "no-store"
            response.force_close()
            return response
        return super().handle_error(request, status, exc)


class CannotListen(Exception):
    """The port is taken, or the address is none of this machine's."""


class Listener:
    """A running application on a socket; `stop` drains it."""

    def __init__(self, app: web.Application, *, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        self._runner = web.AppRunner(
            app,
            access_log_class=AccessLogger,
            access_log=logging.getLogger("www.access"),
            keepalive_timeout=KEEPALIVE_S,
            shutdown_timeout=(DRAIN_S - FLUSH_S) / 2,  # aiohttp waits twice so long
            max_line_size=8190,
            max_field_size=8190,
            # Twice as much waits per body while nobody reads it; large ones pass by this buffer.
            read_bufsize=_READ_BUFFER_BYTES,
            # Compressed bodies are refused, so nothing may unpack them before that.
            auto_decompress=False,
        )
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Start up and listen; return the port, which the kernel chose if `port` was 0."""
        loop = asyncio.get_running_loop()
        await self._runner.setup()
        manager = self._runner.server
        assert manager is not None
        options = {**self._runner._kwargs, "debug": False}  # noqa: SLF001  see the module's docstring
        try:
            self._server = await loop.create_server(
                lambda: Protocol(manager, loop=loop, pace=self._pace, **options),
                host,
                port,
                backlog=_BACKLOG,
            )
        except OSError as err:
            raise CannotListen(f"{host} port {port}: {err.strerror or err}") from err
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Accept nothing more, give what is running DRAIN_S seconds, and clean up."""
        if self._server is not None:
            self._server.close()
        await self._runner.cleanup()


def serve(app: web.Application, settings: Settings, announce: Announce) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code."""
    aiohttp.set_zlib_backend(isal_zlib)
    raise_open_files()
    give_back_freed_memory()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(app, settings, announce))


async def _serve(app: web.Application, settings: Settings, announce: Announce) -> int:
    host, port = settings.server.host, settings.server.port
    listener, stopping = Listener(app), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _STOPPING:
        loop.add_signal_handler(number, stopping.set)
    try:
        port = await listener.start(host, port)
        keep_what_is_there()
        await announce(local_url(host, port))
        await stopping.wait()
    except CannotListen as err:
        _log.error("cannot listen on %s", err)
        return 1
    finally:
        for number in _STOPPING:
            loop.remove_signal_handler(number)  # a second Ctrl-C ends it at once
        await listener.stop()
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's where it exists: 17 to 28 % less CPU a page."""
    if sys.platform != "win32":
        with contextlib.suppress(ImportError):
            import uvloop

            return uvloop.new_event_loop
    return None


def untaken_bytes(transport: asyncio.Transport) -> int:
    """Return what was written and the other side has not acknowledged."""
    waiting = transport.get_write_buffer_size()
    socket = transport.get_extra_info("socket")
    if sys.platform == "linux" and socket is not None and socket.fileno() >= 0:
        import termios
        from fcntl import ioctl

        queued = array("i", [0])
        with contextlib.suppress(OSError):
            ioctl(socket.fileno(), termios.TIOCOUTQ, queued)
            waiting += queued[0]
    return waiting


def local_url(host: str, port: int) -> str:
    """Return the address by which this machine reaches a server that listens there."""
    shown = "localhost" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
