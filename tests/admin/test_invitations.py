"""Invitations: made, shown once, used once, revoked."""

import re
from datetime import UTC, datetime

import pytest

from tests.actors import PASSWORD
from www.admin import actions
from www.errors import Forbidden
from www.models import AuditEntry, OneTimeLink, Role, User

GOOD = {"name": "guest-7", "email": "", "password": "four unrelated words"}


async def invite(actor, role="author"):
    response = await actor.post("/admin/invitations", data={"role": role})
    found = re.search(r'value="http://[^/"]+(/setup/[^"]+)"', await response.text())
    return response, found and found[1]


async def test_it_works(admin, client):
    response, link = await invite(admin)
    assert response.status == 200
    assert response.headers["Cache-Control"] == "no-store"
    answer = await client.post(link, data=GOOD, allow_redirects=False)
    assert answer.status == 303
    assert (await client.get("/write")).status == 200


async def test_the_address_is_shown_only_once(admin):
    _, link = await invite(admin)
    text = await (await admin.get("/admin/invitations")).text()
    assert link not in text
    assert "/revoke" in text


async def test_it_leaves_a_trace(admin, engine):
    await invite(admin, "editor")
    entry = await engine.one(AuditEntry.select())
    assert (entry.actor_id, entry.action, entry.target) == (admin.user.id, "invite", "editor")


@pytest.mark.parametrize("settings", [{"site": {"registration": "closed"}}], indirect=True)
async def test_a_closed_site_makes_none_and_says_why(admin, engine):
    page = await (await admin.get("/admin/invitations")).text()
    assert "Registration is closed in the settings" in page
    assert "Make an invitation" not in page
    answer, _ = await invite(admin)
    assert answer.status == 403
    assert "Registration is closed in the settings" in await answer.text()
    assert not await engine.exists(OneTimeLink.select())


async def test_it_can_be_revoked(admin, client, engine):
    _, link = await invite(admin)
    number = await engine.scalar(OneTimeLink.select(OneTimeLink.id))
    response = await admin.post(f"/admin/invitations/{number}/revoke")
    assert response.status == 200
    assert "None is waiting." in await response.text()
    assert (await client.get(link)).status == 404
    assert (await admin.post(f"/admin/invitations/{number}/revoke")).status == 404


async def test_a_used_one_is_no_longer_listed(admin, client):
    _, link = await invite(admin)
    await client.post(link, data=GOOD)
    assert "None is waiting." in await (await admin.get("/admin/invitations")).text()


@pytest.mark.parametrize("data", [{}, {"role": "god"}, {"role": ""}, {"role": "x" * 5000}])
async def test_it_needs_a_role(admin, engine, data):
    response = await admin.post("/admin/invitations", data=data)
    assert response.status == 422
    assert "Please choose one of the options." in await response.text()
    assert not await engine.exists(OneTimeLink.select())


async def test_programs_get_a_problem(admin):
    headers = {"Accept": "application/json"}
    response = await admin.post("/admin/invitations", data={}, headers=headers)
    assert (response.status, response.content_type) == (422, "application/problem+json")


async def test_an_administrators_needs_the_password(admin, engine):
    asked, _ = await invite(admin, "admin")
    assert asked.status == 422
    assert "Invite an administrator?" in await asked.text()
    assert not await engine.exists(OneTimeLink.select())
    data = {"role": "admin", "current": PASSWORD}
    made = await admin.post("/admin/invitations", data=data)
    assert (made.status, made.headers["Cache-Control"]) == (200, "no-store")
    assert await engine.scalar(OneTimeLink.select(OneTimeLink.role)) == "admin"


async def test_who_is_no_longer_an_administrator_invites_nobody(admin, engine):
    await engine.run(User.update(active=False).where(User.id == admin.user.id))
    async with engine.transaction() as conn:
        with pytest.raises(Forbidden):
            await actions.invite(conn, admin.user, role=Role.READER, now=datetime.now(UTC))
