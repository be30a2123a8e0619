"""`www serve`: bring the database up to date and serve the site."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from www.cli import check
from www.cli.say import hint_for_others, say

if TYPE_CHECKING:
    import argparse

    from aiohttp import web

    from www.settings import Settings

_log: Final = logging.getLogger("www.cli")


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser = commands.add_parser("serve", parents=[shared], help="serve the site (the default)")
    help_ = "address to listen on"
    parser.add_argument("--host", dest="server.host", metavar="HOST", help=help_)
    help_ = "port to listen on; 0: any free one"
    parser.add_argument("--port", dest="server.port", metavar="PORT", help=help_)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve until Ctrl-C or SIGTERM."""
    del arguments
    from www.app import create_app
    from www.logs import setup_logging
    from www.server import serve

    setup_logging(settings.log)
    for problem in check.exposed(settings):
        _log.warning(problem)
    app = create_app(settings)

    async def announce(url: str) -> None:
        # Only a server that listens issues a link: nobody would read that of a failed start.
        readers_url = settings.server.base_url
        token = await _setup_token(app)
        if token:
            _show_link(f"{readers_url or url}/setup/{token}")
        say(f"Serving on {url}{f' as {readers_url}' if readers_url else ''} (Ctrl-C ends it)")

    return serve(app, settings, announce)


async def _setup_token(app: web.Application) -> str | None:
    """Make the one-time link of the first administrator; there is none once there is one."""
    from datetime import UTC, datetime

    from www import keys
    from www.accounts import actions

    async with app[keys.engine].transaction() as conn:
        return await actions.issue_setup_link(conn, now=datetime.now(UTC))


def _show_link(link: str) -> None:
    say("")
    say("  This site has no administrator yet. Open this link once to become it:")
    for line in (link, *hint_for_others(link)):
        say(f"  {line}")
    say("")
