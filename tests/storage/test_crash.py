"""A server with its files in a bucket, killed at each step of an upload, and looked at afterwards.

What came by a form is there whole with its row, or not at all; what may be resumed goes on.
"""

import asyncio
import contextlib
import functools
import io
import os
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from aiohttp import ClientError, ClientSession, CookieJar
from yarl import URL

from tests.files.door import BOUNDARY, JSON, body_of, sha256
from tests.s3 import settings_of
from tests.storage.keeping import content_of
from tests.uploads import test_crash as crash
from www.db import Engine
from www.files import queries
from www.models import File, Upload
from www.storage.bucket import PART_BYTES, Bucket
from www.storage.s3 import S3Storage
from www.uploads.core import Bounds
from www.uploads.direct import Direct
from www.uploads.direct_sweeping import sweep

SMALL, LARGE = os.urandom(300_000), os.urandom(PART_BYTES + 100_000)
FORM = [
    ">www.storage.s3:S3Storage._announce",
    "<www.storage.bucket:Bucket.put_file",
    ">www.storage.bucket:Bucket.put_file",
    ">www.storage.s3:S3Storage.take",
    "<www.files.views:_write_rows",
    ">www.files.views:_write_rows",
]
TUS = [
    ">www.storage.s3:S3Storage._announce",
    ">www.storage.bucket:Bucket.put_file",
    ">www.storage.s3:S3Storage.adopt",
    "<www.uploads.actions:complete",
    ">www.uploads.actions:complete",
    ">www.uploads.core:Uploads._become_file",
]
DIRECT = [
    ">www.storage.inbox:Inbox.begin",
    ">www.uploads.actions:create",
    "<www.storage.inbox:Inbox.complete",
    ">www.storage.inbox:Inbox.complete",
    ">www.uploads.direct:Direct._read",
    ">www.storage.s3:S3Storage._announce",
    "<www.storage.inbox:Inbox._copy",
    ">www.storage.inbox:Inbox._copy",
    "<www.uploads.actions:complete",
    ">www.uploads.actions:complete",
    ">www.storage.inbox:Inbox.forget",
]


@pytest.fixture
async def server(tmp_path, bucket, monkeypatch):
    """The program, to be started and killed, with its files in the bucket."""
    given = settings_of(bucket) | {"presign_uploads": True}
    for name, value in given.items():
        monkeypatch.setenv(f"WWW_STORAGE__{name.upper()}", str(value))
    server = crash.Server(tmp_path)
    yield server
    await server.end()


@pytest.fixture
async def session():
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        yield session


@pytest.fixture
async def left(tmp_path, bucket):
    """Sweep, and return the contents that have rows; nothing else may be in the bucket."""

    async def look():
        folder = tmp_path / "res"
        async with (
            Engine(folder / "www.db") as engine,
            S3Storage(bucket, folder, inbox_at="", stale_s=-10) as storage,
        ):
            rows = await engine.all(File.select())
            contents = [await content_of(storage, row.sha256) for row in rows]
            in_use = functools.partial(queries.contents_in_use, engine)
            await storage.sweep(in_use, older_than_s=-10)
            assert storage.inbox is not None
            core = SimpleNamespace(engine=engine, bounds=Bounds(0, 0, timedelta(0)))
            direct = Direct(core, storage.inbox)  # type: ignore[arg-type]  # it needs no more of it
            await sweep(direct, now=datetime.now(UTC) - timedelta(days=1), stray_s=-10)
            unfinished = await engine.all(Upload.select().where(Upload.completed_at.is_(None)))
            waiting = {token for token, _ in await storage.inbox.older(-10)}
            assert waiting <= {upload.token for upload in unfinished}
        kept = await Bucket(bucket).below("files")
        assert {key.rpartition("/")[2] for key in kept} == {row.sha256 for row in rows}
        assert {path.name for path in (folder / "incoming").iterdir()} <= {".lock"}
        return contents

    return look


async def died(server):
    """Wait until the server has ended itself."""
    assert await asyncio.wait_for(server.process.wait(), 20) == -9


@pytest.mark.parametrize("step", FORM)
async def test_a_form_is_stored_whole_or_not_at_all(server, session, left, step):
    await server.start(step, 1)
    await crash.sign_in(session, server)
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **JSON}
    with pytest.raises((OSError, ClientError)):
        await session.post(f"{server.url}/upload", data=body_of(("a", SMALL)), headers=kind)
    await died(server)
    assert await left() in ([], [SMALL])


@pytest.mark.parametrize("step", TUS)
async def test_a_resumed_upload_comes_to_its_end(server, session, left, step):
    await server.start(step, 1)
    await crash.sign_in(session, server)
    address, _ = await crash.upload(session, server)
    await died(server)
    await server.start()
    _, about = await crash.upload(session, server, address)
    assert about["file"]["sha256"] == sha256(crash.DATA)
    await server.end()
    assert await left() == [crash.DATA]


async def send(session, server, at=None):
    """Send what is missing straight to the bucket; return the address and the file, or None."""
    with contextlib.suppress(OSError, ClientError):
        if at is None:
            fields = {"name": "a.bin", "size": str(len(LARGE))}
            async with session.post(f"{server.url}/uploads/direct", data=fields) as answer:
                assert answer.status == 201
                at = (await answer.json())["upload"]
        async with session.get(f"{server.url}{at}") as answer:
            about = await answer.json()
        if missing := {1, 2} - set(about.get("arrived", [1, 2])):
            wanted = [("part", str(number)) for number in missing]
            async with session.post(f"{server.url}{at}/links", data=wanted) as answer:
                links = (await answer.json())["links"]
            for number, link in links.items():
                start = (int(number) - 1) * PART_BYTES
                part = LARGE[start : start + PART_BYTES]
                async with session.put(URL(link, encoded=True), data=io.BytesIO(part)) as answer:
                    assert answer.status == 200
        async with session.post(f"{server.url}{at}/complete") as answer:
            assert answer.status in {200, 201}, await answer.text()
            return at, (await answer.json())["file"]
    return at, None


@pytest.mark.parametrize("step", DIRECT)
async def test_a_direct_upload_comes_to_its_end(server, session, left, step):
    await server.start(step, 1)
    await crash.sign_in(session, server)
    at, _ = await send(session, server)
    await died(server)
    await server.start()
    _, file = await send(session, server, at)
    assert file["sha256"] == sha256(LARGE)
    await server.end()
    assert await left() == [LARGE]
