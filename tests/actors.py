"""The whole application on a database of its own, and who uses it: fixtures of the product's tests.

    async def test_it_works(alice): response = await alice.get("/write")

`client` is a stranger; `alice` is an author, `bob` a reader, `admin` runs the site, all signed in.
`@pytest.mark.parametrize("settings", [{"site": {"registration": "closed"}}], indirect=True)` changes settings.
"""

import functools
import os
from datetime import UTC, datetime

import aiohttp_jinja2
import jinja2
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher

from www import keys
from www.app import create_app
from www.auth import sessions
from www.auth.passwords import Passwords
from www.models import Role, User
from www.settings import Settings

PASSWORD = "four unrelated words"
CHEAP = {"time_cost": 1, "memory_kib": 8}


class Actor(TestClient[web.Request, web.Application]):
    """A signed-in client; `user` is the row."""

    user: User


class Compiled(jinja2.BytecodeCache):
    """Templates are compiled once per run and not once per test, which took 0.1 s each."""

    def __init__(self):
        self.known = {}

    def load_bytecode(self, bucket):
        if bucket.key in self.known:
            bucket.bytecode_from_string(self.known[bucket.key])

    def dump_bytecode(self, bucket):
        self.known[bucket.key] = bucket.bytecode_to_string()


_COMPILED = Compiled()


@functools.cache
def _hashed(password):
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


@pytest.fixture
def database(request, tmp_path):
    """`db` of the settings: an SQLite file, or with WWW_TEST_DATABASE=postgres a server's."""
    on_server = os.environ.get("WWW_TEST_DATABASE") == "postgres"
    if not on_server or request.node.get_closest_marker("sqlite"):
        return {"database": tmp_path / "res" / "www.db", "durability": "normal"}
    db = request.getfixturevalue("postgres_product")
    return {**db, "durability": "normal", "pool": 4}


@pytest.fixture
def settings(request, tmp_path, database):
    given = getattr(request, "param", {})
    own = {"data": tmp_path / "res", "db": database}
    return Settings.model_validate({**own, **given})


@pytest.fixture
def app(settings):
    app = create_app(settings, passwords=Passwords(**CHEAP))
    aiohttp_jinja2.get_env(app).bytecode_cache = _COMPILED
    return app


@pytest.fixture
async def server(app):
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


@pytest.fixture
async def client(server):
    async with TestClient(server) as client:
        yield client


@pytest.fixture
def engine(server, app):
    return app[keys.engine]


async def add_user(db, name, role=Role.READER, password=PASSWORD, **columns):
    """Insert a person without going through the door."""
    row = User(
        name=name,
        name_key=name.casefold(),
        password_hash=_hashed(password),
        role=role,
        **columns,
    )
    return await db.insert(row)


async def sign_in(server, user):
    """Return a client with a session of `user`'s, and `.user`."""
    async with server.app[keys.engine].transaction() as conn:
        token = await sessions.create(conn, user, now=datetime.now(UTC), user_agent="tests")
    actor = Actor(server)
    actor.user = user
    actor.session.cookie_jar.update_cookies({"session": token}, server.make_url("/"))
    return actor


@pytest.fixture
async def make_actor(server, engine):
    """Return a function that adds a person and signs them in: `await make_actor("eve", "editor")`."""
    actors = []

    async def make(name, role=Role.READER, **columns):
        actors.append(await sign_in(server, await add_user(engine, name, role, **columns)))
        return actors[-1]

    yield make
    for actor in actors:
        await actor.close()


@pytest.fixture
async def alice(make_actor):
    return await make_actor("alice", Role.AUTHOR)


@pytest.fixture
async def bob(make_actor):
    return await make_actor("bob", Role.READER)


@pytest.fixture
async def admin(make_actor):
    return await make_actor("admin", Role.ADMIN)
