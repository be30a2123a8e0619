"""The real program as a process of its own: started, asked, killed and started again."""

import asyncio
import contextlib
import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, CookieJar, FormData

from tests.actors import PASSWORD

ROOT = Path(__file__).parents[2]
_SETUP = re.compile(r"http\S+/setup/\S+")
_SERVING = re.compile(r"Serving on (http\S+:(\d+))")
# What stands in the server's log when something went wrong that nobody meant.
_DEFECT = re.compile(r"Traceback|Warning|\bERROR\b|\bCRITICAL\b")


class Site:
    """`python -m www serve` on a folder; a second start takes the same port and the same data."""

    def __init__(self, folder, **settings):
        self.folder = folder
        self.log = folder / "server.log"
        self.url = self.setup_link = self.bucket = ""
        self.places: dict[str, str] = {}
        self.cookies: dict[str, str] = {}
        self.port = 0
        self._process: Any = None
        self._environ = {
            # What the machine sets for its own site is not meant for this one.
            **{name: value for name, value in os.environ.items() if not name.startswith("WWW_")},
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "WWW_DATA": str(folder / "res"),
            "WWW_DB__DATABASE": str(folder / "res" / "www.db"),
            **settings,
        }

    def start(self):
        """Return when the program says that it serves."""
        command = [sys.executable, "-W", "error", "-m", "www", "serve", "--host", "127.0.0.1"]
        command += ["--port", str(self.port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, env=self._environ
            )
        for line in self._process.stdout:
            if link := _SETUP.search(line):
                self.setup_link = link[0]
            if serving := _SERVING.search(line):
                self.url, self.port = serving[1], int(serving[2])
                return self
        self.kill()
        raise AssertionError(f"it did not start: {self.log.read_text()}")

    def kill(self):
        """End it as a power cut would: no signal handler, no clean-up."""
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def interrupt(self):
        """Press Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    async def ended(self, timeout_s):
        """Wait until it has ended by itself; return the exit code."""
        code = await asyncio.to_thread(self._process.wait, timeout_s)
        self._process.stdout.close()
        return code

    def stop(self):
        """End it and look at what it has logged."""
        if self._process.poll() is None:
            self.interrupt()
            assert self._process.wait(20) == 0
        self._process.stdout.close()
        found = [line for line in self.log.read_text().splitlines() if _DEFECT.search(line)]
        assert not found, found

    @contextlib.asynccontextmanager
    async def client(self):
        """Open a session of an HTTP client that keeps its cookies."""
        jar = CookieJar(unsafe=True)  # the address is a number
        async with ClientSession(self.url, cookie_jar=jar) as client:
            yield client

    @contextlib.asynccontextmanager
    async def person(self, name):
        """Register `name` (or let them in again) and open their session."""
        async with self.client() as client:
            fields = {"name": name, "email": "", "password": PASSWORD}
            async with client.post("/register", data=fields, allow_redirects=False) as answer:
                status = answer.status
            if status == 422:
                async with client.post("/login", data=fields, allow_redirects=False) as answer:
                    status = answer.status
            assert status == 303, (name, status)
            yield client

    @contextlib.asynccontextmanager
    async def administrator(self, name):
        """Use the set-up link and open the session of the first administrator."""
        async with self.client() as client:
            path = self.setup_link.removeprefix(self.url)
            fields = {"name": name, "email": "", "password": PASSWORD}
            async with client.post(path, data=fields, allow_redirects=False) as answer:
                assert answer.status == 303, await answer.text()
            yield client


@contextlib.contextmanager
def running(folder, **settings):
    """Start a site; afterwards stop it, and fail if its log holds a defect."""
    site = Site(folder, **settings).start()
    try:
        yield site
    except BaseException:
        with contextlib.suppress(ProcessLookupError, ValueError):
            site.kill()
        raise
    site.stop()


async def post(client, path, expected=303, **fields):
    """Send a form; return where the answer leads."""
    async with client.post(path, data=fields, allow_redirects=False) as answer:
        assert answer.status == expected, (path, answer.status, await answer.text())
        return answer.headers.get("Location", "")


async def write(client, title, body, *, tags="", action="publish"):
    """Write a post; return its address."""
    location = await post(
        client, "/write", title=title, body=body, tags=tags, version="", action=action
    )
    return location.partition("?")[0]


async def upload(client, **files):
    """Upload files by name; return what the server says about them."""
    form = FormData(quote_fields=False)  # as browsers do
    for name, data in files.items():
        form.add_field("file", io.BytesIO(data), filename=name)
    accept = {"Accept": "application/json"}
    async with client.post("/upload", data=form, headers=accept) as answer:
        assert answer.status == 201, await answer.text()
        return (await answer.json())["files"]


async def read(client, path, expected=200):
    """Return the text of a page."""
    async with client.get(path) as answer:
        assert answer.status == expected, (path, answer.status)
        return await answer.text()
