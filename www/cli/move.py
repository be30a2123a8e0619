"""`www move`: copy everything in the database to another one, of the same or of the other kind."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from www.cli.say import progress, say, say_error
from www.db.copying import Watcher

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from www.db import Engine
    from www.db.copying import Summary
    from www.settings import Settings

_DESCRIPTION: Final = """
Copies every row from the database of the settings to that of CONFIG, which must be empty: from
SQLite to PostgreSQL, back, or to another of the same kind. Numbers stay what they are. All is read
back and compared before it is committed, so CONFIG's database has everything or nothing. The server
may be running: what changes meanwhile is not copied, and --compare tells. Uploaded files stay where
they are.
"""
_SHOWN: Final = 12  # characters of a checksum


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Describe the command."""
    help_ = "copy everything in the database to another one"
    parser = commands.add_parser("move", parents=[shared], help=help_, description=_DESCRIPTION)
    parser.add_argument(
        "--to",
        type=Path,
        metavar="CONFIG",
        required=True,
        help="the YAML file with the settings of the other site; of the environment only such "
        "variables as WWW_TO_DB__PASSWORD are added to it",
    )
    help_ = "copy nothing: say whether both hold the same rows; exit code 1 if not"
    parser.add_argument("--compare", action="store_true", help=help_)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Copy, or compare."""
    from www import database
    from www.settings import SettingsError, load_other

    try:
        target = load_other(arguments.to, os.environ)
    except SettingsError as err:
        say_error(str(err))
        return 2
    name = database.shown(settings.db)
    if database.is_missing(settings.db):
        say_error(f"{name}: there is no such database")
        return 1
    if steps := database.pending(settings.db):
        say_error(f"{name} lacks migration {steps[0].label}: run `www init-db` first")
        return 1
    return asyncio.run((_compare if arguments.compare else _move)(settings, target))


async def _move(settings: Settings, target: Settings) -> int:
    from www import database
    from www.db.copying import copy_tables
    from www.files import naming
    from www.models import TABLES, BlogSearch, FileSearch
    from www.search import index

    there = database.shown(target.db)
    async with database.unhurried(settings.db) as source:
        if not await _is_free(source, target):
            return 1
        await asyncio.to_thread(database.upgrade, target.db)
        with _Bar("Copying and checking") as bar:
            async with (
                database.unhurried(target.db) as engine,
                source.transaction(read_only=True) as reading,
                engine.transaction() as writing,
            ):
                copied = await copy_tables(
                    *(reading, writing, TABLES),
                    derived={BlogSearch: index.made_anew, FileSearch: naming.made_anew},
                    watcher=bar,
                )
    rows = sum(summary.rows for summary in copied)
    say(f"copied {rows} rows in {len(copied)} tables to {there}; all were read back and are equal")
    for line in _about_files(settings, target):
        say(line)
    return 0


async def _is_free(source: Engine, target: Settings) -> bool:
    """Tell whether the target is another database, and empty; nothing there is changed."""
    from www import database
    from www.db.copying import are_same, holding_rows

    there = database.shown(target.db)
    if database.is_missing(target.db):
        return True
    async with database.unhurried(target.db) as engine:
        if await are_same(source, engine):
            say_error(f"{there} is the database of both settings: name another one in CONFIG")
            return False
        if names := await holding_rows(engine):
            say_error(
                f"{there} is not empty, it has rows in {', '.join(names)}: "
                "name a new, empty database in CONFIG"
            )
            return False
    return True


async def _compare(settings: Settings, target: Settings) -> int:
    from www import database
    from www.db.copying import are_same, compare_tables
    from www.models import TABLES

    there = database.shown(target.db)
    if database.is_missing(target.db):
        say_error(f"{there}: there is no such database")
        return 1
    if steps := await asyncio.to_thread(database.pending, target.db):
        say_error(f"{there} lacks migration {steps[0].label}: nothing was moved there")
        return 1
    async with database.unhurried(settings.db) as source, database.unhurried(target.db) as engine:
        if await are_same(source, engine):
            say_error(f"{there} is the database of both settings: name another one in CONFIG")
            return 1
        with _Bar("Comparing", quiet=True) as bar:
            async with (
                source.transaction(read_only=True) as one,
                engine.transaction(read_only=True) as other,
            ):
                pairs = await compare_tables(one, other, TABLES, bar)
    different = [pair for pair in pairs if pair[0] != pair[1]]
    for here, found in pairs:
        same = "same" if here == found else "DIFFERENT"
        say(f"{same:9}  {here.table}: {here.rows} rows here, {found.rows} there")
    if different:
        say_error(f"{len(different)} of {len(pairs)} tables differ")
    return 1 if different else 0


def _about_files(settings: Settings, target: Settings) -> Iterator[str]:
    """Say what is to be done about uploaded files, which are not in the database."""
    here, there = str(settings.storage.kind), str(target.storage.kind)
    if here != there:
        yield (
            f"uploaded files were not moved: they are in the storage `{here}` of these settings, "
            f"CONFIG looks for them in its storage `{there}`"
        )
    elif settings.data.resolve() != target.data.resolve():
        yield (
            f"uploaded files were not moved: they are in {settings.data}, CONFIG looks for them "
            f"in {target.data}: copy the folder `files` in it, or set `data` to {settings.data}"
        )


class _Bar(Watcher):
    """A bar on a terminal; a line for each table, at once where there is no bar to break."""

    def __init__(self, what: str, *, quiet: bool = False) -> None:
        self._what = what
        self._quiet = quiet
        self._stack = ExitStack()
        self._lines: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()
        for line in self._lines:
            say(line)

    def begin(self, rows: int) -> None:
        self._advance = self._stack.enter_context(progress(self._what, rows))

    def advance(self, rows: int) -> None:
        self._advance(rows)

    def done(self, summary: Summary) -> None:
        if self._quiet:
            return
        line = f"{summary.table}: {summary.rows} rows, checksum {summary.checksum[:_SHOWN]}"
        if sys.stderr.isatty():
            self._lines.append(line)
        else:
            say(line)
