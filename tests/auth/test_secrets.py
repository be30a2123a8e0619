"""What must stay secret: passwords and tokens in logs, the data folder, the code.

The program itself has no secret: cookies carry random tokens, nothing is signed or encrypted, so
there is nothing to generate and nothing that could stand in the code.
"""

import logging
from datetime import UTC, datetime

import pytest
from aiohttp.test_utils import TestServer

from tests.actors import PASSWORD
from www.access_log import AccessLogger
from www.accounts import actions
from www.logs import JsonFormatter, TextFormatter
from www.models import Role

SECRETS = {
    "typed": "violet kettle orbit",
    "wrong": "purple teapot comet",
    "new": "green spoon planet",
}


@pytest.fixture
async def server(app):
    """The server with the access log of real life."""
    server = TestServer(app)
    await server.start_server(
        access_log_class=AccessLogger, access_log=logging.getLogger("www.access")
    )
    yield server
    await server.close()


async def walk(client, engine, alice):
    """Register, sign in wrongly and rightly, follow a link, change a password; return tokens."""
    async with engine.transaction() as conn:
        now = datetime.now(UTC)
        link = await actions.issue_invitation(conn, role=Role.READER, created_by=None, now=now)
    new = {"name": "eve", "email": "", "password": SECRETS["typed"]}
    await client.get(f"/setup/{link}")
    await client.post(f"/setup/{link}", data=new)
    await client.post(f"/setup/{link}", data=new)
    await client.post("/register", data={**new, "name": "eve2"})
    for password in SECRETS.values():
        await client.post("/login", data={"name": "eve", "password": password})
        await client.post("/login", data={"name": password, "password": password})
    await client.get("/login", params={"password": SECRETS["typed"], "next": f"/setup/{link}"})
    change = {"current": PASSWORD, "password": SECRETS["new"]}
    await alice.post("/account/password", data=change)
    jars = [*client.session.cookie_jar, *alice.session.cookie_jar]
    return [link, *(cookie.value for cookie in jars if cookie.key == "session")]


async def test_no_log_line_holds_one(client, engine, alice, caplog):
    caplog.set_level(logging.DEBUG)
    tokens = await walk(client, engine, alice)
    assert len(tokens) == 3
    lines = [
        formatter.format(record)
        for record in caplog.records
        for formatter in (TextFormatter(), JsonFormatter())
    ]
    assert any("/login" in line for line in lines)
    text = "\n".join(lines)
    found = [s for s in (*tokens, *SECRETS.values(), PASSWORD, "$argon2") if s in text]
    assert found == []


async def test_the_data_folder_is_ours_alone(alice, settings):
    await alice.get("/")
    paths = [settings.data, *settings.data.rglob("*")]
    assert len(paths) > 1
    assert [path for path in paths if path.stat().st_mode & 0o077] == []
