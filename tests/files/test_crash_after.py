"""A server that is killed at each step of what follows an upload: pictures, deletion, the sweep.

After the next start every row has its whole content, and what has no row goes with the sweep.
"""

import asyncio
import contextlib
import functools
import io
import os
import re
import sys
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession, CookieJar

from tests.actors import PASSWORD
from tests.files.door import BOUNDARY, JSON, body_of, sha256
from tests.pictures import samples
from www.db import Engine
from www.files import queries
from www.models import File
from www.storage import LocalStorage

PHOTO = samples.jpeg(6, samples.noisy(700, 500))
OTHER = samples.jpeg(1, samples.noisy(600, 400))
STEPS = [
    "www.pictures.pool:Pool.run:after",
    "www.pictures.cache:Cache._write:before",
    "www.pictures.cache:Cache._write:after",
    "www.pictures.cache:Cache.sweep:after",
    "www.files.actions:remove:before",
    "www.files.actions:remove:after",
    "www.storage.local:LocalStorage._delete:before",
    "www.storage.local:LocalStorage._delete:after",
    "www.files.actions:release:after",
    "www.files.actions:sweep:before",
    "www.storage.local:LocalStorage._old_in:after",
]


class Program:
    """The program in a folder, as often as it is started."""

    def __init__(self, folder):
        self.folder = folder

    @contextlib.asynccontextmanager
    async def running(self, where=None):
        """Serve; with `where` until it kills itself there. Yields a signed-in session."""
        module = ["tests.files.killing", where] if where else ["www"]
        command = [sys.executable, "-m", *module, "serve", "--host", "127.0.0.1", "--port", "0"]
        environ = {**os.environ, "PYTHONPATH": str(Path.cwd())}
        self.process = await asyncio.create_subprocess_exec(
            *command, cwd=self.folder, env=environ, stdout=-1, stderr=-3
        )
        assert self.process.stdout is not None
        line = found = None
        async with asyncio.timeout(20):
            while line != b"" and found is None:
                line = await self.process.stdout.readline()
                found = re.search(rb"Serving on (\S+)", line)
        try:
            async with ClientSession(
                found and found[1].decode(), cookie_jar=CookieJar(unsafe=True)
            ) as session:
                yield session
        finally:
            if self.process.returncode is None and where is None:
                self.process.kill()
            await asyncio.wait_for(self.process.wait(), 20)

    async def sign_in(self, session):
        fields = {"name": "alice", "email": "", "password": PASSWORD}
        for path in ("/register", "/login"):
            async with session.post(path, data=fields, allow_redirects=False) as answer:
                if answer.status == 303:
                    return
        raise AssertionError("she cannot sign in")


async def upload(session, name, content):
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **JSON}
    body = io.BytesIO(body_of((name, content)))
    async with session.post("/upload", data=body, headers=kind) as answer:
        assert answer.status == 201
        return (await answer.json())["files"][0]


def small(file):
    return f"/files/{file['id']}/w320.webp"


async def live(session, gone, shown):
    """Delete one file, and look at a small copy of the other; the server may die meanwhile."""
    with contextlib.suppress(OSError, ClientError):
        async with session.get(small(shown)) as answer:
            await answer.read()
        async with session.post(f"/files/{gone['id']}/delete") as answer:
            await answer.read()


def age(folder):
    """Let everything be old: what is young is never deleted."""
    for path in (folder / "res").rglob("*"):
        if path.is_file() and len(path.name) == 64:
            os.utime(path, (0, 0))


@pytest.mark.parametrize("where", STEPS)
async def test_it_leaves_all_or_nothing(tmp_path, where):
    program = Program(tmp_path)
    async with program.running() as session:
        await program.sign_in(session)
        gone, shown = [
            await upload(session, name, content) for name, content in (("a", OTHER), ("b", PHOTO))
        ]
    stray = tmp_path / "res/files/00" / ("0" * 64)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"nobody's")
    age(tmp_path)
    async with program.running(where) as session:
        if session._base_url is not None:
            with contextlib.suppress(OSError, ClientError):
                await program.sign_in(session)
            await live(session, gone, shown)
    assert program.process.returncode == -9
    await look(program, gone, shown)


async def look(program, gone, shown):
    """Everything that has a row is whole, and can be shown; the rest is swept."""
    async with program.running() as session:
        await program.sign_in(session)
        async with session.get(shown["url"]) as answer:
            assert await answer.read() == PHOTO
        async with session.get(small(shown)) as answer:
            assert (answer.status, (await answer.read())[8:12]) == (200, b"WEBP")
        async with session.get(gone["url"]) as answer:
            there = answer.status == 200
            assert not there or sha256(await answer.read()) == gone["sha256"]
    folder = program.folder / "res"
    async with Engine(folder / "www.db") as engine, LocalStorage(folder) as disk:
        hashes = {row.sha256 for row in await engine.all(File.select())}
        assert hashes == {shown["sha256"]} | ({gone["sha256"]} if there else set())
        await disk.sweep(functools.partial(queries.contents_in_use, engine), older_than_s=-10)
        kept = {path.name for path in (folder / "files").rglob("*") if path.is_file()}
        assert kept - {".lock"} == hashes
