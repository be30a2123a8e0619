"""Pages of those who share: making links, the list of them, revoking."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from www import keys
from www.errors import Invalid
from www.files import folder_queries
from www.files.queries import manageable_file
from www.forms import Form
from www.models import File
from www.render import render, see_other
from www.requests import cursor, query_text, read_form, row_id, signed_in
from www.sharing import actions, queries
from www.sharing.forms import COMMON, MIN_PASSWORD, USUAL, NewLink

if TYPE_CHECKING:
    from www.models import Folder

_EVERYBODY = "everybody"


async def share_file(request: web.Request) -> web.Response:
    """Make a link to a file, and list those that there are."""
    engine, user = request.app[keys.engine], signed_in(request)
    return await _share(request, await manageable_file(engine, user, row_id(request)))


async def share_folder(request: web.Request) -> web.Response:
    """Make a link to a folder, and list those that there are."""
    engine, user = request.app[keys.engine], signed_in(request)
    folder = await folder_queries.manageable_folder(engine, user, row_id(request))
    return await _share(request, folder)


async def links(request: web.Request) -> web.Response:
    """List the links that the person has made, with what became of them."""
    user, now = signed_in(request), datetime.now(UTC)
    everybody = query_text(request, "show", len(_EVERYBODY) * 10) == _EVERYBODY
    page = await queries.mine(request.app[keys.engine], user, cursor(request), everybody=everybody)
    queries.prepare(page.rows, user, now)
    return render(request, "sharing/links.html", page=page, everybody=everybody)


async def revoke(request: web.Request) -> web.Response:
    """End a link."""
    user = signed_in(request)
    async with request.app[keys.engine].transaction() as conn:
        link, thing = await queries.revocable_link(conn, user, row_id(request))
        await actions.revoke(conn, user, link, thing, now=datetime.now(UTC))
    return see_other(f"{_address(request, thing)}?notice=link_revoked")


async def _share(request: web.Request, thing: File | Folder) -> web.Response:
    if request.method != hdrs.METH_POST:
        return await _page(request, thing, Form({"lifetime": USUAL}))
    data = await read_form(request)
    try:
        user, now = signed_in(request), datetime.now(UTC)
        new = NewLink.read(data, now=now, zone=request.app[keys.settings].site.timezone)
        hashed = None
        if new.password:
            hashed = await request.app[keys.passwords].hash(new.password)
        async with request.app[keys.engine].transaction() as conn:
            await actions.make(conn, user, thing, new, password_hash=hashed, now=now)
    except Invalid as err:
        return await _page(request, thing, Form.again(data, err), err.status)
    return see_other(f"{_address(request, thing)}?notice=shared#links")


async def _page(
    request: web.Request, thing: File | Folder, form: Form, status: int = HTTPStatus.OK
) -> web.Response:
    engine, now = request.app[keys.engine], datetime.now(UTC)
    found = await queries.of_thing(engine, thing)
    queries.prepare(found, signed_in(request), now)
    is_file = isinstance(thing, File)
    return render(
        request,
        "sharing/share.html",
        status,
        headers={hdrs.CACHE_CONTROL: "no-store"},
        thing=thing,
        is_file=is_file,
        crumbs=await folder_queries.ancestors(
            engine, thing.folder_id if isinstance(thing, File) else thing.parent_id
        ),
        links=found,
        form=form,
        lifetimes=tuple(COMMON),
        min_password=MIN_PASSWORD,
        zone=request.app[keys.settings].site.timezone.key,
        action=_address(request, thing),
    )


def _address(request: web.Request, thing: File | Folder) -> str:
    name = "sharing.share_file" if isinstance(thing, File) else "sharing.share_folder"
    return request.app[keys.urls](name, id=thing.id)
