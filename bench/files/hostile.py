"""Forms that are made to hurt: what refusing them costs."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from bench.files.servers import Ours, port_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GIB: Final = 1024**3
_BLOCK: Final = 1024 * 1024
_PART: Final = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n'
_FIELD: Final = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'


def _bodies() -> dict[str, tuple[int, Iterator[bytes]]]:
    header = b"--B\r\nX-Long: "
    rest = (b"x" * _BLOCK for _ in range(GIB // _BLOCK))
    many = 64 * _BLOCK
    return {
        "10,000 files": (10_000 * len(_PART), iter([_PART * 10_000])),
        "10,000 fields": (10_000 * len(_FIELD), iter([_FIELD * 10_000])),
        "1 GiB header line": (len(header) + GIB, _chain(header, rest)),
        "a boundary every 3 bytes": (many, ((b"--B" * _BLOCK)[:_BLOCK] for _ in range(64))),
        "and each on a line": (many, ((b"--B\r\n" * _BLOCK)[:_BLOCK] for _ in range(64))),
    }


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def hostile(folder: Path) -> None:
    """Send each, and print the answer with its price."""
    server = Ours(folder / "form")
    print("\nhostile forms")
    try:
        _send(server, 10 * len(_FIELD), iter([_FIELD * 10]))  # once, so that all code is loaded
        for name, (length, blocks) in _bodies().items():
            with server.measured() as cost:
                answer, sent = _send(server, length, blocks)
            print(
                f"{name:<26} {answer:<4} {cost.cpu_s * 1e3:5.0f} ms CPU"
                f" {cost.growth_mib:6.1f} MiB more memory, {sent >> 20} MiB sent"
            )
    finally:
        server.stop()


def _send(server: Ours, length: int, blocks: Iterator[bytes]) -> tuple[str, int]:
    """Send until the server has heard enough; return the status and how much was sent."""
    sent = 0
    with socket.create_connection(("127.0.0.1", port_of(server)), timeout=30) as connection:
        head = (
            f"POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {server.cookie}\r\n"
            f"Content-Type: multipart/form-data; boundary=B\r\nContent-Length: {length}\r\n\r\n"
        )
        connection.sendall(head.encode())
        try:
            for block in blocks:
                connection.sendall(block)
                sent += len(block)
        except ConnectionError:
            pass  # it hung up; what it said before that is still to be read
        try:
            answer = connection.recv(64).decode("latin-1")
        except ConnectionError:
            answer = ""
    return (answer.split() or ["", "none"])[1], sent
