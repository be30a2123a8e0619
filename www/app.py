"""The application, put together; it reads like a table of contents and starts nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from www import database, keys
from www.assets import Assets
from www.middlewares import MIDDLEWARES
from www.middlewares.headers import add_headers
from www.render import Urls, load_templates, setup_templates
from www.routes import ROUTES, setup_routes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    import jinja2

    from www.models import User
    from www.routes import Route
    from www.settings import Settings


def create_app(
    settings: Settings,
    *,
    routes: Iterable[Route] = ROUTES,
    loader: jinja2.BaseLoader | None = None,
) -> web.Application:
    """Return the application for `settings`; tests pass other routes and templates."""
    app = web.Application(middlewares=MIDDLEWARES, client_max_size=settings.limits.form_bytes)
    app[keys.settings] = settings
    app[keys.can] = _nobody_can
    setup_routes(app, routes)
    app[keys.urls] = Urls(app.router)
    setup_templates(app, loader)
    app.on_response_prepare.append(add_headers)
    app.cleanup_ctx.extend([_assets, _templates, _engine])
    return app


async def _assets(app: web.Application) -> AsyncIterator[None]:
    """Read the static files; a thread compresses them while the first requests are served."""
    app[keys.assets] = Assets.load()
    compressing = asyncio.create_task(asyncio.to_thread(app[keys.assets].compress))
    yield
    await compressing


async def _engine(app: web.Application) -> AsyncIterator[None]:
    """Bring the database up to date and open it."""
    async with database.opened(app[keys.settings].db) as engine:
        app[keys.engine] = engine
        yield


async def _templates(app: web.Application) -> AsyncIterator[None]:
    load_templates(app)
    yield


def _nobody_can(user: User | None, action: str, thing: object = None) -> bool:
    """Refuse all, until the application is given its rules."""
    del user, action, thing
    return False
