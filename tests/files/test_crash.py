"""A server that is killed while files arrive: each file is there whole with its row, or not at all."""

import asyncio
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
from www.db import Engine
from www.files import queries
from www.models import File
from www.storage import LocalStorage


@pytest.fixture
async def running(request, tmp_path):
    """The program itself, in a process that may be killed, and where it serves."""
    module = ["tests.files.killing", request.param] if hasattr(request, "param") else ["www"]
    command = [sys.executable, "-m", *module, "serve", "--host", "127.0.0.1", "--port", "0"]
    environ = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, env=environ, stdout=-1, stderr=-3
    )
    assert process.stdout is not None
    async with asyncio.timeout(20):
        while not (found := re.search(rb"Serving on (\S+)", await process.stdout.readline())):
            pass
    yield process, found[1].decode()
    if process.returncode is None:
        process.kill()
    await process.wait()


async def upload_until_it_dies(session, url, number, acknowledged):
    """Upload one file after the other; note each that the server has answered for."""
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **JSON}
    while True:
        body = body_of((f"{number}.bin", os.urandom(50_000)))
        try:
            async with session.post(f"{url}/upload", data=body, headers=kind) as answer:
                [file] = (await answer.json())["files"]
        except (OSError, ClientError):
            return
        acknowledged.append((file["id"], file["sha256"]))


@pytest.mark.parametrize("count", [1, 10, 50])
async def test_no_file_is_kept_by_half(running, tmp_path, count):
    process, url = running
    acknowledged: list[tuple[int, str]] = []
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        form = {"name": "alice", "email": "", "password": PASSWORD}
        await session.post(f"{url}/register", data=form)
        uploads = [upload_until_it_dies(session, url, n, acknowledged) for n in range(4)]
        uploading = asyncio.gather(*uploads)
        async with asyncio.timeout(20):
            while len(acknowledged) < count:  # noqa: ASYNC110  (the server is working)
                await asyncio.sleep(0.001)
        process.kill()
        await uploading
    async with (
        Engine(tmp_path / "res" / "www.db") as engine,
        LocalStorage(tmp_path / "res") as disk,
    ):
        rows = await engine.all(File.select())
        assert set(acknowledged) <= {(row.id, row.sha256) for row in rows}
        for row in rows:
            assert sha256(disk.path(row.sha256).read_bytes()) == row.sha256


STEPS = [
    "www.storage.local:LocalStorage.start:before",
    "www.storage.local:LocalStorage.start:after",
    "www.storage.incoming:LocalIncoming.feed:before",
    "www.storage.incoming:LocalIncoming.feed:after",
    "www.bodies.multipart:Scanner.close:after",
    "www.storage.incoming:LocalIncoming._finish:before",
    "www.storage.local:LocalStorage.place:before",
    "www.storage.local:LocalStorage.place:after",
    "www.storage.incoming:LocalIncoming._finish:after",
    "www.files.upload:_Intake.seal:after",
    "www.files.actions:add_all:before",
    "www.files.actions:add_all:after",
    "www.files.arrivals:Arrivals._written:after",
    "www.files.views:_write_rows:after",
]


@pytest.mark.parametrize("running", STEPS, indirect=True)
async def test_whenever_it_dies_there_is_all_or_nothing(running, tmp_path):
    process, url = running
    content = os.urandom(2_000_000)
    body = body_of(("a", content))
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **JSON}
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        form = {"name": "alice", "email": "", "password": PASSWORD}
        await session.post(f"{url}/register", data=form)
        with pytest.raises((OSError, ClientError)):
            await session.post(f"{url}/upload", data=io.BytesIO(body), headers=kind)
    assert await process.wait() == -9
    folder = tmp_path / "res"
    async with Engine(folder / "www.db") as engine, LocalStorage(folder) as disk:
        rows = await engine.all(File.select())
        for row in rows:
            assert disk.path(row.sha256).read_bytes() == content
        await disk.sweep(functools.partial(queries.contents_in_use, engine), older_than_s=-10)
        kept = [path for name in ("files", "incoming") for path in (folder / name).rglob("*")]
        names = {path.name for path in kept if path.is_file() and path.name != ".lock"}
        assert names == {row.sha256 for row in rows}
