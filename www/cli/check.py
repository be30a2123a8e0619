"""`www check`: settings, folders, database and migrations; says what is wrong and what to do."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from www.cli.say import say
from www.cli.values import origin
from www.db.errors import DatabaseError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from www.settings import Settings


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Describe the command."""
    help_ = "look for problems in settings, folders and database"
    parser = commands.add_parser("check", parents=[shared], help=help_)
    parser.add_argument(
        "--origin",
        action="append",
        type=origin,
        metavar="URL",
        help="with storage.presign_uploads: the site as browsers reach it, https://example.org; "
        "may be given several times (default: server.base_url)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print a line per check; exit code 1 if one failed. Nothing is changed for good."""
    from www.storage import shown

    say("ok       settings: read and understood")
    problems = [*_folder(settings.data), *exposed(settings), *_database(settings)]
    if settings.data.is_dir():
        problems += _storage(settings, arguments.origin or ())
    problems += _around(settings)
    problems += _scanner(settings)
    for problem in problems:
        say(f"PROBLEM  {problem}")
    if not problems:
        say("ok       data folder: private and writable")
        say("ok       database: whole, private and up to date")
        say(f"ok       storage, {shown(settings)}: what was written came back, and was deleted")
    return 1 if problems else 0


def exposed(settings: Settings) -> Iterator[str]:
    """Name what other users of this machine may read; `serve` warns of it too."""
    folder, path = settings.data, Path(settings.db.database)
    if folder.is_dir() and folder.stat().st_mode & 0o077:
        yield f"data folder {folder} is open to other users: chmod 700 {folder}"
    if not settings.db.host and path.is_file() and path.stat().st_mode & 0o077:
        yield f"database {path} is open to other users: chmod 600 {path}"


def _folder(folder: Path) -> Iterator[str]:
    if not folder.exists():
        yield f"data folder {folder} is missing: `www init-db` or the first start makes it"
    elif not folder.is_dir():
        yield f"data folder {folder} is a file: move it away, or set `data` to another folder"
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield f"data folder {folder} cannot be written: give it to the user that runs www"


def _around(settings: Settings) -> Iterator[str]:
    """Name what has no effect, or too little, for want of something else."""
    from www.utils.limits import ENOUGH, open_files

    header = settings.storage.sendfile_header
    if header and not settings.server.trusted_proxies:
        yield (
            f"storage.sendfile_header ({header}) has no effect: name the server in front in "
            "server.trusted_proxies"
        )
    if (found := open_files()) < ENOUGH:
        yield (
            f"a process may open {found} files and connections: allow {ENOUGH} or more "
            "(`ulimit -Hn`, or LimitNOFILE= of the service)"
        )


def _storage(settings: Settings, origins: Sequence[str]) -> Iterator[str]:
    from www.settings import PREVIOUS, SettingsError, load_other
    from www.storage.probing import cors_problems, problem

    named = [settings]
    try:
        if settings.storage.previous is not None:
            named.append(load_other(settings.storage.previous, os.environ, PREVIOUS))
    except SettingsError as err:
        yield from (f"storage.previous: {line}" for line in err.problems)
    for each in named:
        if (found := asyncio.run(problem(each))) is not None:
            yield found
    yield from cors_problems(settings, origins)


def _scanner(settings: Settings) -> Iterator[str]:
    from www.files.scanning import ScanError, Scanner

    if settings.limits.clamd:
        try:
            asyncio.run(Scanner(settings.limits.clamd).ping())
        except ScanError as err:
            yield f"virus scanner: {err}: start clamd, or correct limits.clamd"


def _database(settings: Settings) -> Iterator[str]:
    from www import database

    path = Path(settings.db.database)
    if database.is_missing(settings.db):
        yield f"database {path} is missing: `www init-db` or the first start makes it"
        return
    try:
        for step in database.pending(settings.db):
            yield f"database lacks migration {step.number:04}_{step.name}: `www init-db` applies it"
        yield from (f"database is damaged: {line}" for line in database.damages(settings.db))
    except DatabaseError as err:
        shown = database.shown(settings.db)
        yield f"database {shown}: {str(err).removeprefix(f'{shown}: ')}"
