"""The page /account: a person's own profile, password and devices."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from www import keys
from www.accounts import actions, confirming, queries
from www.accounts.forms import PasswordChange, Profile
from www.auth import sessions
from www.errors import Invalid, NotFound
from www.forms import Form
from www.i18n import N_
from www.render import render
from www.requests import read_form, wants_json

if TYPE_CHECKING:
    from www.models import Session, User

_MAX_FIELDS: Final = 20


async def account(request: web.Request) -> web.Response:
    """Show profile, password form and devices."""
    return await _page(request)


async def change_profile(request: web.Request) -> web.Response:
    """Save what the person says about themselves."""
    user, _ = _signed_in(request)
    data = await read_form(request, max_fields=_MAX_FIELDS)
    try:
        profile = Profile.read(data)
    except Invalid as err:
        return await _page(request, err, profile_form=Form.again(data, err))
    async with request.app[keys.engine].transaction() as conn:
        await actions.change_profile(conn, user.id, profile, now=datetime.now(UTC))
    return _back("profile_saved")


async def change_password(request: web.Request) -> web.Response:
    """Change the password and sign out all other devices."""
    user, session = _signed_in(request)
    engine = request.app[keys.engine]
    data = await read_form(request, max_fields=_MAX_FIELDS)
    row = await queries.account(engine, user.id)
    try:
        form = PasswordChange.read(data, own=(row.name, row.email or ""))
        await confirming.confirm(request, row, form.current)
        hashed = await request.app[keys.passwords].hash(form.password)
        async with engine.transaction() as conn:
            if not await actions.change_password(
                conn,
                user.id,
                password_hash=hashed,
                known=row.password_hash,
                keep=session,
                now=datetime.now(UTC),
            ):
                raise confirming.wrong()
    except Invalid as err:
        return await _page(request, err, password_form=Form.again(data, err))
    return _back("password_changed")


async def revoke_session(request: web.Request) -> web.Response:
    """Sign out one of the person's own devices."""
    user, _ = _signed_in(request)
    session_id = int(request.match_info["id"])
    if not await sessions.end(request.app[keys.engine], user_id=user.id, session_id=session_id):
        raise NotFound(N_("That device is signed out already."))
    return _back("session_revoked")


async def _page(
    request: web.Request,
    err: Invalid | None = None,
    *,
    profile_form: Form | None = None,
    password_form: Form | None = None,
) -> web.Response:
    """Show the page; with `err`, as the answer to a form that was filled in wrongly."""
    if err is not None and wants_json(request):
        raise err
    engine = request.app[keys.engine]
    user, session = _signed_in(request)
    row = await queries.account(engine, user.id)
    profile = {"display_name": row.display_name, "email": row.email or "", "bio": row.bio}
    devices = await sessions.of_user(engine, user.id, now=datetime.now(UTC))
    return render(
        request,
        "accounts/account.html",
        HTTPStatus.OK if err is None else err.status,
        profile_form=profile_form or Form(profile),
        password_form=password_form or Form(),
        sessions=[{**device, "current": device.id == session.id} for device in devices],
    )


def _signed_in(request: web.Request) -> tuple[User, Session]:
    user, session = request[keys.user], request[keys.session]
    assert user is not None  # the route asks for USER
    assert session is not None
    return user, session


def _back(notice: str) -> web.Response:
    location = f"/account?notice={notice}"
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={hdrs.LOCATION: location})
