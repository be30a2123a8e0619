"""The page /account: profile, password, devices."""

import asyncio

import pytest

from tests.actors import PASSWORD, sign_in
from www.models import Session, User

JSON = {"Accept": "application/json"}
NEW = "another four words"


async def change_password(actor, current=PASSWORD, password=NEW, **kwargs):
    data = {"current": current, "password": password}
    return await actor.post("/account/password", data=data, allow_redirects=False, **kwargs)


async def test_it_shows_who_is_signed_in(alice):
    response = await alice.get("/account")
    text = await response.text()
    assert response.status == 200
    assert "You sign in as alice." in text
    assert "This device" in text


@pytest.mark.parametrize(
    "path", ["/account/profile", "/account/password", "/account/sessions/1/revoke"]
)
async def test_it_requires_sign_in(client, path):
    response = await client.post(path, allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (303, "/login")
    assert (await client.post(path, headers=JSON)).status == 401


async def test_it_saves_the_profile(alice, engine):
    data = {"display_name": "Alice 😀", "email": "a@example.org", "bio": "Line\r\nline"}
    data["current"] = PASSWORD
    response = await alice.post("/account/profile", data=data)
    assert response.url.path_qs == "/account?notice=profile_saved"
    row = await engine.one(User.select())
    assert (row.display_name, row.email, row.bio) == ("Alice 😀", "a@example.org", "Line\nline")
    assert "Alice 😀" in await response.text()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", "x" * 81),
        ("display_name", "a\u202eb"),
        ("display_name", "a\nb"),
        ("email", "nobody"),
        ("bio", "x" * 501),
    ],
)
async def test_it_refuses_a_wrong_profile(alice, engine, field, value):
    data = {"display_name": "A", "email": "", "bio": "kept", field: value}
    response = await alice.post("/account/profile", data=data)
    assert response.status == 422
    assert f'id="profile-{field}-wrong"' in await response.text()
    assert (await engine.one(User.select())).display_name == ""
    assert (await alice.post("/account/profile", data=data, headers=JSON)).status == 422


@pytest.mark.parametrize(("current", "status"), [(None, 422), ("wrong", 422), (PASSWORD, 303)])
async def test_another_address_needs_the_password(alice, engine, current, status):
    await engine.run(User.update(email="old@example.org").where(User.id == alice.user.id))
    for email in ("new@example.org", ""):
        data = {"display_name": "", "email": email, "bio": ""}
        data |= {} if current is None else {"current": current}
        response = await alice.post("/account/profile", data=data, allow_redirects=False)
        assert response.status == status
        if status == 422:
            assert 'id="profile-current-wrong"' in await response.text()
            assert (await engine.one(User.select())).email == "old@example.org"


async def test_the_same_address_needs_no_password(alice, engine):
    await engine.run(User.update(email="old@example.org").where(User.id == alice.user.id))
    data = {"display_name": "A", "email": "old@example.org", "bio": ""}
    assert (await alice.post("/account/profile", data=data)).status == 200
    assert (await engine.one(User.select())).display_name == "A"


async def test_of_two_who_change_it_at_once_one_succeeds(alice, server, engine):
    """Whoever was checked against a password that is gone changes nothing."""
    thief = await sign_in(server, alice.user)
    answers = await asyncio.gather(
        change_password(alice), change_password(thief, password="the thief has four")
    )
    assert sorted(answer.status for answer in answers) == [303, 422]
    assert await engine.count(Session.select()) == 1
    await thief.close()


async def test_a_new_password_signs_out_all_other_devices(alice, server, engine):
    other = await sign_in(server, alice.user)
    response = await change_password(alice)
    assert response.headers["Location"] == "/account?notice=password_changed"
    assert (await alice.get("/account")).status == 200
    assert (await other.get("/account", allow_redirects=False)).status == 303
    assert await engine.count(Session.select()) == 1
    await other.close()


async def test_the_new_password_counts(alice, client):
    await change_password(alice)
    for password, status in ((PASSWORD, 422), (NEW, 303)):
        data = {"name": "alice", "password": password}
        assert (await client.post("/login", data=data, allow_redirects=False)).status == status


@pytest.mark.parametrize(
    ("current", "password", "field"),
    [
        ("wrong", NEW, "current"),
        ("", NEW, "current"),
        (PASSWORD, "short", "password"),
        (PASSWORD, "", "password"),
    ],
)
async def test_it_asks_for_the_current_password(alice, engine, current, password, field):
    before = await engine.one(User.select())
    response = await change_password(alice, current, password)
    assert response.status == 422
    assert f'id="password-{field}-wrong"' in await response.text()
    assert await engine.one(User.select()) == before


@pytest.mark.parametrize("settings", [{"limits": {"login_attempts": 2}}], indirect=True)
async def test_nobody_tries_the_current_password_at_leisure(alice):
    for status in (422, 422, 429):
        assert (await change_password(alice, "wrong")).status == status


async def test_it_lists_and_ends_devices(alice, server, engine):
    other = await sign_in(server, alice.user)
    text = await (await alice.get("/account")).text()
    assert text.count("Sign out there") == 1
    session_id = max(await engine.scalars(Session.select(Session.id)))
    response = await alice.post(f"/account/sessions/{session_id}/revoke")
    assert response.url.path_qs == "/account?notice=session_revoked"
    assert (await other.get("/account", allow_redirects=False)).status == 303
    assert (await alice.post(f"/account/sessions/{session_id}/revoke")).status == 404
    await other.close()


async def test_nobody_ends_the_devices_of_others(alice, bob, engine):
    session = await engine.one(Session.select().where(Session.user_id == alice.user.id))
    assert (await bob.post(f"/account/sessions/{session.id}/revoke")).status == 404
    assert (await alice.get("/account")).status == 200


@pytest.mark.parametrize("bad", ["0", "x", "-1", "1" * 19, "%00"])
async def test_a_wrong_id_is_not_found(alice, bad):
    assert (await alice.post(f"/account/sessions/{bad}/revoke")).status == 404


async def test_user_agents_may_be_anything(client, engine, alice):
    data = {"name": "alice", "password": PASSWORD}
    agent = b"\xff\xfe[31m<script>".decode("latin-1") + "x" * 900
    await client.post("/login", data=data, headers={"User-Agent": agent}, allow_redirects=False)
    assert await engine.count(Session.select()) == 2
    page = await alice.get("/account")
    assert page.status == 200
    assert "[31m&lt;script&gt;" in await page.text()
