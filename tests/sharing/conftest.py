import pytest
from aiohttp.test_utils import TestClient

from tests.files.door import upload


@pytest.fixture
async def file(alice):
    [made] = await upload(alice, ("照片 1.txt", b"hello"))
    data = {"name": made["name"], "folder": "", "visibility": "private"}
    await alice.post("/files/1/edit", data=data)
    return made


@pytest.fixture
async def visitor(server):
    """Return a function that makes strangers with a browser each."""
    opened = []

    async def make_one():
        opened.append(TestClient(server))
        return opened[-1]

    yield make_one
    for client in opened:
        await client.close()
