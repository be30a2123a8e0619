"""`www storage`: read every byte again, copy all to another storage, open a bucket to browsers."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from www.cli.say import progress, say, say_error
from www.cli.values import origin

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

    from www.db import Engine
    from www.settings import Settings
    from www.storage import Storage

_VERIFY: Final = """
Reads every content that a file refers to and compares it with its SHA-256. Prints each that is
missing or damaged, with the files that need it; exit code 1 then. The server may be running.
"""
_MOVE: Final = """
Copies every content that a file refers to from the storage of the settings to that of CONFIG, and
compares it with its hash on the way. What is there already is not copied again, so a move that was
interrupted goes on where it ended. The server may be running, and what is uploaded meanwhile is
copied too, until nothing is left. Nothing is deleted. docs/storage.md says how to switch.
"""
_CORS: Final = """
Lets pages of this site send files to the bucket themselves, which storage.presign_uploads asks of
them: browsers refuse that unless the bucket has a rule for it (CORS). Rules of other sites stay.
"""
_AT_ONCE: Final = 8


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Describe the command and what it can do."""
    parser = commands.add_parser("storage", help="verify uploaded files, or move them elsewhere")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    help_ = "compare every byte with its hash"
    verify = actions.add_parser("verify", parents=[shared], help=help_, description=_VERIFY)
    verify.set_defaults(run=run_verify)
    help_ = "copy all contents to another storage"
    move = actions.add_parser("move", parents=[shared], help=help_, description=_MOVE)
    move.add_argument(
        "--to",
        type=Path,
        metavar="CONFIG",
        required=True,
        help="the YAML file with the settings of the other storage; of the environment only such "
        "variables as WWW_TO_STORAGE__SECRET_KEY are added to it",
    )
    move.set_defaults(run=run_move)
    help_ = "let the site's pages send files to the bucket"
    cors = actions.add_parser("cors", parents=[shared], help=help_, description=_CORS)
    cors.add_argument(
        "--origin",
        action="append",
        type=origin,
        metavar="URL",
        help="the site as browsers reach it, https://example.org; may be given several times "
        "(default: server.base_url)",
    )
    cors.set_defaults(run=run_cors)


def run_verify(arguments: argparse.Namespace, settings: Settings) -> int:
    """Read everything; exit code 1 if something is missing or damaged."""
    del arguments
    if _is_missing(settings) or _is_away(*_read(settings)):
        return 1
    return _ended(_verify(settings))


def run_move(arguments: argparse.Namespace, settings: Settings) -> int:
    """Copy everything; exit code 1 if something could not be copied."""
    from www.settings import SettingsError, load_other
    from www.storage import shown

    try:
        target = load_other(arguments.to, os.environ)
    except SettingsError as err:
        say_error(str(err))
        return 2
    if _is_missing(settings):
        return 1
    if _where(settings) == _where(target):
        say_error(f"{shown(settings)} is the storage of both settings: name another in CONFIG")
        return 1
    if _is_away(*_read(settings), target):
        return 1
    return _ended(_move(settings, target))


def run_cors(arguments: argparse.Namespace, settings: Settings) -> int:
    """Give the bucket its rule; exit code 1 where it does not take it, 2 where one is missing."""
    from www.errors import WwwError

    origins = arguments.origin or ([settings.server.base_url] if settings.server.base_url else [])
    if settings.storage.kind != "s3":
        say_error("the files are in the data folder: storage.kind is not s3")
        return 2
    if not origins:
        say_error("say --origin, the site as browsers reach it, or set server.base_url")
        return 2
    from www.storage import shown
    from www.storage.cors import allow
    from www.storage.opening import place_of

    try:
        allow(place_of(settings), origins)
    except WwwError as err:
        say_error(f"{shown(settings)} does not take the rule: {err.__cause__ or err}")
        return 1
    say(f"{shown(settings)}: pages of {', '.join(origins)} may send files to it")
    return 0


@dataclass(slots=True)
class _Tally:
    """What one walk over all contents has found."""

    contents: int = 0
    size_bytes: int = 0
    copied: int = 0
    bad: list[str] = field(default_factory=list)


async def _verify(settings: Settings) -> int:
    from www import database
    from www.storage import storage_of
    from www.storage.copying import verify

    async with database.opened(settings.db) as engine, storage_of(settings) as storage:

        async def check(sha256: str, advance: Callable[[int], None]) -> bool:
            await verify(storage, sha256, advance)
            return False

        tally = await _walk(engine, check, "Verifying")
        await _report(engine, tally)
    if tally.bad:
        say_error(f"{len(tally.bad)} of {tally.contents} contents are missing or damaged")
        return 1
    say(f"verified {tally.contents} contents, {tally.size_bytes} bytes: all have their hashes")
    return 0


async def _move(settings: Settings, target: Settings) -> int:
    from www import database
    from www.storage import shown, storage_of
    from www.storage.opening import alone

    copied = 0
    async with (
        database.opened(settings.db) as engine,
        storage_of(settings) as source,
        alone(target) as there,
    ):
        while True:
            tally = await _walk(engine, _copying(source, there), "Copying and checking")
            copied += tally.copied
            if not tally.copied or tally.bad:
                break
        await _report(engine, tally)
    say(f"{copied} contents copied to {shown(target)}; it has {tally.contents - len(tally.bad)}")
    if tally.bad:
        say_error(f"{len(tally.bad)} of {tally.contents} contents could not be copied")
        return 1
    say("next: docs/storage.md, “Moving”; the old files stay until you delete them")
    return 0


def _copying(source: Storage, target: Storage) -> Callable[..., Awaitable[bool]]:
    from www.storage.copying import copy

    return lambda sha256, advance: copy(source, target, sha256, advance)


async def _walk(
    engine: Engine, visit: Callable[[str, Callable[[int], None]], Awaitable[bool]], what: str
) -> _Tally:
    """Visit every content, several at once; what is missing or damaged is noted.

    Anything else that goes wrong ends the walk: a service that does not answer has lost nothing.
    """
    from www.errors import NotFound
    from www.storage.copying import DamagedError

    tally = _Tally()
    total_bytes = sum([size async for _, size in _contents(engine)])
    turns = asyncio.Semaphore(_AT_ONCE)

    with progress(what, total_bytes, in_bytes=True) as advance:

        async def one(sha256: str) -> None:
            try:
                copied = await visit(sha256, advance)  # apart: others add to it meanwhile
                tally.copied += copied
            except NotFound:
                tally.bad.append(f"missing  {sha256}")
            except DamagedError:
                tally.bad.append(f"damaged  {sha256}")
            finally:
                turns.release()

        try:
            async with asyncio.TaskGroup() as tasks:
                async for sha256, size_bytes in _contents(engine):
                    await turns.acquire()
                    tally.contents += 1
                    tally.size_bytes += size_bytes
                    tasks.create_task(one(sha256))
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
    return tally


async def _contents(engine: Engine) -> AsyncIterator[tuple[str, int]]:
    """Give each content once, with its size in bytes."""
    from www.files import queries

    after = ""
    while some := await queries.contents(engine, after=after):
        for row in some:
            if row.sha256 != after:
                yield row.sha256, row.size
            after = row.sha256


async def _report(engine: Engine, tally: _Tally) -> None:
    """Print what is missing or damaged, and the files that need it."""
    from www.files import queries

    for line in sorted(tally.bad):
        say(line)
        for file in await queries.of_content(engine, line.rpartition(" ")[2]):
            say(f"         file {file.id}, of user {file.owner_id}: {file.name}")


def _where(settings: Settings) -> tuple[object, ...]:
    """Return what two settings of the same storage have in common."""
    s3 = settings.storage
    if s3.kind == "local":
        return (settings.data.resolve(),)
    return (s3.endpoint, s3.region if s3.endpoint is None else "", s3.bucket, s3.prefix)


def _is_away(*several: Settings) -> bool:
    """Tell whether a bucket cannot be read, and say what helps."""
    from www.storage.probing import away

    for each in several:
        if (found := asyncio.run(away(each))) is not None:
            say_error(found)
            return True
    return False


def _read(settings: Settings) -> list[Settings]:
    """Return the settings of all storages that contents are read from."""
    from www.settings import PREVIOUS, load_other

    previous = settings.storage.previous
    return (
        [settings]
        if previous is None
        else [
            settings,
            load_other(previous, os.environ, PREVIOUS),
        ]
    )


def _ended(walk: Coroutine[None, None, int]) -> int:
    """Run to the end; a storage that fails on the way ends it with a sentence that helps."""
    from www.errors import Unavailable
    from www.storage.probing import advice, quiet

    try:
        with quiet():
            return asyncio.run(walk)
    except Unavailable as err:
        say_error(f"the storage failed: {advice(err)}")
        return 1


def _is_missing(settings: Settings) -> bool:
    from www import database

    if database.is_missing(settings.db):
        say_error(f"{database.shown(settings.db)}: there is no such database")
        return True
    if steps := database.pending(settings.db):
        say_error(f"database lacks migration {steps[0].label}: run `www init-db` first")
        return True
    return False
