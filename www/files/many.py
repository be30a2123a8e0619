"""What is done at once with the files and folders that are ticked in a list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from www import keys
from www.auth.permissions import can
from www.errors import Invalid, NotFound
from www.files import actions, folder_actions, folder_queries, queries
from www.files.forms import MAX_FIELDS, Action, Many, list_address
from www.forms import Form
from www.i18n import N_
from www.render import render, see_other
from www.requests import read_form, signed_in, wants_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aiohttp import web

    from www.db import Connection
    from www.models import Blog, File, Folder, User


async def many(request: web.Request) -> web.Response:
    """Delete, move or show what is ticked in a list; deleting asks first."""
    user, data = signed_in(request), await read_form(request, max_fields=MAX_FIELDS)
    try:
        return await _do(request, user, Many.read(data))
    except Invalid as err:
        if wants_json(request):
            raise
        form, back = Form.again(data, err), list_address(data.get("back", ""))
        return render(request, "files/refused.html", err.status, form=form, back=back)


async def _do(request: web.Request, user: User, wanted: Many) -> web.Response:
    engine = request.app[keys.engine]
    files = await queries.manageable_files(engine, user, wanted.ids)
    folders = await folder_queries.manageable_folders(engine, user, wanted.folder_ids)
    if not files and not folders:
        raise NotFound(N_("This is not there any more."))
    if wanted.action is Action.DELETE:
        if not wanted.sure:
            return await ask(request, files, folders, wanted.back)
        await remove(request, user, wanted.ids, wanted.folder_ids, keep=wanted.keep)
        notice = "ticked_deleted" if folders else "files_deleted"
        return see_other(_with_notice(wanted.back, notice))
    async with engine.transaction() as conn:
        await _change(conn, user, wanted, owners([*files, *folders]))
    return see_other(_with_notice(wanted.back, "saved"))


async def ask(
    request: web.Request, files: Sequence[File], folders: Sequence[Folder], back: str
) -> web.Response:
    """Return the page that says what is lost when these go."""
    engine = request.app[keys.engine]
    posts = await queries.posts_with(engine, [file.id for file in files])
    tree = await folder_queries.inside_all(engine, [folder.id for folder in folders])
    return render(
        request,
        "files/delete.html",
        files=files,
        folders=folders,
        files_inside=await folder_queries.files_in(engine, tree),
        folders_inside=len(tree) - len(folders),
        used_inside=await folder_queries.used_in(engine, tree),
        back=back,
        posts=seen(request, posts),
        hidden_posts=len(posts) - len(seen(request, posts)),
    )


async def remove(
    request: web.Request,
    user: User,
    ids: Sequence[int],
    folder_ids: Sequence[int] = (),
    *,
    keep: bool = True,
) -> None:
    """Delete what `user` may delete of these; `keep` leaves what is in the folders."""
    engine, now = request.app[keys.engine], datetime.now(UTC)
    async with engine.transaction() as conn:
        files = await queries.manageable_files(conn, user, ids)
        folders = await folder_queries.manageable_folders(conn, user, folder_ids)
        for owner_id in owners([*files, *folders]):
            await actions.hold(conn, owner_id)
        await actions.remove(conn, files)
        for owner_id, theirs in _by_owner(files):
            await actions.note(conn, user, "delete-file", owner_id, _names(theirs), now=now)
        hashes = {file.sha256 for file in files}
        for folder in folders:
            hashes |= await _remove_folder(conn, user, folder.id, keep=keep, now=now)
    for sha256 in hashes:
        await actions.release(engine, request.app[keys.storage], sha256)


def owners(things: Iterable[File | Folder]) -> list[int]:
    """Return who has these, in one order, so that two who hold them do not wait for each other."""
    return sorted({thing.owner_id for thing in things})


def seen(request: web.Request, posts: list[Blog]) -> list[Blog]:
    """Return the posts that the person may see: others' drafts are not named."""
    user = request[keys.user]
    return [post for post in posts if post.published_at or can(user, "edit", post)]


async def _remove_folder(
    conn: Connection, user: User, id: int, *, keep: bool, now: datetime
) -> set[str]:
    # One that lay in another of them may be gone with it, or lie elsewhere by now.
    for folder in await folder_queries.manageable_folders(conn, user, [id]):
        hashes = await folder_actions.remove(conn, folder, keep=keep)
        await actions.note(conn, user, "delete-folder", folder.owner_id, [folder.name], now=now)
        return set(hashes)
    return set()


async def _change(conn: Connection, user: User, wanted: Many, owner_ids: list[int]) -> None:
    now = datetime.now(UTC)
    for owner_id in owner_ids:
        await actions.hold(conn, owner_id)
    files = await queries.manageable_files(conn, user, wanted.ids)
    folders = await folder_queries.manageable_folders(conn, user, wanted.folder_ids)
    for owner_id, theirs in _by_owner(files):
        if wanted.action is Action.MOVE:
            folder = await folder_queries.own_folder(conn, owner_id, wanted.folder_id)
            await actions.move(conn, theirs, folder)
        else:
            await actions.show(conn, theirs, wanted.visibility)
        await actions.note(conn, user, "edit-file", owner_id, _names(theirs), now=now)
    for one in folders:
        if wanted.action is Action.MOVE:
            folder = await folder_queries.own_folder(conn, one.owner_id, wanted.folder_id)
            await folder_actions.move(conn, one, folder)
        else:
            await folder_actions.show(conn, one, wanted.visibility, everything=False)
        await actions.note(conn, user, "edit-folder", one.owner_id, [one.name], now=now)


def _by_owner(files: Sequence[File]) -> list[tuple[int, list[File]]]:
    return [(id, [file for file in files if file.owner_id == id]) for id in owners(files)]


def _names(files: Sequence[File]) -> list[str]:
    return [file.name for file in files]


def _with_notice(address: str, notice: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}notice={notice}"
