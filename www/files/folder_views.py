"""Pages about folders."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from www import keys
from www.auth.permissions import can
from www.errors import Invalid
from www.files import (
    actions,
    bulk,
    choosing,
    folder_actions,
    folder_archive,
    folder_queries,
    listing,
    openness,
    queries,
    telling,
)
from www.files.choosing import Chosen
from www.files.forms import MAX_ID_DIGITS, FolderChange, NewFolder, Shown
from www.files.listing import Scope
from www.files.managing import SHOWS
from www.forms import Fields, Form
from www.models import Visibility
from www.render import render, see_other
from www.requests import cursor, query_text, read_form, row_id, signed_in, wants_json

if TYPE_CHECKING:
    from www.db import Connection
    from www.models import Folder, User


async def detail(request: web.Request) -> web.Response:
    """List what is in a folder: all of it to who may change it, else what is public."""
    engine, user = request.app[keys.engine], request[keys.user]
    folder = await folder_queries.readable_folder(engine, user, row_id(request))
    manages = can(user, "manage_file", folder)
    only = None if manages else Visibility.PUBLIC
    shown = Shown.read(request, SHOWS[:1])
    scope = Scope(folder.owner_id, folder.id, only=only)
    folders = folder_queries.folders_in(folder.owner_id, folder.id, only)
    page = await listing.page(engine, scope, shown.sort, cursor(request), folders)
    if wants_json(request):
        return telling.contents(request, page, folder=telling.folder(request, folder))
    return render(
        request,
        "files/folder.html" if manages else "files/public.html",
        shown=shown,
        page=page,
        folder=folder,
        crumbs=await folder_queries.ancestors(engine, folder.parent_id),
        person=await actions.owner_of(engine, folder.owner_id),
        uses=await queries.uses(engine, [file["id"] for file in page.rows]) if manages else {},
        offer=await choosing.offer(engine, page, shown, scope, folders) if manages else None,
        choices=await folder_queries.few_choices(engine, folder.owner_id) if manages else [],
    )


async def archive(request: web.Request) -> web.StreamResponse:
    """Send a folder as one zip: all of it to who may change it, else what is public."""
    user = request[keys.user]
    folder = await folder_queries.readable_folder(request.app[keys.engine], user, row_id(request))
    only = None if can(user, "manage_file", folder) else Visibility.PUBLIC
    return await folder_archive.respond(request, folder, only)


async def create(request: web.Request) -> web.Response:
    """Make a folder, and go into it."""
    engine, user = request.app[keys.engine], signed_in(request)
    if request.method != hdrs.METH_POST:
        return await _new(request, Form({"parent": query_text(request, "parent", MAX_ID_DIGITS)}))
    data = await read_form(request)
    try:
        new = NewFolder.read(data)
        async with engine.transaction() as conn:
            parent = None
            if new.parent_id is not None:
                parent = await folder_queries.manageable_folder(conn, user, new.parent_id)
            owner_id = parent.owner_id if parent else user.id
            await actions.hold(conn, owner_id)
            now = datetime.now(UTC)
            usual = Visibility(request.app[keys.settings].files.visibility)
            openness.require(parent, new.visibility)
            visibility = openness.of_new(parent, new.visibility, usual)
            folder = await folder_actions.create(
                conn, owner_id, parent, new.name, visibility=visibility, now=now
            )
            await actions.note(conn, user, "add-folder", owner_id, [new.name], now=now)
    except Invalid as err:
        return await _new(request, Form.again(data, err), err.status)
    return see_other(request.app[keys.urls]("folders.detail", id=folder.id))


async def edit(request: web.Request) -> web.Response:
    """Change a folder's name, its place, and who may open it."""
    engine, user = request.app[keys.engine], signed_in(request)
    folder = await folder_queries.manageable_folder(engine, user, row_id(request))
    if request.method != hdrs.METH_POST:
        return await _edit(request, folder, _form_of(folder))
    data = await read_form(request)
    try:
        change = FolderChange.read(data)
        async with engine.transaction() as conn:
            await actions.hold(conn, folder.owner_id)
            folder = await folder_queries.manageable_folder(conn, user, folder.id)
            await _change(conn, user, folder, change)
    except Invalid as err:
        return await _edit(request, folder, Form.again(data, err), err.status)
    return see_other(f"{request.app[keys.urls]('folders.detail', id=folder.id)}?notice=saved")


async def delete(request: web.Request) -> web.Response:
    """Ask what shall become of a folder's content, and delete the folder."""
    engine, user = request.app[keys.engine], signed_in(request)
    folder = await folder_queries.manageable_folder(engine, user, row_id(request))
    if request.method != hdrs.METH_POST:
        return await _ask(request, folder)
    fields = Fields(await read_form(request))
    what = fields.choice("content", ("keep", "delete"))
    fields.check()
    storage = request.app[keys.storage]
    await bulk.remove(engine, storage, user, Chosen([], [folder.id]), keep=what == "keep")
    return see_other(f"{_above(request, folder)}?notice=folder_deleted")


async def _change(conn: Connection, user: User, folder: Folder, change: FolderChange) -> None:
    before = dict(folder)
    if change.parent_id != folder.parent_id:
        parent = await folder_queries.own_folder(conn, folder.owner_id, change.parent_id)
        await folder_actions.move(conn, folder, parent)
    if change.visibility != before["visibility"] or change.everything:
        await folder_actions.show(conn, folder, change.visibility, everything=change.everything)
    if change.name != folder.name:
        await folder_actions.rename(conn, folder, change.name)
    now = datetime.now(UTC)
    await actions.note(conn, user, "edit-folder", folder.owner_id, [before["name"]], now=now)


def _form_of(folder: Folder) -> Form:
    values = {"name": folder.name, "parent": folder.parent_id or ""}
    return Form({**values, "visibility": folder.visibility})


async def _new(request: web.Request, form: Form, status: int = HTTPStatus.OK) -> web.Response:
    choices = await folder_queries.choices(request.app[keys.engine], signed_in(request).id)
    usual = request.app[keys.settings].files.visibility
    return render(request, "files/new_folder.html", status, form=form, choices=choices, usual=usual)


async def _edit(
    request: web.Request, folder: Folder, form: Form, status: int = HTTPStatus.OK
) -> web.Response:
    engine = request.app[keys.engine]
    own = await folder_queries.inside(engine, folder.id)
    choices = await folder_queries.choices(engine, folder.owner_id)
    return render(
        request,
        "files/folder_edit.html",
        status,
        folder=folder,
        form=form,
        choices=[choice for choice in choices if choice.id not in own],
        crumbs=await folder_queries.ancestors(engine, folder.parent_id),
    )


async def _ask(request: web.Request, folder: Folder) -> web.Response:
    engine = request.app[keys.engine]
    tree = await folder_queries.inside(engine, folder.id)
    return render(
        request,
        "files/folder_delete.html",
        folder=folder,
        files_inside=await folder_queries.files_in(engine, tree),
        folders_inside=len(tree) - 1,
        used_inside=await folder_queries.used_in(engine, tree),
        back=request.app[keys.urls]("folders.detail", id=folder.id),
    )


def _above(request: web.Request, folder: Folder) -> str:
    urls = request.app[keys.urls]
    if folder.parent_id is None:
        return urls("files.index")
    return urls("folders.detail", id=folder.parent_id)
