"""Pages of those who were given a link: the password, what it opens, and the way out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from www import keys
from www.addresses import client_address
from www.auth import throttle
from www.auth.passwords import MAX_BYTES
from www.errors import Invalid, NotFound, RateLimited
from www.files import folder_archive, folder_queries, listing, types
from www.files.actions import owner_of
from www.files.facts import is_refused
from www.files.forms import MAX_ID_DIGITS, Shown
from www.files.listing import Scope
from www.files.outgoing import send
from www.files.pictures import send_copy
from www.files.showing import PATIENCE_S, below, described
from www.forms import Fields, Form
from www.i18n import N_
from www.render import render, see_other
from www.requests import cursor, query_text, read_form, row_id
from www.sharing import grants, queries
from www.sharing.counting import Counting
from www.sharing.queries import State

if TYPE_CHECKING:
    from www.models import File, ShareLink


_PLAYED: Final = ("film", "sound")


async def detail(request: web.Request) -> web.Response:
    """Show what a link opens; where it has a password, ask for that first."""
    now = datetime.now(UTC)
    link = await queries.link(request.app[keys.engine], request.match_info["token"])
    queries.require(link, now, also=State.USED_UP)
    if not grants.knows_password(request, link, now):
        if request.method != hdrs.METH_POST:
            return _ask(request, link, Form())
        return await _unlock(request, link, now)
    if request.method == hdrs.METH_POST:
        return see_other(request.path)
    if link.file_id is not None:
        return await _file(
            request, link, await queries.shared_file(request.app[keys.engine], link, link.file_id)
        )
    return await _folder(request, link)


async def download(request: web.Request) -> web.StreamResponse:
    """Send a file that a link opens, and count it."""
    engine, now = request.app[keys.engine], datetime.now(UTC)
    link = await queries.link(engine, request.match_info["token"])
    file_id, match = row_id(request), request.match_info
    grant = grants.download(file_id)
    _require_open(request, link, grant, now)
    if not grants.knows_password(request, link, now):
        return see_other(request.app[keys.urls]("sharing.detail", token=link.token))
    file = await queries.shared_file(engine, link, file_id)
    if (match["copy"] if "copy" in match else match["name"]) != file.name:
        raise NotFound
    if _is_preview(request, link):
        return await send(request, file)
    plays = types.family(file.content_type) in _PLAYED
    path = f"/s/{link.token}/{file.id}"
    return await send(request, file, meter=Counting(request, link, grant, path, plays))


async def picture(request: web.Request) -> web.StreamResponse:
    """Send a smaller copy of a picture that a link shows; it counts as no download.

    So there are none where downloads are limited, and none before the password. A browser asks
    each time, because the link may have ended.
    """
    engine, now = request.app[keys.engine], datetime.now(UTC)
    link, name = await queries.link(engine, request.match_info["token"]), request.match_info["copy"]
    queries.require(link, now, also=State.USED_UP)
    if not grants.knows_password(request, link, now):
        raise NotFound
    file = await queries.shared_file(engine, link, row_id(request))
    if file.name == name:  # a file may be called like that: then this is its address
        return await download(request)
    if link.downloads_left is not None:
        raise NotFound
    return await send_copy(request, file, name, "private, no-cache")


async def archive(request: web.Request) -> web.StreamResponse:
    """Send all that a link to a folder opens as one zip, which counts as one download."""
    engine, now = request.app[keys.engine], datetime.now(UTC)
    link = await queries.link(engine, request.match_info["token"])
    grant = grants.download(None)
    _require_open(request, link, grant, now)
    if not grants.knows_password(request, link, now):
        return see_other(request.app[keys.urls]("sharing.detail", token=link.token))
    if link.folder_id is None:
        raise NotFound
    [folder] = await queries.shared_path(engine, link, None)
    meter = Counting(request, link, grant, f"/s/{link.token}/archive")
    return await folder_archive.respond(request, folder, meter=meter)


def _require_open(request: web.Request, link: ShareLink, grant: str, now: datetime) -> None:
    """Raise Gone unless the link opens something, or its last download may still go on."""
    is_counted = grants.download_id(request, link, grant, now) is not None
    queries.require(link, now, also=State.USED_UP if is_counted else State.OPEN)


async def _unlock(request: web.Request, link: ShareLink, now: datetime) -> web.Response:
    """Look at a password; whoever guesses waits longer and longer, by link and network."""
    data = await read_form(request)
    try:
        fields = Fields(data)
        password = fields.secret("password", max_chars=MAX_BYTES)
        fields.check()
        await _check(request, link, password, now)
    except (Invalid, RateLimited) as err:
        page = _ask(request, link, Form.again(data, err), err.status)
        page.headers.update(err.headers)
        return page
    grants.give_password(request, link, f"/s/{link.token}", now)
    return see_other(request.path)


async def _check(request: web.Request, link: ShareLink, password: str, now: datetime) -> None:
    engine, free = request.app[keys.engine], request.app[keys.settings].limits.login_attempts
    key = f"share:{link.id}@{throttle.network(client_address(request))}"
    async with engine.transaction() as conn:
        attempt = await throttle.begin(conn, key, free=free, now=now)
    if not await request.app[keys.passwords].verify(link.password_hash, password):
        raise Invalid({"password": [N_("This is not the password of this link.")]})
    async with engine.transaction() as conn:
        await throttle.succeed(conn, attempt)


def _is_preview(request: web.Request, link: ShareLink) -> bool:
    """Return whether the page shows this itself; where downloads are limited, nothing is shown."""
    return link.downloads_left is None and query_text(request, "preview", 1) == "1"


async def _file(request: web.Request, link: ShareLink, file: File) -> web.Response:
    engine = request.app[keys.engine]
    await request.app[keys.facts].learn([file], timeout_s=PATIENCE_S)
    return render(
        request,
        "sharing/file.html",
        headers={hdrs.CACHE_CONTROL: "no-store"},
        link=link,
        file=file,
        family=types.family(file.content_type),
        previews=link.downloads_left is None
        and types.may_inline(file.content_type)
        and not is_refused(file),
        picture=described(file, below(f"/s/{link.token}", file))
        if file.width and file.height
        else None,
        owner=await owner_of(engine, file.owner_id),
    )


async def _folder(request: web.Request, link: ShareLink) -> web.Response:
    engine = request.app[keys.engine]
    wanted = query_text(request, "in", MAX_ID_DIGITS)
    if wanted and not (wanted.isascii() and wanted.isdigit()):
        raise NotFound
    path = await queries.shared_path(engine, link, int(wanted) if wanted else None)
    folder, shown = path[-1], replace(Shown.read(request, ("folders",)), inside=wanted)
    scope = Scope(folder.owner_id, folder.id)
    folders = folder_queries.folders_in(folder.owner_id, folder.id, None)
    page = await listing.page(engine, scope, shown.sort, cursor(request), folders)
    return render(
        request,
        "sharing/folder.html",
        HTTPStatus.OK,
        headers={hdrs.CACHE_CONTROL: "no-store"},
        link=link,
        path_down=path,
        folder=folder,
        page=page,
        shown=shown,
        owner=await owner_of(engine, folder.owner_id),
    )


def _ask(
    request: web.Request, link: ShareLink, form: Form, status: int = HTTPStatus.OK
) -> web.Response:
    return render(
        request,
        "sharing/password.html",
        status,
        headers={hdrs.CACHE_CONTROL: "no-store"},
        form=form,
        link=link,
    )
