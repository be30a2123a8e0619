"""A server that is killed at each step of an upload: afterwards it goes on, or was complete."""

import asyncio
import contextlib
import io
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession, CookieJar

from tests.actors import PASSWORD
from tests.files.door import sha256, until
from tests.uploads.door import CONTENT, checksum, noise
from www.db import Engine
from www.models import File
from www.storage import LocalStorage

DATA = noise(2_500_000)  # large enough for sockets to be lent
TUS = {"Tus-Resumable": "1.0.0"}
STEPS = [
    (">www.uploads.staging:Staging._create", 1),
    (">www.uploads.actions:create", 1),
    ("<www.uploads.staged:Staged.feed", 1),
    (">www.uploads.staged:Staged.feed", 1),
    (">www.uploads.staged:Staged.feed", 2),
    ("<www.uploads.staging:Staging.unmark", 1),
    (">www.uploads.staging:Staging.mark", 1),
    (">www.uploads.staging:Staging.unmark", 1),
    ("<www.uploads.core:Uploads.finish", 1),
    ("<www.uploads.core:Uploads._become_file", 1),
    ("<www.storage.local:LocalStorage._adopt", 1),
    (">www.storage.local:LocalStorage._adopt", 1),
    ("<www.uploads.actions:complete", 1),
    (">www.uploads.actions:complete", 1),
    ("<www.uploads.staging:Staging.delete", 1),
    (">www.uploads.core:Uploads._become_file", 1),
]


class Server:
    """The program as a process, which may die; a second start takes the same data."""

    def __init__(self, folder):
        self.folder, self.url = folder, ""
        self.process: Any = None

    async def start(self, *step):
        command = ["-m", "tests.uploads.dying", *map(str, step)] if step else ["-m", "www"]
        environ = {**os.environ, "PYTHONPATH": str(Path.cwd())}
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, *command, "serve", "--host", "127.0.0.1", "--port", "0",
            cwd=self.folder, env=environ, stdout=-1, stderr=-3,
        )  # fmt: skip
        async with asyncio.timeout(30):
            while not (found := re.search(rb"Serving on (\S+)", await self._line())):
                pass
        self.url = found[1].decode()

    async def _line(self):
        line = await self.process.stdout.readline()
        assert line, "it did not start"
        return line

    async def end(self):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


@pytest.fixture
async def server_of(tmp_path):
    server = Server(tmp_path)
    yield server
    await server.end()


@pytest.fixture
async def session():
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        yield session


async def sign_in(session, server):
    fields = {"name": "alice", "email": "", "password": PASSWORD}
    async with session.post(f"{server.url}/register", data=fields, allow_redirects=False) as answer:
        assert answer.status == 303


async def upload(session, server, address=None):
    """Upload what is missing, with a checksum; return the address and what the last answer said."""
    if address is None:
        headers = {**TUS, "Upload-Length": str(len(DATA))}
        async with session.post(f"{server.url}/uploads", headers=headers) as answer:
            assert answer.status == 201
            address = answer.headers["Location"].rpartition("/")[2]
    at = f"{server.url}/uploads/{address}"
    with contextlib.suppress(OSError, ClientError):
        async with session.head(at, headers=TUS) as answer:
            assert answer.status == 200
            offset = int(answer.headers["Upload-Offset"])
        while offset < len(DATA):
            part = DATA[offset : offset + 2_000_000]
            headers = {**TUS, "Upload-Offset": str(offset), "Content-Type": CONTENT}
            headers["Upload-Checksum"] = checksum("sha1", part)
            async with session.patch(at, data=io.BytesIO(part), headers=headers) as answer:
                assert answer.status == 204, await answer.text()
                offset = int(answer.headers["Upload-Offset"])
        async with session.get(at, headers=TUS) as answer:
            return address, await answer.json()
    return address, None


@pytest.mark.parametrize(("step", "count"), STEPS)
async def test_it_goes_on_after_its_death(server_of, session, tmp_path, step, count):
    await server_of.start(step, count)
    await sign_in(session, server_of)
    address = None
    with contextlib.suppress(OSError, ClientError):
        address, _ = await upload(session, server_of)
    await asyncio.wait_for(server_of.process.wait(), 20)  # it has died, and not been killed by us
    await server_of.start()
    _, about = await upload(session, server_of, address)
    assert about["complete"]
    assert about["file"]["sha256"] == sha256(DATA)
    await server_of.end()
    async with (
        Engine(tmp_path / "res" / "www.db") as engine,
        LocalStorage(tmp_path / "res") as disk,
    ):
        [row] = await engine.all(File.select())
        assert disk.path(row.sha256).read_bytes() == DATA
    assert not [p for p in (tmp_path / "res" / "uploads").iterdir() if p.suffix]


async def test_what_was_told_is_there(server_of, session):
    """Killed at any moment, the server has at least what it has ever said."""
    await server_of.start()
    await sign_in(session, server_of)
    headers = {**TUS, "Upload-Length": str(10 * len(DATA))}
    async with session.post(f"{server_of.url}/uploads", headers=headers) as answer:
        token = answer.headers["Location"].rpartition("/")[2]
    told = 0
    for kill_after in (1, 2, 3):
        for _ in range(kill_after):
            headers = {**TUS, "Upload-Offset": str(told), "Content-Type": CONTENT}
            at = f"{server_of.url}/uploads/{token}"
            async with session.patch(at, data=DATA[:100_000], headers=headers) as answer:
                told = int(answer.headers["Upload-Offset"])
        await server_of.end()
        await server_of.start()
        at = f"{server_of.url}/uploads/{token}"
        async with session.head(at, headers=TUS) as answer:
            assert int(answer.headers["Upload-Offset"]) == told


async def test_what_came_in_the_middle_of_a_body_is_there(server_of, session, tmp_path):
    """Killed while it reads the socket itself, the server goes on where its file ends."""

    async def half():
        yield DATA[: len(DATA) // 2]
        await asyncio.sleep(60)

    await server_of.start()
    await sign_in(session, server_of)
    headers = {**TUS, "Upload-Length": str(len(DATA))}
    async with session.post(f"{server_of.url}/uploads", headers=headers) as answer:
        token = answer.headers["Location"].rpartition("/")[2]
    sent = {"Upload-Offset": "0", "Content-Type": CONTENT, "Content-Length": str(len(DATA))}
    at = f"{server_of.url}/uploads/{token}"
    request = asyncio.create_task(session.request("PATCH", at, data=half(), headers=TUS | sent))
    file = tmp_path / "res" / "uploads" / token
    await until(lambda: file.stat().st_size == len(DATA) // 2)
    await server_of.end()
    await asyncio.wait([request])
    await server_of.start()
    async with session.head(f"{server_of.url}/uploads/{token}", headers=TUS) as answer:
        assert int(answer.headers["Upload-Offset"]) == len(DATA) // 2
    _, about = await upload(session, server_of, token)
    assert about["file"]["sha256"] == sha256(DATA)
