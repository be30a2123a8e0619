"""Pages of administrators; www/routes.py asks for ADMIN on every line of them."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from www import keys
from www.accounts import confirming
from www.accounts.queries import user as user_row
from www.addresses import absolute_url
from www.admin import actions, queries
from www.admin.forms import ROLES, Change, Confirmation, Invitation
from www.errors import Forbidden, Invalid
from www.forms import Form
from www.i18n import N_
from www.models import Role
from www.render import render, see_other
from www.requests import cursor, read_form, row_id, signed_in, wants_json

if TYPE_CHECKING:
    from multidict import MultiDict


async def users(request: web.Request) -> web.Response:
    """List everybody, with what they may do."""
    page = await queries.users(request.app[keys.engine], cursor(request))
    return render(request, "admin/users.html", page=page, roles=ROLES)


async def change_user(request: web.Request) -> web.Response:
    """Change role or activity of one person."""
    data = await read_form(request)
    change = Change.read(data)  # choices of a list: no form to show again
    person = await queries.user(request.app[keys.engine], row_id(request))
    is_office = change.role == Role.ADMIN and change.active
    if is_office and not (person.role == Role.ADMIN and person.active):
        asked = {"role": change.role.value, "active": "1"}
        if (page := await _confirmed(request, data, asked, person=person.name)) is not None:
            return page
    async with request.app[keys.engine].transaction() as conn:
        await actions.change_user(
            conn,
            signed_in(request),
            row_id(request),
            role=change.role,
            active=change.active,
            now=datetime.now(UTC),
        )
    return see_other("/admin/users?notice=user_changed")


async def invitations(request: web.Request) -> web.Response:
    """List open invitations, or make one and show its address: only now, it is not stored."""
    if request.method != hdrs.METH_POST:
        return await _invitations(request)
    if request.app[keys.settings].site.registration == "closed":
        raise Forbidden(N_("Registration is closed in the settings: no invitations are made."))
    data = await read_form(request)
    try:
        wanted = Invitation.read(data)
    except Invalid as err:
        if wants_json(request):
            raise
        return await _invitations(request, form=Form.again(data, err), status=err.status)
    if wanted.role == Role.ADMIN:
        asked = {"role": wanted.role.value}
        if (page := await _confirmed(request, data, asked, person=None)) is not None:
            return page
    async with request.app[keys.engine].transaction() as conn:
        token = await actions.invite(
            conn, signed_in(request), role=wanted.role, now=datetime.now(UTC)
        )
    path = request.app[keys.urls]("accounts.setup", token=token)
    return await _invitations(request, new_link=absolute_url(request, path))


async def revoke_invitation(request: web.Request) -> web.Response:
    """Withdraw an invitation that nobody has used."""
    async with request.app[keys.engine].transaction() as conn:
        await actions.revoke_invitation(
            conn, signed_in(request), row_id(request), now=datetime.now(UTC)
        )
    return see_other("/admin/invitations")


async def audit(request: web.Request) -> web.Response:
    """List what administrators did."""
    page = await queries.audit(request.app[keys.engine], cursor(request))
    return render(request, "admin/audit.html", page=page)


async def _confirmed(
    request: web.Request, data: MultiDict[str], asked: dict[str, str], *, person: str | None
) -> web.Response | None:
    """Return None if the right password came along, else the page that asks for it.

    A session that somebody else has got hold of makes no administrators.
    """
    try:
        current = Confirmation.read(data).current
        actor = await user_row(request.app[keys.engine], signed_in(request).id)
        await confirming.confirm(request, actor, current)
    except Invalid as err:
        if wants_json(request):
            raise
        form = Form.again(data, err) if "current" in data else Form()
        back = request.app[keys.urls]("admin.users" if person else "admin.invitations")
        return render(
            request,
            "admin/confirm.html",
            err.status,
            form=form,
            asked=asked,
            person=person,
            back=back,
        )
    return None


async def _invitations(
    request: web.Request,
    *,
    form: Form | None = None,
    new_link: str | None = None,
    status: int = HTTPStatus.OK,
) -> web.Response:
    found = await queries.open_invitations(request.app[keys.engine], now=datetime.now(UTC))
    return render(
        request,
        "admin/invitations.html",
        status,
        headers={hdrs.CACHE_CONTROL: "no-store"},
        invitations=found,
        new_link=new_link,
        roles=ROLES,
        form=form or Form({"role": "reader"}),
    )
