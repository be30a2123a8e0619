"""Pages with which people keep their files in order: lists, one file, the usage."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from www import keys
from www.accounts.queries import user_by_name
from www.auth.permissions import at_least, can
from www.errors import Invalid, NotFound
from www.files import actions, choosing, folder_queries, listing, many, queries, telling, types
from www.files.choosing import Chosen
from www.files.forms import FileChange, Picked, Shown
from www.files.listing import Scope
from www.forms import Form
from www.models import Role, User, Visibility
from www.render import render, see_other
from www.requests import cursor, query_text, read_form, row_id, signed_in, wants_json
from www.utils.sizes import write_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db import Connection
    from www.files.queries import Kind
    from www.models import File

SHOWS: Final = ("folders", "all")
_MAX_USER_NAME: Final = 64


async def index(request: web.Request) -> web.Response:
    """List the folders and files of the person; an administrator's also those of everybody."""
    engine, user = request.app[keys.engine], signed_in(request)
    shown = Shown.read(request, (*SHOWS, "everybody") if at_least(user, Role.ADMIN) else SHOWS)
    scope, folders = choosing.own(user, shown.show, shown.words)
    page = await listing.page(engine, scope, shown.sort, cursor(request), folders)
    if wants_json(request):
        return telling.contents(request, page)
    return render(
        request,
        "files/index.html",
        shown=shown,
        page=page,
        uses=await queries.uses(engine, [file["id"] for file in page.rows]),
        offer=await choosing.offer(engine, page, shown, scope, folders),
        choices=await folder_queries.few_choices(engine, user.id) if scope.owner_id else [],
        used_bytes=await queries.used_bytes(engine, user.id),
        reserved_bytes=await queries.reserved_bytes(engine, user.id),
        quota_bytes=await quota_bytes(request, user.id),
    )


async def public(request: web.Request) -> web.Response:
    """List what a person shows to everybody."""
    engine = request.app[keys.engine]
    person = await user_by_name(engine, request.match_info["name"])
    shown = Shown.read(request, ("all",))
    scope = Scope(person.id, everywhere=True, words=shown.words, only=Visibility.PUBLIC)
    folders = folder_queries.folders_in(person.id, None, Visibility.PUBLIC)
    page = await listing.page(
        engine, scope, listing.NEWEST, cursor(request), None if shown.words else folders
    )
    if wants_json(request):
        return telling.contents(request, page)
    return render(
        request,
        "files/public.html",
        shown=shown,
        page=page,
        person=person,
        folder=None,
        crumbs=[],
    )


async def edit(request: web.Request) -> web.Response:
    """Show all about a file, and change its name, its folder and who may read it."""
    engine, user = request.app[keys.engine], signed_in(request)
    if request.method != hdrs.METH_POST:
        file = await queries.manageable_file(engine, user, row_id(request))
        if wants_json(request):
            return web.json_response({"file": telling.file(request, file)}, headers=telling.VARY)
        return await _about(request, file, _form_of(file))
    data = await read_form(request)
    file = await queries.manageable_file(engine, user, row_id(request))
    try:
        change = FileChange.read(data)
        async with engine.transaction() as conn:
            await actions.hold(conn, file.owner_id)
            file = await queries.manageable_file(conn, user, row_id(request))
            await _change(conn, user, file, change)
    except Invalid as err:
        file = await queries.file(engine, file.id)  # as it is, without what was undone
        return await _about(request, file, Form.again(data, err), err.status)
    return see_other(f"{request.app[keys.urls]('files.edit', id=file.id)}?notice=saved")


async def delete(request: web.Request) -> web.Response:
    """Ask whether the file shall go, and let it go."""
    engine, user = request.app[keys.engine], signed_in(request)
    file = await queries.manageable_file(engine, user, row_id(request))
    back = request.app[keys.urls]("files.index")
    if request.method != hdrs.METH_POST:
        return await many.ask(request, Picked([file.id], []), Chosen([file.id], []), back)
    await many.remove(request, user, Chosen([file.id], []))
    return see_other(f"{back}?notice=file_deleted")


async def usage(request: web.Request) -> web.Response:
    """Show what takes the space: by kind, and the largest files; administrators see anybody's."""
    engine, user = request.app[keys.engine], signed_in(request)
    name = query_text(request, "of", _MAX_USER_NAME)
    person: User = await user_by_name(engine, name) if name else user
    if person.id != user.id and not can(user, "admin"):
        raise NotFound
    own = await engine.scalar(User.select(User.quota_bytes).where(User.id == person.id))
    form = Form({"quota": "" if own is None else write_size(own)})
    return await usage_of(request, person, form)


async def usage_of(
    request: web.Request, person: User, form: Form, status: int = HTTPStatus.OK
) -> web.Response:
    """Return the page of what takes a person's space; `form` is for administrators."""
    engine = request.app[keys.engine]
    groups = _by_family(await queries.kinds(engine, person.id))
    return render(
        request,
        "files/usage.html",
        status,
        person=person,
        form=form,
        groups=groups,
        largest=await queries.largest(engine, person.id),
        used_bytes=sum(size for _family, _files, size in groups),
        reserved_bytes=await queries.reserved_bytes(engine, person.id),
        quota_bytes=await quota_bytes(request, person.id),
        usual_bytes=request.app[keys.settings].limits.quota_bytes,
    )


async def quota_bytes(request: web.Request, owner_id: int) -> int:
    """Return how much this person may keep."""
    usual = request.app[keys.settings].limits.quota_bytes
    return await queries.quota_bytes(request.app[keys.engine], owner_id, usual)


def _by_family(kinds: Sequence[Kind]) -> list[tuple[str, int, int]]:
    """Return family, number and size of files, what takes most first."""
    sums: dict[str, tuple[int, int]] = {}
    for kind in kinds:
        family = types.family(kind.content_type)
        files, size = sums.get(family, (0, 0))
        sums[family] = files + kind.files, size + kind.size
    rows = [(family, files, size) for family, (files, size) in sums.items()]
    return sorted(rows, key=lambda row: row[2], reverse=True)


async def _about(
    request: web.Request, file: File, form: Form, status: int = HTTPStatus.OK
) -> web.Response:
    engine = request.app[keys.engine]
    posts, _number = await queries.posts_with(engine, [file.id])
    return render(
        request,
        "files/edit.html",
        status,
        file=file,
        family=types.family(file.content_type),
        form=form,
        owner=await actions.owner_of(engine, file.owner_id),
        choices=await folder_queries.choices(engine, file.owner_id),
        crumbs=await folder_queries.ancestors(engine, file.folder_id),
        posts=many.seen(request, posts),
    )


def _form_of(file: File) -> Form:
    values = {"name": file.name, "folder": file.folder_id or "", "visibility": file.visibility}
    return Form(values)


async def _change(conn: Connection, user: User, file: File, change: FileChange) -> None:
    before = dict(file)
    if change.folder_id != file.folder_id:
        folder = await folder_queries.own_folder(conn, file.owner_id, change.folder_id)
        await actions.move(conn, [file], folder)
    # Who only moved a file did not ask to open it: the folder has closed it, and that stands.
    if change.visibility != before["visibility"]:
        await actions.show(conn, [file], change.visibility)
    await actions.rename(conn, file, change.name)
    if dict(file) != before:
        now = datetime.now(UTC)
        await actions.note(conn, user, "edit-file", file.owner_id, [before["name"]], now=now)
