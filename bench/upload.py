"""One big file up and down again, on a real server: speed, its CPU time, its memory.

    python bench/upload.py [GIB]

The base line is what no upload can do without: hash the same bytes, write them, fsync.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT: Final = Path(__file__).resolve().parents[1]
GIB: Final = 1024**3
STEP_BYTES: Final = 256 * 1024
BLOCK: Final = os.urandom(STEP_BYTES)
BOUNDARY: Final = "----bench"
MAX_GROWTH_KIB: Final = 32 * 1024
TICKS_S: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one transfer took: of the clock, of the server's processor, and of its memory."""

    wall_s: float
    cpu_s: float
    growth_kib: int


class Server:
    """The program itself in a process of its own, watched through /proc."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "www", "serve", "--host", "127.0.0.1", "--port", "0"]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._proc = Path(f"/proc/{self._process.pid}")
        self.pid = self._process.pid
        self.host = self._announced()

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self._process.terminate()
        self._process.wait(30)

    def connect(self) -> http.client.HTTPConnection:
        """Return a new connection."""
        return http.client.HTTPConnection(self.host, timeout=600)

    @contextmanager
    def measured(self, costs: list[Cost]) -> Iterator[None]:
        """Append what the block costs; the peak of the memory counts, not its end."""
        (self._proc / "clear_refs").write_text("5")  # the peak begins anew
        rss_kib, cpu_s, started = self._kib("VmRSS"), self._cpu_s(), time.perf_counter()
        yield
        wall_s = time.perf_counter() - started
        costs.append(Cost(wall_s, self._cpu_s() - cpu_s, self._kib("VmHWM") - rss_kib))

    def _announced(self) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := re.search(r"Serving on (\S+)", line):
                return urlsplit(found[1]).netloc
        raise SystemExit("the server did not start")

    def _cpu_s(self) -> float:
        fields = (self._proc / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_S

    def _kib(self, name: str) -> int:
        found = re.search(rf"{name}:\s+(\d+)", (self._proc / "status").read_text())
        assert found is not None
        return int(found[1])


def sign_up(server: Server) -> str:
    """Register an author; return the session's cookie."""
    connection = server.connect()
    form = urlencode({"name": "bench", "email": "", "password": os.urandom(16).hex()})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/register", form, kind)
    cookie = connection.getresponse().headers["Set-Cookie"]
    return str(cookie).partition(";")[0]


def upload(server: Server, cookie: str, size_bytes: int) -> dict[str, str]:
    """Send the form as a browser would, and return how the server describes the file."""
    return _send(server, cookie, (BLOCK for _ in range(size_bytes // STEP_BYTES)), size_bytes)


def send_file(server: Server, cookie: str, file: Path) -> dict[str, str]:
    """Upload `file`, and return how the server describes it."""
    with file.open("rb") as opened:
        blocks = iter(lambda: opened.read(STEP_BYTES), b"")
        return _send(server, cookie, blocks, file.stat().st_size)


def _send(server: Server, cookie: str, blocks: Iterable[bytes], size_bytes: int) -> dict[str, str]:
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n\r\n'
    ).encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    connection = server.connect()
    connection.putrequest("POST", "/upload")
    connection.putheader("Cookie", cookie)
    connection.putheader("Accept", "application/json")
    connection.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
    connection.putheader("Content-Length", str(len(head) + size_bytes + len(tail)))
    connection.endheaders(head)
    for block in blocks:
        connection.send(block)
    connection.send(tail)
    answer = json.loads(connection.getresponse().read())
    described: dict[str, str] = answer["files"][0]
    return described


def download(server: Server, url: str) -> str:
    """Read the file back and return its hash."""
    connection = server.connect()
    connection.request("GET", url)
    answer = connection.getresponse()
    digest = hashlib.sha256()
    while chunk := answer.read(STEP_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def base_line(folder: Path, size_bytes: int) -> tuple[Cost, str]:
    """Hash, write and fsync the same bytes here; return the cost and the hash."""
    cpu_s, started = _own_cpu_s(), time.perf_counter()
    digest = hashlib.sha256()
    with (folder / "plain").open("wb", buffering=0) as file:
        for _ in range(size_bytes // STEP_BYTES):
            digest.update(BLOCK)
            file.write(BLOCK)
        os.fsync(file.fileno())
    cost = Cost(time.perf_counter() - started, _own_cpu_s() - cpu_s, 0)
    (folder / "plain").unlink()
    return cost, digest.hexdigest()


def _own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Measure and print; 1 when bytes were changed or memory has grown."""
    gib = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    size_bytes = int(gib * GIB) // STEP_BYTES * STEP_BYTES
    costs: list[Cost] = []
    with tempfile.TemporaryDirectory(prefix="www-bench-") as folder:
        plain, sha256 = base_line(Path(folder), size_bytes)
        server = Server(Path(folder))
        try:
            cookie = sign_up(server)
            with server.measured(costs):
                file = upload(server, cookie, size_bytes)
            with server.measured(costs):
                returned = download(server, file["url"])
        finally:
            server.stop()
    for name, cost in zip(("base line", "upload", "download"), (plain, *costs), strict=True):
        print(
            f"{name:<10} {size_bytes / cost.wall_s / 1e6:7.0f} MB/s"
            f" {cost.cpu_s / gib:6.2f} s CPU per GiB {cost.growth_kib / 1024:6.1f} MiB more memory"
        )
    print(f"upload / base line: {plain.wall_s / costs[0].wall_s:.2f} of its speed")
    whole = sha256 == file["sha256"] == returned
    flat = all(cost.growth_kib < MAX_GROWTH_KIB for cost in costs)
    print("the bytes came back unchanged" if whole else "THE BYTES HAVE CHANGED")
    print("memory stayed flat" if flat else "MEMORY HAS GROWN")
    return 0 if whole and flat else 1


if __name__ == "__main__":
    raise SystemExit(main())
