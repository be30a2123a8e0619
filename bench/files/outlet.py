"""Downloads: ours against nginx, taking turns in one run.

    PYTHONPATH=. python bench/files/outlet.py [--mib 1024] [--rounds 9] [--folder FOLDER]

Needs curl, nginx (Debian: nginx-light) and wrk. Big: CPU seconds per GiB of the server's process
over loopback. Small: answers of 10 kB per second of the server's CPU, through the whole program
(routes, middlewares, the row in the database, metrics), and by the same way out without all that.
Then what a page takes while eight big downloads run.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final

import uvloop
from aiohttp import web

from bench import upload
from www import keys
from www.files.download import Download, respond
from www.files.hot import HotContents
from www.files.zipping import Checksums
from www.settings import Settings
from www.storage import LocalStorage

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL_BYTES: Final = 10_240
SECONDS: Final = 3
CONNECTIONS: Final = 32
DOWNLOADS: Final = 8
PACED: Final = "100M"  # eight readers as fast as a network, who leave the pages a processor
PAGES: Final = 1500
NGINX: Final = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
  default_type application/octet-stream;
  server {{ listen 127.0.0.1:{port}; location / {{ root {folder}/served; }} }}
}}
"""


@dataclass(frozen=True, slots=True)
class Served:
    """A server that is measured: its process and the addresses of the two files."""

    name: str
    pid: int
    big: str
    small: str

    def cpu_s(self) -> float:
        """Return what the process has used; exact, where /proc/PID/stat counts hundredths."""
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def download(served: Served, gib: float) -> float:
    """Fetch the big file once; return CPU seconds per GiB."""
    before = served.cpu_s()
    subprocess.run(["curl", "-sf", "-o", "/dev/null", served.big], check=True)
    return (served.cpu_s() - before) / gib


def hammer(served: Served) -> tuple[float, float]:
    """Fetch the small file for a while; return answers per second, and per second of CPU."""
    before = served.cpu_s()
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}", served.small]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said:
        raise SystemExit(f"{served.name} refused: {said}")
    answers = next(int(s.split()[0]) for s in said.splitlines() if "requests in" in s)
    return answers / SECONDS, answers / (served.cpu_s() - before)


def p99_ms(host: str) -> float:
    """Ask for the first page many times, one after the other; return the slowest of a hundred."""
    connection = http.client.HTTPConnection(host, timeout=60)
    times = []
    for _ in range(PAGES):
        started = time.perf_counter()
        connection.request("GET", "/")
        connection.getresponse().read()
        times.append((time.perf_counter() - started) * 1000)
    return quantiles(times, n=100)[98]


@contextlib.contextmanager
def downloading(url: str, *, paced: bool) -> Iterator[None]:
    """Keep eight downloads going, `paced` or as fast as they come."""
    limit = f"--limit-rate {PACED}" if paced else ""
    loop = f"while :; do curl -s {limit} -o /dev/null {url}; done"
    started = [subprocess.Popen(["sh", "-c", loop], process_group=0) for _ in range(DOWNLOADS)]
    try:
        time.sleep(0.5)
        yield
    finally:
        for process in started:
            os.killpg(process.pid, 15)
            process.wait()


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[Served]:
    """Serve `folder`/served."""
    port = 18_431
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    command = ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log")]
    process = subprocess.Popen(command)
    try:
        time.sleep(0.5)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        if not children:
            raise SystemExit(f"nginx did not start: {(folder / 'nginx.log').read_text()}")
        at = f"http://127.0.0.1:{port}"
        yield Served("nginx", int(children[0]), f"{at}/big", f"{at}/small")
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def whole_program(folder: Path, files: list[Path]) -> Iterator[Served]:
    """Serve the files from the program itself, uploaded to it."""
    (folder / "site").mkdir()
    server = upload.Server(folder / "site")
    try:
        cookie = upload.sign_up(server)
        sent = [upload.send_file(server, cookie, file) for file in files]
        urls = [f"http://{server.host}{described['url']}" for described in sent]
        for file, described in zip(files, sent, strict=True):
            _share(next((folder / "site").rglob(described["sha256"])), file)
        yield Served("www", server.pid, *urls)
    finally:
        server.stop()


def _share(stored: Path, file: Path) -> None:
    """Let nginx send the very same file: how it lies in the page cache decides what it costs."""
    file.unlink()
    os.link(stored, file)
    file.chmod(0o644)


async def bare(folder: Path, sizes: list[int]) -> None:
    """Serve files by the same way out, with nothing around it."""
    storage = LocalStorage(folder / "bare")
    async with storage:
        app = web.Application()
        app[keys.settings], app[keys.hot] = Settings(), HotContents()
        app[keys.checksums] = Checksums()
        for number, size in enumerate(sizes):
            incoming = await storage.begin()
            await incoming.write(os.urandom(size))
            stored = await incoming.commit()
            kind = "application/octet-stream"
            file = Download("a.bin", kind, stored.sha256, size, datetime.now(UTC))

            async def handler(request: web.Request, file: Download = file) -> web.StreamResponse:
                return await respond(request, storage, file)

            app.router.add_get(f"/files/{number}", handler)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 18_432).start()
        print("serving", flush=True)
        await asyncio.Event().wait()


@contextlib.contextmanager
def way_out(folder: Path) -> Iterator[Served]:
    """Run `bare` in a process of its own."""
    command = [sys.executable, __file__, "--bare", "--folder", str(folder)]
    environ = {**os.environ, "PYTHONPATH": str(upload.ROOT)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "serving\n"
        at = "http://127.0.0.1:18432/files"
        yield Served("way out alone", process.pid, f"{at}/1", f"{at}/0")
    finally:
        process.terminate()
        process.wait()


def compare(servers: list[Served], gib: float, rounds: int) -> None:
    """Take turns and print the medians, the first server's being the measure."""
    big: dict[str, list[float]] = {served.name: [] for served in servers}
    small: dict[str, list[tuple[float, float]]] = {served.name: [] for served in servers}
    for _ in range(rounds):
        for served in servers[:2]:
            big[served.name].append(download(served, gib))
    for _ in range(max(1, rounds // 3)):
        for served in servers:
            small[served.name].append(hammer(served))
    measure_s, best_s = median(big[servers[0].name]), min(big[servers[0].name])
    measure = median(per_cpu for _, per_cpu in small[servers[0].name])
    for served in servers[:2]:
        cpu_s, best = median(big[served.name]), min(big[served.name])
        print(
            f"big    {served.name:<14} {cpu_s:6.3f} s CPU per GiB, best {best:.3f}"
            f"  {cpu_s / measure_s:5.2f} and {best / best_s:.2f} times nginx"
        )
    for served in servers:
        rate = median(rate for rate, _ in small[served.name])
        per_cpu = median(per_cpu for _, per_cpu in small[served.name])
        print(
            f"small  {served.name:<14} {rate:8.0f} files/s {per_cpu:8.0f} per core"
            f"  {per_cpu / measure:5.2f} of nginx"
        )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=1024, help="length of the big file")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--folder", type=Path, help="where the files lie; not in memory")
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(bare(options.folder, [SMALL_BYTES]))
    missing = [name for name in ("curl", "nginx", "wrk") if shutil.which(name) is None]
    if missing:
        print(f"install {', '.join(missing)} first (Debian: apt-get install curl nginx-light wrk)")
        return 1
    with tempfile.TemporaryDirectory(prefix="www-bench-", dir=options.folder) as name:
        folder = Path(name)
        folder.chmod(0o755)  # nginx's worker is another user
        (folder / "served").mkdir()
        big, small = folder / "served" / "big", folder / "served" / "small"
        with big.open("wb") as file:
            for _ in range(options.mib):
                file.write(os.urandom(1024**2))
        small.write_bytes(os.urandom(SMALL_BYTES))
        with nginx(folder) as theirs, whole_program(folder, [big, small]) as ours:
            with way_out(folder) as alone:
                compare([theirs, ours, alone], options.mib / 1024, options.rounds)
            host = ours.big.split("/")[2]
            quiet = p99_ms(host)
            beside = {}
            for paced in (True, False):
                with downloading(ours.big, paced=paced):
                    beside[paced] = p99_ms(host)
            print(
                f"page   p99 {quiet:.1f} ms alone; beside {DOWNLOADS} downloads {beside[True]:.1f}"
                f" ms at {PACED}B/s each, {beside[False]:.1f} ms as fast as they come"
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
