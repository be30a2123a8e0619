"""The application, put together; it reads like a table of contents and starts nothing."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from aiohttp import web

from www import database, keys
from www.assets import Assets
from www.auth import permissions
from www.auth.passwords import Passwords
from www.bodies import Bodies
from www.db.seen.counters import Counters
from www.db.seen.report import Reports
from www.db.seen.slow import SlowLog
from www.files import naming
from www.files.again import SentFiles
from www.files.arrivals import Arrivals
from www.files.copy_keys import CopyKeys
from www.files.facts import Facts
from www.files.guessing import Guesses
from www.files.hot import HotContents
from www.files.planning import Plans
from www.files.scanning import Scanner
from www.files.space import Space
from www.files.sweeping import keep_pictures, release_forever, sweep_forever
from www.files.zipping import Checksums
from www.markup import ComrakRenderer, Renders
from www.metrics import Metrics
from www.middlewares import MIDDLEWARES
from www.middlewares.headers import add_headers, policy_with
from www.middlewares.seen import origin
from www.models import Visibility
from www.pictures.limits import Limits
from www.pictures.maker import Pictures
from www.render import load_templates, setup_templates
from www.routes import ROUTES, setup_routes
from www.routing import remember_routes
from www.sharing import sweeping as share_sweeping
from www.storage import origin_for_browsers, storage_of
from www.uploads import protocol
from www.uploads import sweeping as upload_sweeping
from www.uploads.core import Bounds, Uploads
from www.uploads.locks import Locks
from www.uploads.staging import Staging
from www.urls import Urls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    import jinja2

    from www.db import Engine
    from www.routes import Route
    from www.settings import Settings
    from www.uploads.direct import Direct

    Resource: TypeAlias = Callable[[web.Application], AsyncIterator[None]]


def create_app(
    settings: Settings,
    *,
    routes: Iterable[Route] = ROUTES,
    resources: Iterable[Resource] | None = None,
    loader: jinja2.BaseLoader | None = None,
    passwords: Passwords | None = None,
) -> web.Application:
    """Return the application for `settings`; tests pass other routes, resources and templates."""
    app = web.Application(middlewares=MIDDLEWARES, client_max_size=settings.limits.form_bytes)
    app[keys.settings] = settings
    app[keys.can] = permissions.can
    app[keys.passwords] = passwords or Passwords()
    app[keys.hot] = HotContents()
    app[keys.sent] = SentFiles()
    app[keys.guesses] = Guesses()
    app[keys.checksums] = Checksums()
    app[keys.plans] = Plans()
    app[keys.space] = Space()
    app[keys.scanner] = _scanner(settings)
    app[keys.policy] = policy_with(
        origin_for_browsers(settings), origin_for_browsers(settings, uploads=True)
    )
    app[keys.tasks] = set()
    app[keys.metrics] = Metrics()
    setup_routes(app, routes)
    remember_routes(app)
    app[keys.urls] = Urls(app.router)
    setup_templates(app, loader)
    app.on_response_prepare.extend((add_headers, protocol.add_headers))
    app.cleanup_ctx.extend(RESOURCES if resources is None else resources)
    return app


def _scanner(settings: Settings) -> Scanner | None:
    limits = settings.limits
    if not limits.clamd:
        return None
    return Scanner(limits.clamd, accept_unscanned=limits.clamd_down == "accept")


async def static_files(app: web.Application) -> AsyncIterator[None]:
    """Read the static files; a thread compresses them while the first requests are served."""
    app[keys.assets] = Assets.load()
    compressing = asyncio.create_task(asyncio.to_thread(app[keys.assets].compress))
    yield
    await compressing


async def database_engine(app: web.Application) -> AsyncIterator[None]:
    """Bring the database up to date and open it."""
    async with database.opened(app[keys.settings].db) as engine:
        app[keys.engine] = engine
        settings = app[keys.settings]
        usual = Visibility(settings.files.visibility)
        app[keys.arrivals] = Arrivals(engine, settings.limits.quota_bytes, usual)
        _observe(app, engine)
        yield


def _observe(app: web.Application, engine: Engine) -> None:
    """Keep figures of every statement, and whatever else the settings ask for."""
    settings = app[keys.settings]
    slow = SlowLog(settings.db.slow_ms / 1000, origin).observe if settings.db.slow_ms else None
    app[keys.counters] = counters = Counters(slow=slow)
    engine.observers.append(counters.observe)
    app[keys.metrics].watch(engine, counters)
    if settings.log.statements:
        app[keys.reports] = reports = Reports(engine)
        engine.observers.append(reports.observe)


async def loop_lag(app: web.Application) -> AsyncIterator[None]:
    """Measure how late the event loop is."""
    measuring = asyncio.create_task(app[keys.metrics].measure_lag())
    yield
    measuring.cancel()
    await asyncio.wait([measuring])


async def file_storage(app: web.Application) -> AsyncIterator[None]:
    """Open the storage of uploaded files; its folder is for this user of the machine alone."""
    folder = app[keys.settings].data
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
    async with storage_of(app[keys.settings]) as storage:
        app[keys.storage] = storage
        yield


async def request_bodies(app: web.Application) -> AsyncIterator[None]:
    """Keep threads for large bodies, so that neither the loop nor anybody else waits for them."""
    async with Bodies() as app[keys.bodies]:
        yield


async def file_names(app: web.Application) -> AsyncIterator[None]:
    """Make what names are sorted and found by, where an older version left rows without it."""
    completing = asyncio.create_task(naming.complete(app[keys.engine]))
    yield
    await completing


async def file_sweep(app: web.Application) -> AsyncIterator[None]:
    """Remove what broken uploads left, beside the requests."""
    engine, storage = app[keys.engine], app[keys.storage]
    sweeping = asyncio.create_task(sweep_forever(engine, storage))
    releasing = asyncio.create_task(release_forever(engine, storage))
    yield
    await _ended(sweeping)
    await _ended(releasing)


async def shared_downloads(app: web.Application) -> AsyncIterator[None]:
    """Forget what was fetched by share links, beside the requests."""
    sweeping = asyncio.create_task(share_sweeping.sweep_forever(app[keys.engine]))
    yield
    await _ended(sweeping)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])  # and not `await task`: that would hide our own cancellation
    if not task.cancelled():
        task.result()


async def small_pictures(app: web.Application) -> AsyncIterator[None]:
    """Make smaller copies of pictures where they are asked for, in processes of their own."""
    given = app[keys.settings].pictures
    limits = Limits(given.max_pixels, given.max_frames, given.memory_bytes, given.cpu_seconds)
    engine = app[keys.engine]
    async with Pictures(
        app[keys.storage],
        app[keys.settings].data,
        workers=given.workers,
        cache_bytes=given.cache_bytes,
        limits=limits,
    ) as app[keys.pictures]:
        app[keys.copy_keys] = await CopyKeys.opened(engine)
        app[keys.facts] = facts = Facts(engine, app[keys.pictures], app[keys.tasks])
        keeping = asyncio.create_task(keep_pictures(engine, app[keys.pictures], facts))
        yield
        await _ended(keeping)


async def resumable_uploads(app: web.Application) -> AsyncIterator[None]:
    """Keep unfinished uploads in the data folder, and sweep them beside the requests."""
    settings = app[keys.settings]
    lifetime = timedelta(hours=settings.limits.upload_hours)
    limits, usual = settings.limits, Visibility(settings.files.visibility)
    bounds = Bounds(limits.upload_bytes, limits.quota_bytes, lifetime, usual=usual)
    min_free_bytes = settings.storage.min_free_bytes
    async with Staging(settings.data / "uploads", min_free_bytes=min_free_bytes) as staging:
        app[keys.uploads] = uploads = Uploads(
            app[keys.engine],
            app[keys.storage],
            staging,
            app[keys.space],
            bounds,
            Locks(),
            app[keys.scanner],
            app[keys.facts].after_adding,
        )
        async with _direct_uploads(uploads) as direct:
            app[keys.direct] = direct
            sweep = upload_sweeping.sweep_forever(uploads, with_direct=direct is None)
            sweeping = asyncio.create_task(sweep)
            yield
            await _ended(sweeping)


@asynccontextmanager
async def _direct_uploads(uploads: Uploads) -> AsyncIterator[Direct | None]:
    """Let browsers send to the bucket itself, where the settings want that."""
    inbox = uploads.storage.inbox
    if inbox is None:
        yield None
        return
    from www.uploads import direct_sweeping
    from www.uploads.direct import Direct  # with it comes what a bucket needs

    async with Direct(uploads, inbox) as direct:
        sweeping = asyncio.create_task(direct_sweeping.sweep_forever(direct))
        yield direct
        await _ended(sweeping)


async def text_renders(app: web.Application) -> AsyncIterator[None]:
    """Keep a thread for what people write, so that no page waits for a long text."""
    async with Renders(ComrakRenderer()) as app[keys.renders]:
        yield


async def side_tasks(app: web.Application) -> AsyncIterator[None]:
    """Let what runs beside the requests end while there is a database."""
    yield
    await asyncio.gather(*app[keys.tasks])


async def page_templates(app: web.Application) -> AsyncIterator[None]:
    """Compile all pages beside the first requests; waiting would cost 0.17 s of the start."""
    compiling = asyncio.create_task(asyncio.to_thread(load_templates, app))
    yield
    await compiling


RESOURCES: Final[tuple[Resource, ...]] = (
    static_files,
    page_templates,
    database_engine,
    file_storage,
    request_bodies,
    file_names,
    file_sweep,
    shared_downloads,
    small_pictures,
    resumable_uploads,
    text_renders,
    loop_lag,
    side_tasks,
)
"""Opened in this order at start, closed in the reverse one at the end."""
