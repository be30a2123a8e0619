"""Both storages; tests that ask for `storage` run on each, those for `disk` and `cloud` on one."""

import pytest

from www.storage import LocalStorage
from www.storage.bucket import Bucket
from www.storage.s3 import S3Storage


@pytest.fixture(params=["local", "s3"])
def storage(request):
    """A storage: the local disk, and a bucket."""
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
def stored(request, tmp_path):
    """What is kept, temporary files too: a function, for tests ask before and after."""

    async def names():
        folder = tmp_path / "data"
        found = [path.name for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
        if "bucket" in request.fixturenames or "[s3" in request.node.name:
            objects = await Bucket(request.getfixturevalue("bucket")).below("files")
            found += [key.rpartition("/")[2] for key in objects]
        return sorted(found)

    return names
