"""The session's cookie: who is found by it, how it slides, and what does not ask for it."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.actors import add_user
from www.auth import sessions
from www.db.testing import assert_statements
from www.models import Session, User
from www.utils.tokens import hash_token

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
async def eve(engine):
    return await add_user(engine, "eve")


@pytest.fixture
async def token(engine, eve):
    async with engine.transaction() as conn:
        return await sessions.create(conn, eve, now=NOW, user_agent="x" * 999, address="::1")


async def test_it_finds_the_person(engine, eve, token):
    found = await sessions.find(engine, token, now=NOW)
    assert found
    user, session = found
    assert user == {"id": eve.id, "name": "eve", "display_name": "", "role": "reader"}
    assert session.user_id == eve.id
    assert session.user_agent == "x" * 300


async def test_it_asks_one_question(engine, token):
    async with assert_statements(engine, 1) as asked:
        await sessions.find(engine, token, now=NOW)
    assert "bio" not in asked[0].sql
    assert "password_hash" not in asked[0].sql


async def test_it_stores_only_the_hash(engine, settings, token):
    assert await engine.exists(Session.select().where(Session.token_hash == hash_token(token)))
    stored = b"".join(path.read_bytes() for path in settings.db.database.parent.glob("www.db*"))
    assert token.encode() not in stored


@pytest.mark.parametrize("wrong", ["", "x" * 43, "x" * 44, "\ud800" * 43, "é" * 43])
async def test_it_finds_nobody_for_nonsense(engine, token, wrong):
    assert await sessions.find(engine, wrong, now=NOW) is None


async def test_it_expires(engine, token):
    assert await sessions.find(engine, token, now=NOW + timedelta(days=29, hours=23))
    assert await sessions.find(engine, token, now=NOW + timedelta(days=30)) is None


async def test_it_slides(engine, token):
    found = await sessions.find(engine, token, now=NOW)
    assert found
    session = found[1]
    later = NOW + timedelta(days=20)
    assert sessions.is_stale(session, later)
    assert not sessions.is_stale(session, NOW + timedelta(minutes=1))
    await sessions.touch(engine, session, now=later)
    assert await sessions.find(engine, token, now=NOW + timedelta(days=49))


async def test_it_ends_with_the_account(engine, eve, token):
    await engine.run(User.update(active=False).where(User.id == eve.id))
    assert await sessions.find(engine, token, now=NOW) is None


async def test_it_sweeps(engine, token):
    async with engine.transaction() as conn:
        assert await sessions.sweep(conn, now=NOW) == 0
        assert await sessions.sweep(conn, now=NOW + timedelta(days=30)) == 1
