"""Pages about files: the way in, the list, the way out, the end.

There is no forms.py here: a form with files is read by `www.files.upload`, piece by piece.
"""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from aiohttp import hdrs, web
from multidict import MultiDict

from www import keys
from www.addresses import client_address
from www.errors import Invalid, NotFound, RateLimited, WwwError
from www.files import again, choosing, folder_queries, openness, queries, telling
from www.files import archive as archives
from www.files.actions import Arrival
from www.files.archive import MAX_ENTRIES
from www.files.forms import MAX_FIELDS, Picked, asked, folder_of, visibility_of
from www.files.outgoing import send
from www.files.planning import planned
from www.files.scanning import Infected, note
from www.files.upload import FIELD, MAX_FILES, Bounds, receive
from www.forms import Form
from www.i18n import N_
from www.models import File
from www.render import render, see_other
from www.requests import read_form, row_id, signed_in, wants_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from www.db import Engine
    from www.files.scanning import Scanner
    from www.files.upload import Form as Upload
    from www.models import User, Visibility

_ARCHIVE_NAME: Final = "files.zip"


async def upload(request: web.Request) -> web.Response:
    """Show the form, or store what it sends; the form again says what was wrong."""
    sent: dict[str, list[str]] = {}
    try:
        folder_id, visibility = await _asked(request)
        if request.method != hdrs.METH_POST:
            chosen = {"folder": folder_id or "", "visibility": visibility or ""}
            return await _form(request, Form(chosen))
        files = await _receive(request, folder_id, visibility, sent)
    except WwwError as err:
        if wants_json(request):
            raise
        # What was closed on purpose must not be open when the same is sent again.
        chosen = {name: values[0] for name, values in sent.items() if values}
        return await _form(request, Form(chosen, _errors(err)), err.status, err.headers)
    if wants_json(request):
        body = {"files": [telling.file(request, file) for file in files]}
        return web.json_response(body, status=HTTPStatus.CREATED)
    back = request.app[keys.urls]("files.index")
    if files[0].folder_id is not None:
        back = request.app[keys.urls]("folders.detail", id=files[0].folder_id)
    return see_other(f"{back}?notice=uploaded")


async def download(request: web.Request) -> web.StreamResponse:
    """Send a file, whole or in part; under a former name it leads to the present one."""
    engine, id, name = request.app[keys.engine], row_id(request), request.match_info["name"]
    row = await engine.stored(File, id)
    if row is None:
        raise NotFound
    guesses = request.app[keys.guesses]
    wait_s = guesses.wait_s(client_address(request)) if guesses else 0.0
    if not wait_s and (answer := await again.answer(request, id, row, name)) is not None:
        return answer
    file = engine.decoded(File, row)
    await _require_readable(request, file, name, wait_s)
    if name != file.name:
        if name not in await queries.former_names(engine, file.id):
            raise NotFound
        headers = {hdrs.LOCATION: telling.address(request, file), hdrs.CACHE_CONTROL: "no-cache"}
        return web.Response(status=HTTPStatus.MOVED_PERMANENTLY, headers=headers)
    return await send(request, file, row)


async def _require_readable(request: web.Request, file: File, name: str, wait_s: float) -> None:
    """Raise NotFound unless this reader may have the file, RateLimited for one who guesses."""
    user = request[keys.user]
    if wait_s and not queries.is_open(user, file):
        raise RateLimited(wait_s)
    try:
        await queries.require_readable(request.app[keys.engine], user, file, name=name)
    except NotFound:
        request.app[keys.guesses].count(client_address(request), file.id, name)
        raise


async def archive(request: web.Request) -> web.StreamResponse:
    """Send the chosen files, and all in the chosen folders, as one zip.

    A form is led to an address with all of it: only a GET can be resumed.
    """
    engine, user = request.app[keys.engine], signed_in(request)
    if request.method == hdrs.METH_POST:
        picked = Picked.read(await read_form(request, max_fields=MAX_FIELDS))
        return see_other(f"{request.path}?{urlencode(picked.pairs())}")
    picked = Picked.read(MultiDict(request.query))
    async with request.app[keys.plans].turn:
        files = await queries.listed_files(engine, user, await _picked(engine, user, picked))
        paths = await queries.folder_paths(engine, {f.folder_id for f in files if f.folder_id})
        storage, plan = await planned(request, files, paths)
    return await archives.respond(request, storage, _ARCHIVE_NAME, plan)


async def _picked(engine: Engine, user: User, picked: Picked) -> list[int]:
    """Return the numbers of the chosen files. Raises NotFound, Forbidden, TooLarge, Invalid."""
    folders = await folder_queries.manageable_folders(engine, user, picked.folder_ids)
    if gone := set(picked.folder_ids) - {folder.id for folder in folders}:
        text = N_("The folder with the number %(id)s is not there any more.")
        raise NotFound(text, id=min(gone))
    ids, folder_ids = picked.ids, [folder.id for folder in folders]
    if picked.whole is not None:
        more, more_folders = await choosing.all_of(engine, user, picked.whole, MAX_ENTRIES)
        ids, folder_ids = [*ids, *more], [*folder_ids, *more_folders]
    tree = await folder_queries.inside_all(engine, folder_ids)
    archives.require_few(len(ids) + await folder_queries.files_in(engine, tree))
    ids = [*ids, *await folder_queries.file_ids_in(engine, tree)]
    if not ids:
        text = N_("There are no files in it.")
        raise Invalid({"folders": [text]}, text)
    return ids


async def _asked(request: web.Request) -> tuple[int | None, Visibility | None]:
    """Return folder and visibility of the address, which hold unless the form says others.

    What is wrong with them is said before the body is read. Raises Invalid, NotFound.
    """
    folder_id, visibility = asked(request)
    engine, owner_id = request.app[keys.engine], signed_in(request).id
    openness.require(await folder_queries.own_folder(engine, owner_id, folder_id), visibility)
    return folder_id, visibility


def _errors(err: WwwError) -> Mapping[str, list[str]]:
    """Return the messages by the field that they are about."""
    if isinstance(err, Invalid):
        return err.errors
    return {"folder" if isinstance(err, NotFound) else FIELD: [err.message]}


async def _receive(
    request: web.Request,
    folder_id: int | None,
    visibility: Visibility | None,
    sent: dict[str, list[str]],
) -> list[File]:
    """Store the files of the form and write their rows; `sent` gets its other fields."""
    engine, user = request.app[keys.engine], signed_in(request)
    limits = request.app[keys.settings].limits
    size_bytes = request.content_length
    with request.app[keys.space].reserve(user.id) as space:
        if size_bytes is None or not space.is_known_to_fit(size_bytes):
            since = space.mark()
            room = await queries.room(engine, user.id, limits.quota_bytes)
            space.limit(room.quota_bytes, room.taken_bytes, since=since)
        bounds = Bounds(limits.upload_bytes, space.left_bytes, space.quota_bytes)
        space.claim(size_bytes or 0)
        bodies, storage = request.app[keys.bodies], request.app[keys.storage]
        form = await receive(request, bodies, storage, bounds, space.take, texts=sent)
        now = datetime.now(UTC)
        arrival = Arrival(form.files, user.id, now, folder_id, visibility)
        files = await _write_rows(request, form, arrival)
        space.keep()
    request.app[keys.facts].after_adding(files)
    return files


async def _write_rows(request: web.Request, form: Upload, arrival: Arrival) -> list[File]:
    """Write the rows of stored files; where that fails, the files go too."""
    try:
        if "folder" in form.fields:
            arrival.folder_id = folder_of(form.fields)
        if "visibility" in form.fields:
            arrival.visibility = visibility_of(form.fields)
        if (scanner := request.app[keys.scanner]) is not None:
            await _screen(request, scanner, form)
        return await request.app[keys.arrivals].add(arrival)
    finally:
        # A commit that failed may have reached the database all the same: that is for the sweep.
        try:
            if not arrival.written:
                await form.withdraw()
        finally:
            form.settle()


async def _screen(request: web.Request, scanner: Scanner, form: Upload) -> None:
    try:
        await scanner.screen(request.app[keys.storage], form.files)
    except Infected as err:
        await note(request.app[keys.engine], err, signed_in(request).id)
        raise


async def _form(
    request: web.Request,
    form: Form,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    engine, owner_id = request.app[keys.engine], signed_in(request).id
    settings = request.app[keys.settings]
    return render(
        request,
        "files/upload.html",
        status,
        headers=headers,
        form=form,
        max_bytes=settings.limits.upload_bytes,
        room=await queries.room(engine, owner_id, settings.limits.quota_bytes),
        usual=settings.files.visibility,
        direct=request.app[keys.direct] is not None,
        max_files=MAX_FILES,
        choices=await folder_queries.choices(engine, owner_id),
        waiting=await request.app[keys.uploads].waiting(owner_id),
    )
