"""How long a page takes while eight big uploads run.

A file of nginx's is asked for in turns with it, by the same client at the same time: what that
takes is the machine's, with eight clients and their server on its processors, and not ours.
"""

from __future__ import annotations

import subprocess
import time
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Final

from bench.files.servers import Nginx, Ours, port_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from bench.files.servers import Server

UPLOADS: Final = 8
PAUSE_S: Final = 0.005


def pages(folder: Path, source: Path) -> None:
    """Print percentiles of a page alone, and beside the uploads."""
    server, nginx = Ours(folder / "form"), Nginx(folder / "nginx")
    nginx.path = "/page.html"
    (nginx.folder / "stored/page.html").write_bytes(_page(server))
    both = {"our page": server, "nginx's file": nginx}
    try:
        alone = _times(both, lambda count: count >= 500)
        command = ["curl", "-fsS", "-o", "/dev/null", *server.sending(source)]
        uploads = [subprocess.Popen([*command, server.url + server.path]) for _ in range(UPLOADS)]
        beside = _times(both, lambda _: all(one.poll() is not None for one in uploads))
    finally:
        server.stop()
        nginx.stop()
    print(f"\npages, {UPLOADS} uploads of {source.stat().st_size >> 20} MiB beside them")
    for when, times in (("alone", alone), ("beside uploads", beside)):
        for name, taken in times.items():
            ordered = sorted(taken)
            p50, p99 = (ordered[int(len(ordered) * share)] * 1e3 for share in (0.5, 0.99))
            print(
                f"{when:<15} {name:<13} p50 {p50:6.2f} ms  p99 {p99:6.2f} ms"
                f"  of {len(taken)} requests"
            )


def _page(server: Server) -> bytes:
    with closing(HTTPConnection("127.0.0.1", port_of(server))) as connection:
        connection.request("GET", "/")
        return connection.getresponse().read()


def _times(servers: Mapping[str, Server], enough: Callable[[int], bool]) -> dict[str, list[float]]:
    connections = {n: HTTPConnection("127.0.0.1", port_of(one)) for n, one in servers.items()}
    times: dict[str, list[float]] = {name: [] for name in servers}
    while not enough(min(map(len, times.values()))):
        for name, connection in connections.items():
            path = "/" if isinstance(servers[name], Ours) else servers[name].path
            started = time.perf_counter()
            connection.request("GET", path)
            connection.getresponse().read()
            times[name].append(time.perf_counter() - started)
        time.sleep(PAUSE_S)
    for connection in connections.values():
        connection.close()
    return times
