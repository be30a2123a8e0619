"""Signing in and out through the door."""

import asyncio
import time
from datetime import UTC, datetime

import pytest
from argon2 import PasswordHasher

from tests.actors import CHEAP, PASSWORD, add_user
from www import keys
from www.app import create_app
from www.auth.passwords import Passwords
from www.models import Session, SignInFailure, User

JSON = {"Accept": "application/json"}
BEHIND_A_PROXY = {
    "limits": {"login_attempts": 3},
    "server": {"trusted_proxies": ["127.0.0.0/8"]},
}
STRANGER = {"X-Forwarded-For": "192.0.2.1"}


class Watched(Passwords):
    """Remembers which hashes were compared, and lets something happen before it answers."""

    def __init__(self):
        super().__init__(**CHEAP)
        self.compared = []
        self.meanwhile = None

    async def verify(self, password_hash, password):
        fits = await super().verify(password_hash, password)
        if self.meanwhile:
            await self.meanwhile()
        return fits

    def _fits(self, password_hash, password):
        self.compared.append(password_hash)
        return super()._fits(password_hash, password)


@pytest.fixture
def app(settings):
    return create_app(settings, passwords=Watched())


@pytest.fixture
async def eve(engine):
    return await add_user(engine, "Eve")


async def login(client, name="Eve", password=PASSWORD, *, headers=None, **more):
    data = {"name": name, "password": password, **more}
    return await client.post("/login", data=data, headers=headers, allow_redirects=False)


async def test_it_works(client, eve):
    response = await login(client)
    assert (response.status, response.headers["Location"]) == (303, "/?notice=welcome")
    page = await client.get(response.headers["Location"])
    assert "Welcome! You are signed in." in await page.text()
    assert (await client.get("/account")).status == 200


async def test_it_shows_the_form(client):
    response = await client.get("/login?next=/write%3Fa%3D1")
    assert response.status == 200
    assert 'name="next" value="/write?a=1"' in await response.text()


@pytest.mark.parametrize("name", ["eve", "EVE", " Eve ", "Ｅｖｅ"])
async def test_case_and_width_of_the_name_do_not_matter(client, eve, name):
    assert (await login(client, name)).status == 303


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("/write?x=1", "/write?x=1"),
        ("//evil.example", "/?notice=welcome"),
        ("https://evil.example", "/?notice=welcome"),
        ("/\\evil.example", "/?notice=welcome"),
        ("/a\r\nSet-Cookie: x=y", "/?notice=welcome"),
    ],
)
async def test_it_goes_back_only_to_our_own_pages(client, eve, wanted, given):
    assert (await login(client, next=wanted)).headers["Location"] == given


async def test_who_is_signed_in_needs_no_form(alice):
    response = await alice.get("/login?next=/drafts", allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (303, "/drafts")


@pytest.mark.parametrize(
    ("name", "password"),
    [("Eve", "wrong password"), ("nobody", PASSWORD), ("Eve", "x" * 1024), ("\u202e😀", "😀")],
)
async def test_unknown_and_wrong_look_the_same(client, eve, name, password):
    response = await login(client, name, password)
    text = await response.text()
    assert response.status == 422
    assert "The name or the password is wrong." in text
    assert "Set-Cookie" not in response.headers


async def test_unknown_takes_as_long_as_wrong(client, eve, app):
    await login(client, "Eve", "wrong password")
    await login(client, "nobody", "wrong password")
    parameters = [stored.split("$")[3] for stored in app[keys.passwords].compared]
    assert len(parameters) == 2
    assert parameters[0] == parameters[1]


async def test_who_is_deactivated_cannot_sign_in(client, engine, eve):
    await engine.run(User.update(active=False).where(User.id == eve.id))
    response = await login(client)
    assert response.status == 422
    assert "The name or the password is wrong." in await response.text()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"name": "Eve"},
        {"password": "x"},
        {"name": "a\tb", "password": "x"},
        {"name": "x" * 5000, "password": "y" * 5000},
    ],
)
async def test_it_names_what_is_missing(client, data):
    response = await client.post("/login", data=data)
    assert response.status == 422
    assert 'aria-invalid="true"' in await response.text()


async def test_programs_get_a_problem(client, eve):
    response = await login(client, "Eve", "wrong password", headers=JSON)
    assert response.status == 422
    assert response.content_type == "application/problem+json"
    assert (await response.json())["errors"] == {"": ["The name or the password is wrong."]}


async def test_the_cookie_is_for_us_alone(client, eve):
    cookie = (await login(client)).headers["Set-Cookie"]
    assert cookie.startswith("session=")
    for word in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"):
        assert word in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    "settings", [{"server": {"base_url": "https://example.org"}}], indirect=True
)
async def test_with_https_the_cookie_belongs_to_this_host(client, eve):
    response = await login(client, headers={"Host": "example.org"})
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


async def test_the_token_changes_when_somebody_signs_in(client, engine, eve):
    await login(client)
    first = await engine.scalars(Session.select(Session.token_hash))
    await login(client)
    second = await engine.scalars(Session.select(Session.token_hash))
    assert len(first) == len(second) == 1
    assert first != second


async def test_a_token_that_was_planted_is_worth_nothing(client, engine, eve, server):
    client.session.cookie_jar.update_cookies({"session": "x" * 43}, server.make_url("/"))
    response = await login(client)
    assert "session=" + "x" * 43 not in response.headers["Set-Cookie"]


async def test_signing_out_ends_the_session(alice, engine):
    response = await alice.post("/logout", allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (303, "/?notice=signed_out")
    assert "session=" in response.headers["Set-Cookie"]
    assert "Max-Age=0" in response.headers["Set-Cookie"]
    assert not await engine.exists(Session.select())
    assert (await alice.get("/account", allow_redirects=False)).status == 303


async def test_signing_out_twice_is_no_error(client):
    assert (await client.post("/logout", allow_redirects=False)).status == 303


async def test_another_site_cannot_sign_anybody_in_or_out(alice, client, eve):
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert (await login(client, headers=foreign)).status == 403
    assert (await alice.post("/logout", headers=foreign)).status == 403
    assert (await alice.get("/account")).status == 200


@pytest.mark.parametrize("settings", [{"limits": {"login_attempts": 3}}], indirect=True)
@pytest.mark.parametrize("name", ["Eve", "nobody"])
async def test_too_many_attempts_have_to_wait(client, eve, name):
    for _ in range(3):
        assert (await login(client, name, "wrong password")).status == 422
    for password in ("wrong password", PASSWORD):
        response = await login(client, name, password)
        assert response.status == 429
        assert 1 <= int(response.headers["Retry-After"]) <= 2
        assert "Too many attempts" in await response.text()


@pytest.mark.parametrize("settings", [{"limits": {"login_attempts": 3}}], indirect=True)
async def test_many_attempts_at_once_are_counted_all_the_same(client, eve):
    tries = [login(client, "Eve", f"guess number {n}") for n in range(20)]
    statuses = [response.status for response in await asyncio.gather(*tries)]
    assert statuses.count(422) == 3
    assert statuses.count(429) == 17


@pytest.mark.parametrize("settings", [BEHIND_A_PROXY], indirect=True)
async def test_a_stranger_keeps_nobody_out(client, eve):
    for status in (422, 422, 422, 429, 429):
        assert (await login(client, password="wrong", headers=STRANGER)).status == status
    home = {"X-Forwarded-For": "198.51.100.7"}
    assert (await login(client, headers=home)).status == 303


@pytest.mark.parametrize("settings", [BEHIND_A_PROXY], indirect=True)
async def test_a_stranger_keeps_nobody_from_changing_the_password(client, alice):
    for _ in range(5):
        await login(client, "alice", "wrong", headers=STRANGER)
    data = {"current": PASSWORD, "password": "another four words"}
    response = await alice.post("/account/password", data=data, allow_redirects=False)
    assert response.status == 303


@pytest.mark.parametrize("settings", [{"limits": {"login_attempts": 1}}], indirect=True)
async def test_an_account_that_many_attack_answers_slowly(client, engine, eve):
    await login(client, password="wrong")
    name = SignInFailure.key.startswith("name:")
    now = datetime.now(UTC)
    await engine.run(SignInFailure.delete().where(~name))
    await engine.run(SignInFailure.update(failures=19, last_at=now).where(name))
    started = time.monotonic()
    assert (await login(client)).status == 303
    assert time.monotonic() - started >= 1


async def test_success_clears_the_counter(client, engine, eve):
    await login(client, "Eve", "wrong password")
    assert await engine.count(SignInFailure.select()) == 3
    await login(client)
    rows = await engine.all(SignInFailure.select().order_by(SignInFailure.key))
    assert [(row.key[:5], row.failures) for row in rows] == [("addre", 1), ("name:", 1)]


@pytest.mark.parametrize(
    "columns", [{"password_hash": "changed meanwhile"}, {"active": False}], ids=str
)
async def test_no_session_begins_with_what_was_right_a_moment_ago(
    app, client, engine, eve, columns
):
    async def meanwhile():
        await engine.run(User.update(**columns).where(User.id == eve.id))

    app[keys.passwords].meanwhile = meanwhile
    response = await login(client)
    assert response.status == 422
    assert "The name or the password is wrong." in await response.text()
    assert not await engine.exists(Session.select())


async def test_the_hash_is_renewed_when_parameters_change(client, engine, eve):
    old = await engine.scalar(User.select(User.password_hash))
    assert await login(client)
    assert await engine.scalar(User.select(User.password_hash)) == old
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    await engine.run(User.update(password_hash=stronger).where(User.id == eve.id))
    assert (await login(client)).status == 303
    renewed = await engine.scalar(User.select(User.password_hash))
    assert renewed.split("$")[3] == old.split("$")[3]
