"""The servers that are compared, each in processes of its own, watched through /proc."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
TICKS_S: Final = os.sysconf("SC_CLK_TCK")

_NGINX: Final = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_max_body_size 0; client_body_temp_path {folder}/temp;
  server {{
    listen 127.0.0.1:{port};
    location / {{ root {folder}/stored; dav_methods PUT DELETE; create_full_put_path on; }}
  }}
}}
"""
_TUS_CONTENT: Final = "application/offset+octet-stream"
_USER: Final = "user root;"  # its workers must write where we do


@dataclass(slots=True)
class Cost:
    """What some transfers took: of the clock, of the server's processors, and of its memory."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    growth_mib: float = 0.0


class Server:
    """A process and its children."""

    path = ""
    """Where files are sent to; "" where they name themselves."""

    def __init__(self, folder: Path, command: Sequence[str], environ: dict[str, str]) -> None:
        """Start `command` in `folder`."""
        self.url = ""
        self.folder = folder
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self.process.terminate()
        self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def sending(self, source: Path) -> list[str]:
        """Return curl's arguments that send `source`."""
        return ["--upload-file", str(source)]

    def address(self, source: Path) -> str:
        """Return where `source` is sent to."""
        return self.url + (self.path or f"/{source.name}")

    @contextmanager
    def measured(self) -> Iterator[Cost]:
        """Fill in what the block costs; the peak of the memory counts, not its end."""
        cost, pids = Cost(), self._pids()
        for pid in pids:
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak begins anew
        resident, cpu_s = sum(_kib(pid, "VmRSS") for pid in pids), sum(map(_cpu_s, pids))
        started = time.perf_counter()
        yield cost
        cost.wall_s = time.perf_counter() - started
        cost.cpu_s = sum(map(_cpu_s, pids)) - cpu_s
        cost.growth_mib = (sum(_kib(pid, "VmHWM") for pid in pids) - resident) / 1024

    def _pids(self) -> list[int]:
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]


class Ours(Server):
    """The program itself, with one author signed in."""

    path = "/upload"

    def __init__(self, folder: Path, module: str = "www") -> None:
        """Serve from `folder`; `module` is what Python runs."""
        folder.mkdir()
        command = [sys.executable, "-m", module, "serve", "--host", "127.0.0.1", "--port", "0"]
        limits = {"WWW_LIMITS__UPLOAD_BYTES": "64 GiB", "WWW_LIMITS__QUOTA_BYTES": "640 GiB"}
        super().__init__(folder, command, {"PYTHONPATH": str(ROOT), **limits})
        self.url = self._announced()
        self.cookie = self._sign_up()

    def sending(self, source: Path) -> list[str]:
        """Send it as a form, like a browser."""
        return ["--cookie", self.cookie, "--form", f"file=@{source}"]

    def _announced(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"Serving on (\S+)", line):
                return found[1]
        raise SystemExit("our server did not start")

    def _sign_up(self) -> str:
        fields = {"name": "bench", "email": "", "password": os.urandom(16).hex()}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        with closing(HTTPConnection("127.0.0.1", port_of(self))) as connection:
            connection.request("POST", "/register", urlencode(fields), kind)
            return str(connection.getresponse().headers["Set-Cookie"]).partition(";")[0]


class Tus(Ours):
    """The program, by resumable uploads: created, then sent with one request."""

    def sending(self, source: Path) -> list[str]:
        """Send all of it as one PATCH."""
        lines = ("Tus-Resumable: 1.0.0", "Upload-Offset: 0", f"Content-Type: {_TUS_CONTENT}")
        headers = [word for line in lines for word in ("--header", line)]
        method = ["--request", "PATCH", "--cookie", self.cookie]
        return [*method, *headers, "--upload-file", str(source)]

    def address(self, source: Path) -> str:
        """Create the upload; return its address."""
        length = str(source.stat().st_size)
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": length, "Cookie": self.cookie}
        with closing(HTTPConnection("127.0.0.1", port_of(self))) as connection:
            connection.request("POST", "/uploads", headers=headers)
            return str(connection.getresponse().headers["Location"])


class Nginx(Server):
    """nginx with WebDAV's PUT: the ceiling."""

    def __init__(self, folder: Path) -> None:
        """Serve from `folder`; SystemExit where nginx is missing."""
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if program is None:
            raise SystemExit("nginx is missing: apt-get install nginx-light")
        (folder / "stored").mkdir(parents=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        text = _NGINX.format(folder=folder, port=port)
        (folder / "nginx.conf").write_text((_USER if os.geteuid() == 0 else "") + text)
        super().__init__(folder, [program, "-p", str(folder), "-c", str(folder / "nginx.conf")], {})
        self.url = f"http://127.0.0.1:{port}"
        wait_for(port)


def wait_for(port: int) -> None:
    """Return once something listens there."""
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise SystemExit("nginx did not start")


def port_of(server: Server) -> int:
    """Return where it listens."""
    port = urlsplit(server.url).port
    assert port is not None
    return port


def _cpu_s(pid: int) -> float:
    """Return what all threads of a process have used, in the kernel and outside."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_S


def _kib(pid: int, name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1])
