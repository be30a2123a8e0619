"""Doors of the house: register, sign in and out, and what one-time links open."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from www import keys
from www.accounts import actions, names, queries
from www.accounts.forms import NewAccount, NewPassword, SignIn
from www.addresses import client_address, safe_next
from www.auth import links, sessions, throttle
from www.errors import Forbidden, Invalid
from www.forms import Form
from www.i18n import N_
from www.middlewares.session import drop_cookie, set_cookie
from www.models import Purpose, Role, User
from www.render import render, see_other
from www.requests import query_text, read_form, wants_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from multidict import MultiDict

    from www.db import Connection
    from www.models import OneTimeLink
    from www.settings import Site

_MAX_NEXT: Final = 2000
_FREE_ACCOUNTS: Final = 20
"""From one network in a quarter of an hour, before waits begin: a class registers at once."""
_SECRET_PAGE: Final = {
    # The address holds a token. Not no-referrer: with it browsers send `Origin: null`, which the
    # origin check refuses where there is no Sec-Fetch-Site (plain http in a local network).
    "Referrer-Policy": "strict-origin",
    hdrs.CACHE_CONTROL: "no-store",
}


async def login(request: web.Request) -> web.Response:
    """Show the form, or sign in and go to where the person wanted to be."""
    if request.method != hdrs.METH_POST:
        target = query_text(request, "next", _MAX_NEXT)
        if request[keys.user] is not None:
            return see_other(safe_next(target))
        return render(request, "accounts/login.html", form=Form({"next": target}))
    data = await read_form(request)
    try:
        token = await _sign_in(request, SignIn.read(data))
    except Invalid as err:
        return _again(request, "accounts/login.html", data, err)
    return _welcome(request, token, data)


async def _sign_in(request: web.Request, form: SignIn) -> str:
    """Return the token of a new session for that name and password; raises Invalid or RateLimited.

    Both take the same time and say the same, whether or not the account exists or is in use.
    """
    app, now = request.app, _now()
    async with app[keys.engine].transaction() as conn:
        attempt = await throttle.begin_sign_in(
            conn,
            name_key=names.key_of(form.name),
            address=client_address(request),
            free=app[keys.settings].limits.login_attempts,
            now=now,
        )
    await asyncio.sleep(attempt.delay_s)
    user = await queries.credentials(app[keys.engine], form.name)
    known = None if user is None else user.password_hash
    if not await app[keys.passwords].verify(known, form.password) or user is None:
        raise _wrong()
    hashed = user.password_hash
    if app[keys.passwords].is_outdated(hashed):
        hashed = await app[keys.passwords].hash(form.password)
    async with app[keys.engine].transaction() as conn:
        await throttle.succeed(conn, attempt)
        # Verifying took its time: the password may have been changed meanwhile.
        if not await actions.keep_password(
            conn, user.id, known=user.password_hash, password_hash=hashed
        ):
            raise _wrong()
        token = await _begin_session(request, conn, user)
    async with app[keys.engine].transaction() as conn:
        await throttle.sweep(conn, now=now)
    return token


def _wrong() -> Invalid:
    return Invalid({"": [N_("The name or the password is wrong.")]})


async def register(request: web.Request) -> web.Response:
    """Show the form, or make an account and sign in, where the settings let strangers."""
    template, posted = "accounts/register.html", request.method == hdrs.METH_POST
    if not posted and request[keys.user] is not None:
        return see_other("/")
    if _site(request).registration != "open":
        return _not_open(request)
    if not posted:
        return render(request, template, form=Form(), open=True, invite=None)
    data = await read_form(request)
    try:
        token = await _register(request, NewAccount.read(data))
    except Invalid as err:
        return _again(request, template, data, err, open=True, invite=None)
    return _welcome(request, token, data)


def _not_open(request: web.Request, headers: Mapping[str, str] | None = None) -> web.Response:
    """Show who may join instead; raises Forbidden for programs."""
    if wants_json(request):
        if _site(request).registration == "closed":
            raise Forbidden(N_("No new accounts are made here."))
        raise Forbidden(N_("New accounts need an invitation here."))
    template, status = "accounts/register.html", HTTPStatus.FORBIDDEN
    return render(request, template, status, headers=headers, open=False, invite=None)


async def _register(request: web.Request, new: NewAccount) -> str:
    """Make the account and return the token of its first session; raises Invalid, RateLimited."""
    engine, place = request.app[keys.engine], throttle.network(client_address(request))
    if await queries.is_taken(engine, new.name):  # said before a hash is spent on it
        raise actions.taken()
    if place:
        async with engine.transaction() as conn:
            await throttle.begin(conn, f"register:{place}", free=_FREE_ACCOUNTS, now=_now())
    hashed = await request.app[keys.passwords].hash(new.password)
    async with engine.transaction() as conn:
        user = await actions.add(
            conn,
            name=new.name,
            email=new.email,
            password_hash=hashed,
            role=Role(_site(request).new_user_role),
            now=_now(),
        )
        return await _begin_session(request, conn, user)


async def logout(request: web.Request) -> web.Response:
    """Sign this device out; doing it twice is no error."""
    session = request[keys.session]
    if session is not None:
        await sessions.end(request.app[keys.engine], user_id=session.user_id, session_id=session.id)
    response = see_other("/?notice=signed_out")
    drop_cookie(request, response)
    return response


async def setup(request: web.Request) -> web.Response:
    """Show what a one-time link is for, or do it and sign in."""
    engine = request.app[keys.engine]
    link = await links.find(engine, request.match_info["token"], now=_now())
    template, purpose = "accounts/setup.html", link.purpose
    if purpose == Purpose.INVITE and _site(request).registration == "closed":
        return _not_open(request, _SECRET_PAGE)
    if request.method != hdrs.METH_POST:
        return render(request, template, headers=_SECRET_PAGE, purpose=purpose, form=Form())
    data = await read_form(request)
    try:
        token = await _use(request, link, data)
    except Invalid as err:
        return _again(request, template, data, err, headers=_SECRET_PAGE, purpose=purpose)
    notice = "password_changed" if link.purpose == Purpose.RESET else "welcome"
    response = see_other(f"/?notice={notice}")
    set_cookie(request, response, token)
    return response


async def _use(request: web.Request, link: OneTimeLink, data: MultiDict[str]) -> str:
    """Do what the link is for, exactly once, and return the token of a new session."""
    app, now = request.app, _now()
    if link.user_id is not None:  # a reset link: only these are for somebody
        owner = await queries.user(app[keys.engine], link.user_id)
        new = NewPassword.read(data, own=(owner.name, owner.email or ""))
        hashed = await app[keys.passwords].hash(new.password)
        async with app[keys.engine].transaction() as conn:
            user = await actions.use_reset_link(conn, link, password_hash=hashed, now=now)
            return await _begin_session(request, conn, user)
    account = NewAccount.read(data, reserved=link.role != Role.ADMIN)
    hashed = await app[keys.passwords].hash(account.password)
    async with app[keys.engine].transaction() as conn:
        user = await actions.use_link(conn, link, account, password_hash=hashed, now=now)
        return await _begin_session(request, conn, user)


async def _begin_session(request: web.Request, conn: Connection, user: User) -> str:
    """Return a new token; the device's old session ends with it (its token may be known)."""
    old, now = request[keys.session], _now()
    if old is not None:
        await sessions.end(conn, user_id=old.user_id, session_id=old.id)
    await sessions.sweep(conn, now=now)
    return await sessions.create(
        conn,
        user,
        now=now,
        user_agent=_shown_agent(request),
        address=client_address(request),
    )


def _shown_agent(request: web.Request) -> str:
    """Return the User-Agent without what cannot be stored or shown: headers may hold any bytes."""
    sent = request.headers.get(hdrs.USER_AGENT, "")[:300]
    return "".join(char for char in sent if char.isprintable())


def _welcome(request: web.Request, token: str, data: MultiDict[str]) -> web.Response:
    response = see_other(safe_next(data.get("next"), default="/?notice=welcome"))
    set_cookie(request, response, token)
    return response


def _again(
    request: web.Request,
    template: str,
    data: MultiDict[str],
    err: Invalid,
    *,
    headers: Mapping[str, str] | None = None,
    **page: object,
) -> web.Response:
    """Show the form with what was typed, or let the problem go to a program as JSON."""
    if wants_json(request):
        raise err
    form = Form.again(data, err)
    return render(request, template, err.status, headers=headers, form=form, **page)


def _site(request: web.Request) -> Site:
    return request.app[keys.settings].site


def _now() -> datetime:
    return datetime.now(UTC)
