"""Changes of many files and folders, in steps.

A step is one short transaction, and others have their turn between two of them: deleting 10,000
files neither holds up the event loop nor keeps everybody else from writing. What people tick by
hand is one step, all of it or nothing. Who may change what is looked at in each step.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from www.files import actions, folder_actions, folder_queries, queries
from www.files.choosing import Chosen
from www.files.forms import MOST_AT_ONCE, Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from www.db import Connection, Engine
    from www.models import File, Folder, User, Visibility
    from www.storage import Storage

STEP: Final = MOST_AT_ONCE
FOLDERS_IN_STEP: Final = 20
"""Each takes some questions of its own."""


@dataclass(frozen=True, slots=True)
class Change:
    """Where files and folders shall go, or who may read them."""

    action: Action
    folder_id: int | None
    visibility: Visibility


@dataclass(slots=True)
class Progress:
    """How many files and folders are done, also where the rest was refused."""

    done: int = 0


async def change(
    engine: Engine, user: User, chosen: Chosen, change: Change, progress: Progress
) -> None:
    """Move files and folders, or say who may read them; raises Invalid, NotFound."""
    if change.action is Action.SHOW:
        for some in _some(chosen.ids, STEP):
            await actions.require_open(engine, some, change.visibility)
    for step in _steps(chosen):
        before = await _things(engine, user, step)
        async with engine.transaction() as conn:
            for owner_id in owners([*before[0], *before[1]]):
                await actions.hold(conn, owner_id)
            files, folders = await _things(conn, user, step)
            now = datetime.now(UTC)
            for owner_id in owners(files):
                theirs = [file for file in files if file.owner_id == owner_id]
                await _change_files(conn, theirs, change)
                names = [file.name for file in theirs]
                await actions.note(conn, user, "edit-file", owner_id, names, now=now)
            for folder in folders:
                await _change_folder(conn, folder, change)
                await actions.note(
                    conn, user, "edit-folder", folder.owner_id, [folder.name], now=now
                )
        progress.done += len(files) + len(folders)
        await asyncio.sleep(0)


async def remove(
    engine: Engine, storage: Storage, user: User, chosen: Chosen, *, keep: bool = True
) -> None:
    """Delete files and folders; `keep` leaves what is in the folders."""
    await _remove_files(engine, storage, user, chosen.ids)
    for folder_id in chosen.folder_ids:
        # One that lay in another of them may be gone with it, or lie elsewhere by now.
        for folder in await folder_queries.manageable_folders(engine, user, [folder_id]):
            await _remove_folder(engine, storage, user, folder, keep=keep)


def owners(things: Iterable[File | Folder]) -> list[int]:
    """Return who has these, in one order, so that two who hold them do not wait for each other."""
    return sorted({thing.owner_id for thing in things})


async def _remove_files(
    engine: Engine, storage: Storage, user: User, ids: Sequence[int], *, noted: bool = True
) -> None:
    for some in _some(ids, STEP):
        before = await queries.manageable_files(engine, user, some)
        async with engine.transaction() as conn:
            for owner_id in owners(before):
                await actions.hold(conn, owner_id)
            files = await queries.manageable_files(conn, user, some)
            await actions.remove(conn, files)
            now = datetime.now(UTC)
            for owner_id in owners(files) if noted else ():
                names = [file.name for file in files if file.owner_id == owner_id]
                await actions.note(conn, user, "delete-file", owner_id, names, now=now)
        await actions.release(engine, storage, {file.sha256 for file in files})
        await asyncio.sleep(0)


async def _remove_folder(
    engine: Engine, storage: Storage, user: User, folder: Folder, *, keep: bool
) -> None:
    if not keep:
        tree = await folder_queries.inside(engine, folder.id)
        ids = await folder_queries.file_ids_in(engine, tree)
        await _remove_files(engine, storage, user, ids, noted=False)
    async with engine.transaction() as conn:
        await actions.hold(conn, folder.owner_id)
        hashes: list[str] = []
        for row in await folder_queries.manageable_folders(conn, user, [folder.id]):
            hashes = await folder_actions.remove(conn, row, keep=keep)
            now = datetime.now(UTC)
            await actions.note(conn, user, "delete-folder", row.owner_id, [row.name], now=now)
    await actions.release(engine, storage, hashes)
    await asyncio.sleep(0)


async def _change_files(conn: Connection, files: Sequence[File], change: Change) -> None:
    if change.action is Action.MOVE:
        folder = await folder_queries.own_folder(conn, files[0].owner_id, change.folder_id)
        await actions.move(conn, files, folder)
    else:
        await actions.show(conn, files, change.visibility)


async def _change_folder(conn: Connection, folder: Folder, change: Change) -> None:
    if change.action is Action.MOVE:
        parent = await folder_queries.own_folder(conn, folder.owner_id, change.folder_id)
        await folder_actions.move(conn, folder, parent)
    else:
        await folder_actions.show(conn, folder, change.visibility, everything=False)


async def _things(
    conn: Connection | Engine, user: User, step: Chosen
) -> tuple[list[File], list[Folder]]:
    files = await queries.manageable_files(conn, user, step.ids)
    return files, await folder_queries.manageable_folders(conn, user, step.folder_ids)


def _steps(chosen: Chosen) -> Iterator[Chosen]:
    """Cut into steps; the first holds whatever can be ticked by hand, folders last."""
    if len(chosen) <= MOST_AT_ONCE:
        yield chosen
        return
    for ids in _some(chosen.ids, STEP):
        yield Chosen(ids, [])
    for folder_ids in _some(chosen.folder_ids, FOLDERS_IN_STEP):
        yield Chosen([], folder_ids)


def _some(ids: Sequence[int], most: int) -> Iterator[list[int]]:
    for start in range(0, len(ids), most):
        yield list(ids[start : start + most])
