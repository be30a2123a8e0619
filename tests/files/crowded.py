"""The program with its data on a small disk of its own, which can be filled and emptied from outside."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from aiohttp import ClientSession, CookieJar

from tests.actors import PASSWORD

MIB = 1024 * 1024
_MOUNT = 'mount -t tmpfs -o size=%d,nr_inodes=1000 none "$0" && exec "$@"'
_ALONE = ["unshare", "--mount", "--map-root-user", "--", "sh", "-c"]


@cache
def may_mount():
    """Tell whether a process may have mounts of its own here."""
    try:
        command = [*_ALONE, _MOUNT % MIB, "/mnt", "true"]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


class Crowded:
    """A server whose data folder is a disk of `size_bytes`."""

    def __init__(self, folder, size_bytes):
        self.folder, self.size_bytes = folder / "res", size_bytes

    async def start(self, **settings):
        self.folder.mkdir()
        command = [*_ALONE, _MOUNT % self.size_bytes, str(self.folder), sys.executable, "-m", "www"]
        names = {f"WWW_{name.upper()}": str(value) for name, value in settings.items()}
        self.process = await asyncio.create_subprocess_exec(
            *command, "serve", "--host", "127.0.0.1", "--port", "0",
            cwd=self.folder.parent, env={**os.environ, "PYTHONPATH": str(Path.cwd()), **names},
            stdout=-1, stderr=-2,
        )  # fmt: skip
        stdout = self.process.stdout
        assert stdout is not None
        async with asyncio.timeout(30):
            while not (found := re.search(rb"Serving on (\S+)", line := await stdout.readline())):
                assert line, "it did not start"
        self.said = asyncio.create_task(stdout.read())
        # As the process sees it: nobody else has this disk.
        self.disk = Path(f"/proc/{self.process.pid}/root{self.folder}")
        self.session = ClientSession(found[1].decode(), cookie_jar=CookieJar(unsafe=True))
        fields = {"name": "alice", "email": "", "password": PASSWORD}
        async with self.session.post("/register", data=fields) as answer:
            assert answer.status == 200

    def fill(self, *, but=0):
        """Take all of the disk, then give `but` bytes back."""
        with (self.disk / "filler").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(64 * 1024))
            except OSError:
                pass
            if but:
                file.truncate(file.tell() - but)

    def fill_with_names(self):
        """Leave bytes, and no room for one more file."""
        (self.disk / "names").mkdir()
        try:
            for number in range(1000):
                (self.disk / f"names/{number}").touch()
        except OSError:
            return
        raise AssertionError("the disk takes any number of files")

    def empty(self):
        (self.disk / "filler").unlink(missing_ok=True)
        shutil.rmtree(self.disk / "names", ignore_errors=True)

    def contents(self):
        """Return what uploads have left below the data folder: names and sizes."""
        found = [p for at in ("files", "incoming") for p in (self.disk / at).rglob("*")]
        return {p.name: p.stat().st_size for p in found if p.is_file() and p.name != ".lock"}

    async def ask(self, method, path, status=None, **options):
        """Return the answer and its body."""
        async with self.session.request(method, path, allow_redirects=False, **options) as answer:
            body = await answer.read()
            assert status is None or answer.status == status, (path, answer.status, body[-500:])
            return answer, body

    async def stop(self):
        """End it; return everything that it has logged."""
        await self.session.close()
        if self.process.returncode is None:
            self.process.terminate()
        await asyncio.wait_for(self.process.wait(), 20)
        return (await self.said).decode()
