"""`www serve`: bring the database up to date and serve the site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from www.cli.say import say

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator

    from aiohttp import web

    from www.settings import Settings


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser = commands.add_parser("serve", parents=[shared], help="serve the site (the default)")
    parser.add_argument("--host", dest="server.host", help="address to listen on")
    parser.add_argument("--port", dest="server.port", help="port to listen on; 0: any free one")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve until Ctrl-C or SIGTERM."""
    del arguments
    from www.app import create_app
    from www.logs import setup_logging
    from www.server import serve

    setup_logging(settings.log)
    app = create_app(settings)
    tokens: list[str] = []

    async def first_administrator(app: web.Application) -> AsyncIterator[None]:
        tokens.extend(await _setup_token(app))
        yield

    app.cleanup_ctx.append(first_administrator)
    return serve(app, settings, lambda url: _announce(url, tokens))


async def _setup_token(app: web.Application) -> list[str]:
    """Make the one-time link of the first administrator; there is none once there is one."""
    from datetime import UTC, datetime

    from www import keys
    from www.accounts import actions

    async with app[keys.engine].transaction() as conn:
        token = await actions.issue_setup_link(conn, now=datetime.now(UTC))
    return [token] if token else []


def _announce(url: str, tokens: list[str]) -> None:
    for token in tokens:
        say("")
        say("  This site has no administrator yet. Open this link once to become it:")
        say(f"  {url}/setup/{token}")
        say("")
    say(f"Serving on {url} (Ctrl-C ends it)")
