import pytest

from tests.uploads.door import Draft, Tus
from www import keys


@pytest.fixture
async def tus(alice):
    return Tus(alice)


@pytest.fixture
async def draft(alice):
    return Draft(alice)


@pytest.fixture
def uploads(app, server):
    return app[keys.uploads]
