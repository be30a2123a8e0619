"""The kit on both storages, without pages or rows."""

import pytest

from www.pictures.maker import Pictures
from www.storage import LocalStorage
from www.storage.s3 import S3Storage


@pytest.fixture(params=["local", "s3"])
def storage(request):
    return request.getfixturevalue("disk" if request.param == "local" else "cloud")


@pytest.fixture
async def disk(tmp_path):
    async with LocalStorage(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
async def cloud(tmp_path, bucket):
    async with S3Storage(bucket, tmp_path / "data") as opened:
        yield opened


@pytest.fixture
async def pictures(disk, tmp_path):
    async with Pictures(disk, tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def make(disk):
    """Store bytes and return their hash."""

    async def stored(content):
        incoming = await disk.begin()
        await incoming.write(content)
        return (await incoming.commit()).sha256

    return stored
