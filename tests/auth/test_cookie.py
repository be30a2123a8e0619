"""The session middleware through the door: what it asks, when it writes, and for whom."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from www import keys
from www.auth import sessions
from www.db.testing import statements
from www.models import Session


@pytest.fixture
def asked(engine):
    """Statements that the database was asked."""
    with statements(engine, everywhere=True) as seen:
        yield seen


async def age(engine, **past):
    """Make all sessions look as if they were last used a while ago."""
    seen = datetime.now(UTC) - timedelta(**past)
    await engine.run(Session.update(seen_at=seen, expires_at=seen + sessions.LIFETIME).all_rows())


async def test_a_page_costs_one_question(bob, asked):
    await bob.get("/login", allow_redirects=False)
    assert len(asked) == 1
    assert asked[0].sql.startswith("SELECT")


@pytest.mark.parametrize("path", ["/healthz", "/static/style.css"])
async def test_what_is_the_same_for_all_asks_nothing(bob, asked, path):
    assert (await bob.get(path)).status == 200
    assert not asked.sql


async def test_strangers_cost_nothing(client, asked):
    await client.get("/login")
    assert not asked.sql


async def test_it_slides_in_the_database_and_in_the_browser(bob, engine, app):
    await age(engine, days=10)
    response = await bob.get("/account")
    assert "Max-Age=2592000" in response.headers["Set-Cookie"]
    await asyncio.gather(*app[keys.tasks])
    session = await engine.one(Session.select())
    assert session.expires_at > datetime.now(UTC) + timedelta(days=29)
    assert "Set-Cookie" not in (await bob.get("/account")).headers


async def test_signing_out_wins_over_sliding(bob, engine):
    await age(engine, days=10)
    response = await bob.post("/logout", allow_redirects=False)
    assert [
        cookie for cookie in response.headers.getall("Set-Cookie") if "Max-Age=0" not in cookie
    ] == []


async def test_an_old_session_is_nobody(bob, engine):
    await age(engine, days=31)
    response = await bob.get("/account", allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (303, "/login?next=/account")


@pytest.mark.parametrize(
    "cookie",
    ["session=", "session=x", "session=" + "x" * 43, 'session="\\351"', "x;=;session", "session=é"],
)
async def test_nonsense_is_nobody(client, cookie):
    assert (await client.get("/login", headers={"Cookie": cookie})).status == 200
    page = await client.get("/account", headers={"Cookie": cookie}, allow_redirects=False)
    assert page.status == 303


@pytest.mark.parametrize("settings", [{"server": {"base_url": "https://a.example"}}], indirect=True)
async def test_a_plain_cookie_is_nobody_where_https_is_spoken(bob):
    """Otherwise any host beside ours, or anybody on the way, could plant one."""
    page = await bob.get("/account", headers={"Host": "a.example"}, allow_redirects=False)
    assert page.status == 303
    token = next(cookie.value for cookie in bob.session.cookie_jar)
    headers = {"Host": "a.example", "Cookie": f"__Host-session={token}"}
    assert (await bob.get("/account", headers=headers, allow_redirects=False)).status == 200


async def test_touching_a_session_that_ended_does_not_bring_it_back(bob, engine):
    await age(engine, days=10)
    async with engine.transaction() as conn:
        session = await conn.one(Session.select())
    await engine.run(Session.delete().where(Session.id == session.id))
    await sessions.touch(engine, session, now=datetime.now(UTC))
    assert (await bob.get("/account", allow_redirects=False)).status == 303
