"""What a line of routes.py asks for is enforced, whatever the handler does."""

import pytest

from tests.chassis import make_app
from www.models import User


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("reader", {"/user"}),
        ("author", {"/user", "/author"}),
        ("editor", {"/user", "/author"}),
        ("admin", {"/user", "/author", "/admin"}),
    ],
)
async def test_it_knows_the_roles(aiohttp_client, role, allowed):
    client = await aiohttp_client(make_app(user=User(id=1, name="somebody", role=role)))
    found = {path for path in ("/user", "/author", "/admin") if await _status(client, path) == 200}
    assert found == allowed


async def test_it_refuses_with_a_page(aiohttp_client):
    client = await aiohttp_client(make_app(user=User(id=1, name="bob", role="reader")))
    response = await client.get("/author")
    assert response.status == 403
    assert (await response.text()).startswith("page 403")


async def test_it_requires_login(aiohttp_client):
    client = await aiohttp_client(make_app())
    for method, path in (("GET", "/user"), ("HEAD", "/user"), ("POST", "/author")):
        response = await client.request(method, path, allow_redirects=False)
        assert response.status == 303
        assert response.headers["Location"].startswith("/login")


async def _status(client, path):
    return (await client.get(path)).status
