"""One-time links: the first administrator, invitations, forgotten passwords."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.actors import PASSWORD, add_user
from www.accounts import actions
from www.models import OneTimeLink, Role, Session, User

GOOD = {"name": "boss", "email": "", "password": "four unrelated words"}


def now():
    return datetime.now(UTC)


@pytest.fixture
async def setup_link(engine):
    async with engine.transaction() as conn:
        return f"/setup/{await actions.issue_setup_link(conn, now=now())}"


@pytest.fixture
async def invitation(engine):
    async with engine.transaction() as conn:
        token = await actions.issue_invitation(conn, role=Role.EDITOR, created_by=None, now=now())
    return "/setup/" + token


async def reset_link(engine, user, at=None):
    async with engine.transaction() as conn:
        token = await actions.issue_reset_link(conn, user, created_by=None, now=at or now())
    return "/setup/" + token


async def use(client, link, **fields):
    return await client.post(link, data={**GOOD, **fields}, allow_redirects=False)


async def test_the_first_administrator_sets_the_site_up(client, engine, setup_link):
    assert "Set up this site" in await (await client.get(setup_link)).text()
    response = await use(client, setup_link, name="admin")
    assert (response.status, response.headers["Location"]) == (303, "/?notice=welcome")
    assert await engine.scalar(User.select(User.role)) == "admin"
    assert (await client.get("/admin/users")).status == 200
    log = await (await client.get("/admin/audit")).text()
    assert "admin set up this site and became its administrator." in log


async def test_a_link_works_once(client, engine, setup_link):
    await use(client, setup_link)
    for response in (await client.get(setup_link), await use(client, setup_link, name="second")):
        assert response.status == 410
        assert "used already" in await response.text()
    assert await engine.count(User.select()) == 1


async def test_of_two_at_once_one_wins(client, engine, invitation):
    names = [f"person{n}" for n in range(10)]
    answers = await asyncio.gather(*(use(client, invitation, name=name) for name in names))
    assert sorted(answer.status for answer in answers) == [303] + [410] * 9
    assert await engine.count(User.select()) == 1
    assert await engine.count(Session.select()) == 1


async def test_a_mistake_does_not_use_it_up(client, engine, invitation):
    await add_user(engine, "boss")
    assert (await use(client, invitation)).status == 422
    assert (await use(client, invitation, password="short")).status == 422
    assert (await use(client, invitation, name="other")).status == 303


async def test_an_invitation_gives_its_role(client, engine, invitation):
    assert "You are invited" in await (await client.get(invitation)).text()
    await use(client, invitation, role="admin")
    assert await engine.scalar(User.select(User.role)) == "editor"


@pytest.mark.parametrize("settings", [{"site": {"registration": "invite"}}], indirect=True)
async def test_an_invitation_opens_a_site_that_is_not(client, invitation):
    assert (await client.get("/register")).status == 403
    assert (await use(client, invitation)).status == 303


@pytest.mark.parametrize("settings", [{"site": {"registration": "closed"}}], indirect=True)
async def test_a_closed_site_takes_no_invitation(client, engine, invitation, setup_link):
    for answer in (await client.get(invitation), await use(client, invitation)):
        assert answer.status == 403
        assert "<h1>No new accounts</h1>" in await answer.text()
    assert not await engine.exists(User.select())
    assert (await use(client, setup_link, name="boss")).status == 303


async def test_names_are_reserved_for_who_is_invited_too(client, invitation):
    assert (await use(client, invitation, name="admin")).status == 422


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 500, "%F0%9F%98%80", "%00", "%ff"])
async def test_an_unknown_link_is_not_found(client, token):
    for response in (await client.get(f"/setup/{token}"), await use(client, f"/setup/{token}")):
        assert response.status in {400, 404}


async def test_an_old_link_is_gone(client, engine):
    eve = await add_user(engine, "eve")
    link = await reset_link(engine, eve, at=now() - timedelta(days=1, minutes=1))
    assert (await client.get(link)).status == 410
    assert (await use(client, link)).status == 410


async def another_setup_link(engine):
    async with engine.transaction() as conn:
        return f"/setup/{await actions.issue_setup_link(conn, now=now())}"


async def test_every_setup_link_works_until_there_is_an_administrator(client, engine, setup_link):
    second = await another_setup_link(engine)
    assert (await client.get(setup_link)).status == 200
    assert (await use(client, second)).status == 303
    assert (await client.get(setup_link)).status == 404
    assert (await use(client, setup_link, name="second")).status == 404
    assert await engine.count(User.select()) == 1


async def test_of_two_setup_links_at_once_one_wins(client, engine, setup_link):
    links = [setup_link, *[await another_setup_link(engine) for _ in range(4)]]
    answers = await asyncio.gather(*(use(client, link, name=f"b{link[-9:]}") for link in links))
    statuses = sorted(answer.status for answer in answers)
    assert statuses[0] == 303
    assert set(statuses[1:]) <= {404, 410}
    assert await engine.count(User.select().where(User.role == Role.ADMIN)) == 1


async def test_setup_links_end_with_an_administrator_of_the_command_line(engine, setup_link):
    async with engine.transaction() as conn:
        await actions.add(conn, name="boss", password_hash="x", role=Role.ADMIN, now=now())
    assert not await engine.exists(OneTimeLink.select())


async def test_there_is_no_setup_link_for_a_site_with_an_administrator(engine, admin):
    async with engine.transaction() as conn:
        assert await actions.issue_setup_link(conn, now=now()) is None


async def test_a_setup_link_ends_with_the_first_administrator(client, engine, setup_link):
    await add_user(engine, "first", Role.ADMIN)
    assert (await use(client, setup_link)).status == 410
    assert await engine.count(User.select()) == 1


async def test_a_forgotten_password_is_replaced(client, alice, engine):
    link = await reset_link(engine, alice.user)
    page = await (await client.get(link)).text()
    assert "Choose a new password" in page
    assert 'name="name"' not in page
    response = await use(client, link, password="another four words")
    assert response.headers["Location"] == "/?notice=password_changed"
    assert "You sign in as alice." in await (await client.get("/account")).text()
    assert (await alice.get("/account", allow_redirects=False)).status == 303
    for password, status in ((PASSWORD, 422), ("another four words", 303)):
        data = {"name": "alice", "password": password}
        response = await client.post("/login", data=data, allow_redirects=False)
        assert response.status == status


async def test_a_reset_link_of_somebody_inactive_is_gone(client, engine):
    eve = await add_user(engine, "eve", active=False)
    assert (await use(client, await reset_link(engine, eve))).status == 410


async def test_the_token_is_kept_from_others(client, engine, setup_link, settings):
    page = await client.get(setup_link)
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert page.headers["Cache-Control"] == "no-store"
    token = setup_link.rpartition("/")[2].encode()
    stored = b"".join(path.read_bytes() for path in settings.db.database.parent.glob("www.db*"))
    assert token not in stored
    assert await engine.exists(OneTimeLink.select())


async def test_the_form_works_without_fetch_metadata(client, setup_link):
    """Browsers send none over plain http; the page's referrer policy must leave Origin alone."""
    origin = str(client.make_url("/")).rstrip("/")
    response = await client.post(
        setup_link, data=GOOD, headers={"Origin": origin}, allow_redirects=False
    )
    assert response.status == 303


async def test_of_two_setup_links_used_at_once_one_makes_the_administrator(client, engine):
    links = []
    for _ in range(5):
        async with engine.transaction() as conn:
            links.append(f"/setup/{await actions.issue_setup_link(conn, now=now())}")
    answers = await asyncio.gather(
        *(use(client, link, name=f"first{n}") for n, link in enumerate(links))
    )
    assert sorted(answer.status for answer in answers) == [303, 410, 410, 410, 410]
    assert await engine.count(User.select()) == 1
