"""The page /account: a person's own profile, password and devices."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from www import keys
from www.accounts import actions, confirming, queries
from www.accounts.forms import PasswordChange, Profile
from www.auth import sessions
from www.errors import Invalid, NotFound
from www.forms import Form
from www.i18n import N_
from www.render import render, see_other
from www.requests import read_form, row_id, signed_in, wants_json

if TYPE_CHECKING:
    from aiohttp import web

    from www.models import Session


async def account(request: web.Request) -> web.Response:
    """Show profile, password form and devices."""
    return await _page(request)


async def change_profile(request: web.Request) -> web.Response:
    """Save what the person says about themselves."""
    user = signed_in(request)
    data = await read_form(request)
    row = await queries.user(request.app[keys.engine], user.id)
    try:
        profile = Profile.read(data, email=row.email)
        if profile.email != row.email:
            await confirming.confirm(request, row, profile.current)
    except Invalid as err:
        return await _page(request, err, profile_form=Form.again(data, err))
    async with request.app[keys.engine].transaction() as conn:
        await actions.change_profile(conn, user.id, profile, now=datetime.now(UTC))
    return _back("profile_saved")


async def change_password(request: web.Request) -> web.Response:
    """Change the password and sign out all other devices."""
    user, session = signed_in(request), _session(request)
    engine = request.app[keys.engine]
    data = await read_form(request)
    row = await queries.user(engine, user.id)
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
    user = signed_in(request)
    session_id = row_id(request)
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
    user, session = signed_in(request), _session(request)
    row = await queries.user(engine, user.id)
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


def _session(request: web.Request) -> Session:
    session = request[keys.session]
    assert session is not None
    return session


def _back(notice: str) -> web.Response:
    return see_other(f"/account?notice={notice}")
