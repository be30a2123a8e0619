import pytest
from aiohttp.test_utils import TestServer

from tests.uploads.door import Draft, Tus
from www import keys
from www.bodies import Lender


@pytest.fixture
async def server(app, monkeypatch):
    """The site as the program serves it: sockets are lent, handlers outlive their connections."""
    monkeypatch.setattr("aiohttp.web_server.RequestHandler", Lender)
    async with TestServer(app) as server:
        server.handler.handler_cancellation = False
        yield server


@pytest.fixture
async def tus(alice):
    return Tus(alice)


@pytest.fixture
async def draft(alice):
    return Draft(alice)


@pytest.fixture
def uploads(app, server):
    return app[keys.uploads]
