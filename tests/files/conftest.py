"""A bare server of nothing but the ways in and out, whose tests need neither pages nor rows."""

import asyncio
from datetime import UTC, datetime

import pytest
from aiohttp import web

from www import keys
from www.bodies import Bodies
from www.errors import WwwError
from www.files import download, hot, upload, zipping
from www.settings import Settings
from www.storage import LocalStorage

MODIFIED = datetime(2026, 10, 20, 10, tzinfo=UTC)
BOUNDS = upload.Bounds(
    file_bytes=1_000_000,
    quota_left_bytes=1_500_000,
    quota_bytes=2_000_000,
    files=3,
    fields=3,
    field_bytes=1000,
    idle_s=2,
)


@pytest.fixture
async def storage(tmp_path):
    async with LocalStorage(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def stored(tmp_path):
    """Return the contents in the data folder, temporary ones too, by file name."""

    def contents():
        files = [p for p in (tmp_path / "data").rglob("*") if p.is_file() and p.name != ".lock"]
        return {path.name: path.read_bytes() for path in files}

    return contents


@pytest.fixture
def finished():
    """Statuses of the answers, also of those that no client has waited for."""
    return []


@pytest.fixture
def bare_settings():
    """Return the settings of the bare server; a test may replace them by asking for others."""
    return Settings()


@pytest.fixture
async def bodies():
    async with Bodies() as opened:
        yield opened


@pytest.fixture
def bare_app(storage, bodies, finished, bare_settings):
    @web.middleware
    async def errors(request, handler):
        try:
            return await handler(request)
        except WwwError as err:
            finished.append(err.status)
            return web.json_response({"message": str(err)}, status=err.status)
        except asyncio.CancelledError:
            finished.append("cancelled")
            raise

    async def receive(request):
        form = await upload.receive(request, bodies, storage, BOUNDS)
        rows = [[f.name, f.content_type, f.sha256, f.size_bytes] for f in form.files]
        return web.json_response({"files": rows, "fields": form.fields}, status=201)

    async def respond(request):
        sha256, query = request.match_info["sha256"], request.query
        size_bytes = int(query.get("size", "0"))
        file = download.Download(query["name"], query["type"], sha256, size_bytes, MODIFIED)
        return await download.respond(request, storage, file)

    app = web.Application(middlewares=[errors])
    app[keys.checksums] = zipping.Checksums()
    app[keys.settings], app[keys.hot] = bare_settings, hot.HotContents()
    app.router.add_post("/upload", receive)
    app.router.add_get("/{sha256}", respond)
    return app


@pytest.fixture
async def bare(bare_app, aiohttp_client):
    return await aiohttp_client(bare_app)


@pytest.fixture(params=[False, True], ids=["runs on", "is cancelled"])
async def address(request, bare_app):
    """Host and port of a server whose handlers do or don't end when the client goes away."""
    # While it lingers aiohttp does not notice that the client left, and shutting down waits for it.
    runner = web.AppRunner(bare_app, handler_cancellation=request.param, lingering_time=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0]
    await runner.cleanup()
