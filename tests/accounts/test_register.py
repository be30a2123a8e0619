"""Making an account through the door."""

import asyncio
import io

import pytest

from tests.actors import add_user
from www import keys
from www.models import Session, User

GOOD = {"name": "Zoë", "email": "zoe@example.org", "password": "violet kettle orbit"}
JSON = {"Accept": "application/json"}


async def register(client, *, headers=None, **fields):
    data = {**GOOD, **fields}
    return await client.post("/register", data=data, headers=headers, allow_redirects=False)


async def test_it_works(client, engine):
    response = await register(client)
    assert (response.status, response.headers["Location"]) == (303, "/?notice=welcome")
    user = await engine.one(User.select())
    assert (user.name, user.name_key, user.email, user.role) == (
        "Zoë", "zoë", "zoe@example.org", "author"
    )  # fmt: skip
    assert user.password_hash.startswith("$argon2id$")
    assert "You sign in as Zoë." in await (await client.get("/account")).text()


async def test_it_shows_the_form(client):
    response = await client.get("/register")
    assert response.status == 200
    assert 'name="password"' in await response.text()


async def test_it_goes_where_the_person_wanted_to_be(client):
    assert (await register(client, next="/write")).headers["Location"] == "/write"


@pytest.mark.parametrize("settings", [{"site": {"new_user_role": "reader"}}], indirect=True)
async def test_the_settings_choose_the_role(client, engine):
    await register(client)
    assert await engine.scalar(User.select(User.role)) == "reader"


async def test_the_form_cannot_choose_the_role(client, engine):
    await register(client, role="admin", active="1", id="7")
    assert await engine.scalar(User.select(User.role)) == "author"


@pytest.mark.parametrize(
    ("settings", "heading"),
    [
        ({"site": {"registration": "closed"}}, "No new accounts"),
        ({"site": {"registration": "invite"}}, "By invitation"),
    ],
    indirect=["settings"],
)
async def test_strangers_stay_outside(client, engine, heading):
    for answer in (await client.get("/register"), await register(client)):
        assert answer.status == 403
        assert f"<h1>{heading}</h1>" in await answer.text()
    problem = await client.get("/register", headers={"Accept": "application/json"})
    assert (problem.status, problem.content_type) == (403, "application/problem+json")
    assert not await engine.exists(User.select())


@pytest.mark.parametrize("name", ["zoe2", "张伟", "Ünal-Öz", "иван", "नमस्ते", "a.b", "x_", "42"])
async def test_it_takes_names_of_any_language(client, name):
    assert (await register(client, name=name)).status == 303


@pytest.mark.parametrize(
    "name",
    [
        *("", "x", "x" * 33, ".hidden", "-x", "x.", "a b", "a/b", "../..", "<b>", "a@b", "😀😀"),
        *("ab\u202ecd", "ab\u200bcd", "a\ud7ffb\ufffe", "p\u0430ypal", "admin", "ＲＯＯＴ", "a\nb"),
    ],
)
async def test_it_refuses_other_names(client, engine, name):
    response = await register(client, name=name)
    assert response.status == 422
    text = await response.text()
    assert 'id="f-name-wrong"' in text
    assert GOOD["email"] in text
    assert GOOD["password"] not in text
    assert not await engine.exists(User.select())


@pytest.mark.parametrize("email", ["x", "a@", "@b", "a b@c", "a@b@c", "a@b..c", "x" * 250 + "@b.c"])
async def test_it_refuses_what_is_no_address(client, email):
    response = await register(client, email=email)
    assert response.status == 422
    assert 'id="f-email-wrong"' in await response.text()


async def test_an_address_is_optional(client, engine):
    assert (await register(client, email="")).status == 303
    assert await engine.scalar(User.select(User.email)) is None


@pytest.mark.parametrize(
    "password",
    [
        *(
            "",
            "short",
            "password",
            "Passw0rd!",
            "iloveyou2024",
            "12345678",
            "aaaaaaaa",
            "abcdefghij",
        ),
        *("zoe@example.org", "x" * 1025, "é" * 513, "x" * 100_000),
    ],
)
async def test_it_refuses_weak_and_endless_passwords(client, engine, password):
    response = await register(client, password=password)
    assert response.status == 422
    assert 'id="f-password-wrong"' in await response.text()
    assert not await engine.exists(User.select())


async def test_it_refuses_the_name_as_the_password(client):
    response = await register(client, name="maximilian", password="Maximilian99!")
    assert "your name or address" in await response.text()


@pytest.mark.parametrize("taken", ["Zoë", "ZOË", "Zoe\u0308", "Ｚｏë"])
async def test_a_name_is_taken_once(client, engine, taken):
    await add_user(engine, "zoë")
    response = await register(client, name=taken)
    assert response.status == 422
    assert "This name is taken." in await response.text()
    assert await engine.count(User.select()) == 1
    assert not await engine.exists(Session.select())


async def test_of_twenty_at_once_one_gets_the_name(client, engine):
    answers = await asyncio.gather(*(register(client) for _ in range(20)))
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [303] + [422] * 19
    assert await engine.count(User.select()) == 1
    assert await engine.count(Session.select()) == 1


async def test_programs_get_every_problem_at_once(client):
    response = await register(client, name="x", email="x", password="x", headers=JSON)
    assert response.status == 422
    body = await response.json(content_type="application/problem+json")
    assert set(body["errors"]) == {"name", "email", "password"}


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"name=%00", "application/x-www-form-urlencoded", 400),
        (b"name=%ff%fe", "application/x-www-form-urlencoded", 400),
        (b"name=%ed%a0%80", "application/x-www-form-urlencoded", 400),
        (b'{"name": "x"}', "application/json", 415),
        (b"", "application/x-www-form-urlencoded", 422),
        (b"&".join(b"name=x" for _ in range(1000)), "application/x-www-form-urlencoded", 413),
        (b"name=" + b"x" * 3_000_000, "application/x-www-form-urlencoded", 413),
    ],
)
async def test_nonsense_is_refused(client, engine, body, content_type, status):
    headers = {"Content-Type": content_type}
    for path in ("/register", "/login"):
        response = await client.post(path, data=io.BytesIO(body), headers=headers)
        assert response.status == status
    assert not await engine.exists(User.select())


async def test_who_is_signed_in_needs_no_account(bob):
    response = await bob.get("/register", allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (303, "/")


async def test_one_network_gets_twenty_accounts_and_waits(client, engine):
    for number in range(20):
        assert (await register(client, name=f"person{number}")).status == 303
        client.session.cookie_jar.clear()
    response = await register(client, name="person20")
    assert response.status == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 2
    assert await engine.count(User.select()) == 20


async def test_names_that_are_taken_cost_no_hash(client, engine, app):
    await add_user(engine, "zoë")
    app[keys.passwords].hash = None
    for _ in range(25):
        assert (await register(client)).status == 422
