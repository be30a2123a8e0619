"""Every route names its access, and every GET has its HEAD."""

from tests.chassis import make_app
from www import keys
from www.app import create_app
from www.middlewares.access import Access
from www.settings import Settings


def test_every_route_names_its_access():
    app = create_app(Settings())
    access = app[keys.access]
    for route in app.router.routes():
        assert route in access, f"{route} has no access in www/routes.py"
        assert isinstance(access[route], Access)


def test_every_get_has_its_head():
    app = create_app(Settings())
    for resource in app.router.resources():
        methods = {route.method for route in resource}
        assert ("GET" in methods) == ("HEAD" in methods), resource


async def test_other_methods_are_refused_with_those_that_work(aiohttp_client):
    client = await aiohttp_client(make_app())
    response = await client.delete("/healthz")
    assert response.status == 405
    assert response.headers["Allow"] == "GET,HEAD"
