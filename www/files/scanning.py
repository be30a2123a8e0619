"""Virus scans by a clamd, before a file gets its row: what is infected is refused and not kept.

The content is streamed (INSTREAM, https://docs.clamav.net/manual/Usage/Scanning.html), so clamd may
run on another machine and needs no right to read our files.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from contextlib import asynccontextmanager, closing, suppress
from typing import TYPE_CHECKING, Any, Final

from www.errors import Unavailable, WwwError
from www.i18n import N_
from www.logs import traced
from www.models import User

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from typing import TypeAlias

    from www.db.verbs import Verbs
    from www.files.upload import Received
    from www.storage import Storage

    Read: TypeAlias = Callable[[int, int], Awaitable[bytes]]

_log: Final = logging.getLogger("www.files")
_STEP_BYTES: Final = 128 * 1024
_AT_ONCE: Final = 4  # clamd has ten threads, and each scan holds a connection
_CONNECT_S: Final = 5.0
_SILENCE_S: Final = 30.0  # while the content goes there
# How long a scan may take in all. An archive of a few kilobytes may keep clamd busy for a while; it
# gives up by itself after two minutes (MaxScanTime).
_SCAN_S: Final = 60.0
_SCAN_BYTES_PER_S: Final = 5_000_000
_LONGEST_ANSWER: Final = 4096
_DOWN: Final = N_("Files cannot be checked for viruses at the moment. Please try again later.")


class Infected(WwwError):
    """The scanner knows this content."""

    status = 422
    default = N_("“%(name)s” contains a virus (%(virus)s) and was not kept.")

    def __init__(self, name: str, virus: str) -> None:
        """Take the name of the file, and what the scanner calls the virus."""
        super().__init__(name=name, virus=virus)
        self.name, self.virus = name, virus


class TooLargeToScan(WwwError):
    """The scanner takes no file of this size, and what was not scanned is not accepted."""

    status = 413
    default = N_("“%(name)s” is too large to be checked for viruses, and was not kept.")


class ScanError(Exception):
    """The scanner does not answer, or not with a verdict."""


async def note(conn: Verbs, err: Infected, owner_id: int) -> None:
    """Log who has sent what the scanner knows."""
    owner = await conn.first(User.select(User.name).where(User.id == owner_id))
    who, name = owner.name if owner else "?", json.dumps(err.name, ensure_ascii=False)
    text = "refused a file with %s: %s of user %s (id %d)"
    _log.warning(text, err.virus, name, who, owner_id, extra=traced())


class Scanner:
    """Asks one clamd."""

    def __init__(
        self,
        address: str,
        *,
        accept_unscanned: bool = False,
        silence_s: float = _SILENCE_S,
        scan_s: float = _SCAN_S,
    ) -> None:
        """Remember where clamd listens: the path of its socket, or `host:port`.

        `accept_unscanned`: files come in while clamd is away, and those that are too large for it.
        It counts as away when it says nothing for `silence_s` seconds while it gets a content, or
        takes longer than `scan_s` seconds and one for each five megabytes.
        """
        self._address = address
        self._accept_unscanned = accept_unscanned
        self._silence_s = silence_s
        self._scan_s = scan_s
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def screen(self, storage: Storage, received: Sequence[Received]) -> None:
        """Scan contents that are stored and have no rows yet.

        Raises Infected, TooLargeToScan, Unavailable; then the caller withdraws the contents.
        """
        for one in received:
            content = await storage.open(one.sha256)
            try:
                await self.screen_bytes(one.name, one.size_bytes, content.pread)
            finally:
                content.close()

    async def screen_bytes(self, name: str, size_bytes: int, read: Read) -> None:
        """Scan what `read(offset, size)` gives until it gives nothing more; raises as `screen`."""
        async with self._turns:
            try:
                verdict = await self._scan(size_bytes, read)
            except ScanError as err:
                self._unscanned(str(err))
                return
        if verdict.endswith(" FOUND"):
            virus = verdict.removeprefix("stream: ").removesuffix(" FOUND")
            raise Infected(name, virus)
        if verdict.endswith("size limit exceeded. ERROR") and not self._accept_unscanned:
            raise TooLargeToScan(name=name)
        if verdict != "stream: OK":
            self._unscanned(verdict)

    async def ping(self) -> None:
        """Ask whether clamd is there. Raises ScanError."""
        async with self._connected() as sock:
            await asyncio.get_running_loop().sock_sendall(sock, b"zPING\0")
            async with asyncio.timeout(self._silence_s):
                answer = await self._answer(sock)
        if answer != "PONG":
            raise ScanError(f"{self._address} answers {answer!r}: this is no clamd")

    def _unscanned(self, why: str) -> None:
        if not self._accept_unscanned:
            _log.error(
                "a file was refused because it could not be scanned: %s", why, extra=traced()
            )
            raise Unavailable(_DOWN)
        _log.warning("a file was accepted without a scan: %s", why, extra=traced())

    async def _scan(self, size_bytes: int, read: Read) -> str:
        """Return clamd's verdict. Raises ScanError."""
        most_s = self._scan_s + size_bytes / _SCAN_BYTES_PER_S
        async with self._connected() as sock, asyncio.timeout(most_s):
            with suppress(ConnectionError):  # clamd has seen enough, and has said why
                await self._send(sock, read)
            return await self._answer(sock)

    async def _send(self, sock: socket.socket, read: Read) -> None:
        send, at = asyncio.get_running_loop().sock_sendall, 0
        await send(sock, b"zINSTREAM\0")
        while chunk := await read(at, _STEP_BYTES):
            async with asyncio.timeout(self._silence_s):
                await send(sock, len(chunk).to_bytes(4, "big") + chunk)
            at += len(chunk)
        await send(sock, bytes(4))

    async def _answer(self, sock: socket.socket) -> str:
        answer = b""
        while not answer.endswith(b"\0"):
            if len(answer) > _LONGEST_ANSWER:
                raise ScanError(f"{self._address} talks too much: this is no clamd")
            piece = await asyncio.get_running_loop().sock_recv(sock, _LONGEST_ANSWER)
            if not piece:
                raise ScanError(f"{self._address} hung up")
            answer += piece
        return answer[:-1].decode(errors="replace")

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[socket.socket]:
        """Open a connection for one question; what goes wrong on it becomes a ScanError.

        A plain socket: a stream forgets what it has read once a write fails, and that is the
        answer of a clamd that wants no more.
        """
        try:
            async with asyncio.timeout(_CONNECT_S):
                sock = await self._open()
        except (OSError, TimeoutError) as err:
            raise ScanError(f"{self._address} cannot be reached: {err}") from err
        with closing(sock):
            try:
                yield sock
            except TimeoutError as err:
                raise ScanError(f"{self._address} takes too long") from err
            except ConnectionError as err:
                raise ScanError(f"{self._address} hung up: {err}") from err

    async def _open(self) -> socket.socket:
        loop = asyncio.get_running_loop()
        if "/" in self._address:
            found: list[tuple[int, Any]] = [(socket.AF_UNIX, self._address)]
        else:
            host, _, port = self._address.rpartition(":")
            known = await loop.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
            found = [(family, address) for family, _, _, _, address in known]
        for family, address in found:
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setblocking(False)
            try:
                await loop.sock_connect(sock, address)
            except OSError:
                sock.close()
                if address is found[-1][1]:
                    raise
            except BaseException:
                sock.close()
                raise
            else:
                return sock
        raise OSError("no such host")
