"""People: roles, deactivation, and who may do that."""

import asyncio
from datetime import UTC, datetime

import pytest

from tests.actors import PASSWORD, add_user
from www.admin import actions
from www.errors import Forbidden
from www.models import AuditEntry, OneTimeLink, Role, Session, User

JSON = {"Accept": "application/json"}


async def change(actor, user, role=None, active="1", current=None, **kwargs):
    data = {"role": role or user.role, "active": active}
    data |= {} if current is None else {"current": current}
    return await actor.post(f"/admin/users/{user.id}", data=data, allow_redirects=False, **kwargs)


async def test_it_lists_everybody(admin, alice, bob):
    text = await (await admin.get("/admin/users")).text()
    for name in ("admin", "alice", "bob"):
        assert f"@{name}<" in text


async def test_it_goes_on_page_by_page(admin, engine):
    for number in range(60):
        await add_user(engine, f"person{number}")
    first = await (await admin.get("/admin/users")).text()
    cursor = first.partition("?before=")[2].partition('"')[0]
    second = await (await admin.get(f"/admin/users?before={cursor}")).text()
    assert ("@person59<" in first, "@person10<" in first) == (True, True)
    assert ("@person9<" in second, "@admin<" in second) == (True, True)
    assert "@person10<" not in second


@pytest.mark.parametrize("cursor", ["x", "%00", "e30", "W10", "x" * 2000, "%ff"])
async def test_a_wrong_cursor_is_refused(admin, cursor):
    for path in ("/admin/users", "/admin/audit"):
        assert (await admin.get(f"{path}?before={cursor}")).status == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/users"),
        ("POST", "/admin/users/1"),
        ("GET", "/admin/invitations"),
        ("POST", "/admin/invitations"),
        ("POST", "/admin/invitations/1/revoke"),
        ("GET", "/admin/audit"),
    ],
)
async def test_only_administrators_come_in(client, make_actor, method, path):
    assert (await client.request(method, path, headers=JSON)).status == 401
    for role in (Role.READER, Role.AUTHOR, Role.EDITOR):
        actor = await make_actor(f"some-{role}", role)
        page = await actor.request(method, path)
        assert (page.status, page.content_type) == (403, "text/html")
        problem = await actor.request(method, path, headers=JSON)
        assert (problem.status, problem.content_type) == (403, "application/problem+json")


async def test_it_changes_a_role_at_once(admin, bob, engine):
    assert (await bob.get("/write")).status == 403
    response = await change(admin, bob.user, role="author")
    assert response.headers["Location"] == "/admin/users?notice=user_changed"
    assert (await bob.get("/write")).status == 200
    assert [
        (row.actor_name, row.action, row.target) for row in await engine.all(AuditEntry.select())
    ] == [("admin", "role", "bob: reader > author")]


async def test_deactivating_signs_out(admin, bob, client, engine):
    await change(admin, bob.user, active="0")
    assert (await bob.get("/account", allow_redirects=False)).status == 303
    assert not await engine.exists(Session.select().where(Session.user_id == bob.user.id))
    assert (await client.post("/login", data={"name": "bob", "password": PASSWORD})).status == 422
    await change(admin, bob.user, active="1")
    assert (await client.post("/login", data={"name": "bob", "password": PASSWORD})).status == 200
    assert await engine.scalars(AuditEntry.select(AuditEntry.action)) == ["deactivate", "activate"]


@pytest.mark.parametrize("what", [{"role": "editor"}, {"active": "0"}])
async def test_the_last_administrator_stays(admin, engine, what):
    await add_user(engine, "sleeping", Role.ADMIN, active=False)
    response = await change(admin, admin.user, **what)
    assert response.status == 409
    assert "This is the last administrator." in await response.text()
    row = await engine.get(User, admin.user.id)
    assert (row.role, row.active) == ("admin", True)
    assert not await engine.exists(AuditEntry.select())


async def test_of_administrators_who_demote_each_other_one_stays(admin, make_actor, engine):
    """Round a ring: whoever was demoted a moment ago demotes nobody."""
    others = [await make_actor(f"other{number}", Role.ADMIN) for number in range(3)]
    ring = [admin, *others]
    answers = await asyncio.gather(
        *(
            change(actor, after.user, role="reader")
            for actor, after in zip(ring, [*others, admin], strict=True)
        )
    )
    assert {answer.status for answer in answers} <= {303, 403, 409}
    assert await engine.exists(User.select().where(User.role == Role.ADMIN))
    entries = await engine.all(AuditEntry.select().order_by(AuditEntry.id))
    gone = set()
    for entry in entries:
        assert entry.actor_name not in gone
        gone.add(entry.target.partition(":")[0])


async def test_who_is_no_longer_an_administrator_changes_nobody(admin, bob, engine):
    await engine.run(User.update(role=Role.READER).where(User.id == admin.user.id))
    async with engine.transaction() as conn:
        with pytest.raises(Forbidden):
            await actions.change_user(
                conn, admin.user, bob.user.id, role=Role.EDITOR, active=True, now=datetime.now(UTC)
            )


@pytest.mark.parametrize("what", [{"role": "editor"}, {"active": "0"}])
async def test_invitations_end_with_the_office(admin, make_actor, client, engine, what):
    second = await make_actor("second", Role.ADMIN)
    data = {"role": "admin", "current": PASSWORD}
    for actor in (admin, second):
        assert (await actor.post("/admin/invitations", data=data)).status == 200
    await change(admin, second.user, **what)
    links = await engine.all(OneTimeLink.select())
    assert [link.created_by for link in links] == [admin.user.id]
    entry = await engine.one(AuditEntry.select().where(AuditEntry.action == "withdraw"))
    assert entry.target == "second: 1"
    text = await (await admin.get("/admin/audit")).text()
    assert "admin ended 1 unused link that second had made." in text


async def test_administrators_are_made_with_the_password_only(admin, bob, engine):
    asked = await change(admin, bob.user, role="admin")
    assert asked.status == 422
    text = await asked.text()
    assert "Make bob an administrator?" in text
    assert "aria-invalid" not in text
    wrong = await change(admin, bob.user, role="admin", current="wrong")
    assert wrong.status == 422
    assert "This is not your current password." in await wrong.text()
    problem = await change(admin, bob.user, role="admin", headers=JSON)
    assert (problem.status, list((await problem.json())["errors"])) == (422, ["current"])
    assert (await engine.get(User, bob.user.id)).role == "reader"
    assert (await change(admin, bob.user, role="admin", current=PASSWORD)).status == 303
    assert (await engine.get(User, bob.user.id)).role == "admin"


async def test_waking_an_administrator_asks_for_the_password_too(admin, engine):
    sleeping = await add_user(engine, "sleeping", Role.ADMIN, active=False)
    assert (await change(admin, sleeping)).status == 422
    assert (await change(admin, sleeping, current=PASSWORD)).status == 303


@pytest.mark.parametrize("settings", [{"limits": {"login_attempts": 2}}], indirect=True)
async def test_nobody_tries_that_password_at_leisure(admin, bob):
    for status in (422, 422, 429):
        answer = await change(admin, bob.user, role="admin", current="wrong")
        assert answer.status == status


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"role": "reader"},
        {"active": "1"},
        {"role": "god", "active": "1"},
        {"role": "reader", "active": "x"},
    ],
)
async def test_it_needs_both_fields(admin, bob, engine, data):
    assert (await admin.post(f"/admin/users/{bob.user.id}", data=data)).status == 422
    row = await engine.get(User, bob.user.id)
    assert (row.role, row.active) == ("reader", True)


@pytest.mark.parametrize("bad", ["999", "0", "x", "9" * 18, "9" * 30])
async def test_who_is_not_there_is_not_found(admin, bad):
    data = {"role": "reader", "active": "1"}
    assert (await admin.post(f"/admin/users/{bad}", data=data)).status == 404


async def test_the_log_is_shown(admin, bob):
    assert "Nothing yet." in await (await admin.get("/admin/audit")).text()
    await change(admin, bob.user, role="editor")
    text = await (await admin.get("/admin/audit")).text()
    assert "admin changed the role of bob: Reader before, now Editor." in text
    text = await (await admin.get("/admin/audit", headers={"Accept-Language": "zh"})).text()
    assert "admin 把 bob 的角色从“读者”改为“编辑”。" in text


async def test_no_change_leaves_no_trace(admin, bob, engine):
    assert (await change(admin, bob.user)).status == 303
    assert not await engine.exists(AuditEntry.select())
