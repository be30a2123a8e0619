"""How long a page takes while eight big uploads run."""

from __future__ import annotations

import subprocess
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Final

from bench.files.servers import Ours, port_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UPLOADS: Final = 8
PAUSE_S: Final = 0.005


def pages(folder: Path, source: Path) -> None:
    """Print percentiles of a page alone, and beside the uploads."""
    server = Ours(folder / "form")
    try:
        alone = _times(server, lambda count: count >= 500)
        command = ["curl", "-fsS", "-o", "/dev/null", *server.sending(source)]
        uploads = [subprocess.Popen([*command, server.url + server.path]) for _ in range(UPLOADS)]
        beside = _times(server, lambda _: all(one.poll() is not None for one in uploads))
    finally:
        server.stop()
    print(f"\npages, {UPLOADS} uploads of {source.stat().st_size >> 20} MiB beside them")
    for name, times in (("alone", alone), ("beside uploads", beside)):
        ordered = sorted(times)
        p50, p99 = (ordered[int(len(ordered) * share)] * 1e3 for share in (0.5, 0.99))
        print(f"{name:<20} p50 {p50:6.2f} ms  p99 {p99:6.2f} ms  of {len(times)} requests")


def _times(server: Ours, enough: Callable[[int], bool]) -> list[float]:
    connection = HTTPConnection("127.0.0.1", port_of(server))
    times: list[float] = []
    while not enough(len(times)):
        started = time.perf_counter()
        connection.request("GET", "/")
        connection.getresponse().read()
        times.append(time.perf_counter() - started)
        time.sleep(PAUSE_S)
    return times
