"""The router's memory: the same answers as without it, and bounded."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from aiohttp.web_urldispatcher import MatchInfoError, UrlDispatcher

from www.routes import ROUTES, setup_routes
from www.routing import Memory

TARGETS = (
    "/", "/files", "/files/12/a%20%E5%9B%BE.png", "/files/12/a/b", "/files/12/edit", "/files/012/a",
    "/files/12/w320.webp", "/blogs/7-a", "/blogs/7-a.md", "/blogs/7", "/no/such", "/uploads/",
    "/files/12/a%2Fb", "/files/12/a?b=c",
)  # fmt: skip


@pytest.fixture
def app():
    app = web.Application()
    setup_routes(app, ROUTES)
    return app


def shown(match):
    if isinstance(match, MatchInfoError):
        return match.http_exception.status
    return match.route, match.handler, dict(match)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "BREW"])
async def test_it_leads_where_the_router_leads(app, method):
    memory = Memory(app.router)
    for target in TARGETS * 2:
        request = make_mocked_request(method, target)
        plain = await UrlDispatcher.resolve(app.router, request)
        assert shown(await memory.resolve(request)) == shown(plain), target


async def test_what_a_handler_does_to_a_match_stays_with_its_request(app):
    memory = Memory(app.router)
    for _ in range(3):
        match = await memory.resolve(make_mocked_request("GET", "/blogs/7-a"))
        assert match["id"] == "7"
        match["id"] = "8"
        match.add_app(app)
        match.freeze()


async def test_it_is_bounded(app):
    memory = Memory(app.router, most=3)
    for number in range(1, 9):
        await memory.resolve(make_mocked_request("GET", f"/files/{number}/a"))
        assert len(memory._found) <= 3
    memory._found.clear()
    for target in ("/no/such", "/files/1/" + "a" * 400):
        await memory.resolve(make_mocked_request("GET", target))
    assert memory._found == {}
