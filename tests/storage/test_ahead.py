"""What readers of a bucket hold, and how many of them ask it at once."""

import asyncio
import os

import pytest

from tests.files.door import until
from tests.storage.keeping import store
from www.errors import Unavailable
from www.storage import ahead, s3_content
from www.storage.bucket import Bucket

STEP = 64 * 1024
CONTENT = os.urandom(9 * 1024**2 + 7)


@pytest.fixture
async def sha256(cloud):
    return (await store(cloud, CONTENT)).sha256


async def steps(content, count, at=0):
    return b"".join([await content.pread(at + n * STEP, STEP) for n in range(count)])


async def test_who_reads_on_gets_everything_and_holds_nothing_afterwards(cloud, sha256):
    content = await cloud.open(sha256)
    found, seen = bytearray(), []
    while piece := await content.pread(len(found), STEP):
        found += piece
        seen.append(cloud.bucket.ahead.held)
    assert found == CONTENT
    assert (max(seen), seen[-1]) == (ahead.MOST_OF_ONE + 1, 0)  # and the one being read
    content.close()


async def test_who_pauses_holds_nothing_and_goes_on(cloud, sha256, monkeypatch):
    monkeypatch.setattr(s3_content, "PAUSE_S", 0.05)
    content = await cloud.open(sha256)
    assert await steps(content, 4) == CONTENT[: 4 * STEP]
    await until(lambda: cloud.bucket.ahead.held == 0)
    assert not content._blocks
    assert await steps(content, 40, 4 * STEP) == CONTENT[4 * STEP : 44 * STEP]
    content.close()


async def test_who_comes_slowly_is_given_nothing_ahead(cloud, sha256, monkeypatch):
    monkeypatch.setattr(s3_content, "PAUSE_S", 0.0)
    content = await cloud.open(sha256)
    for n in range(5):
        assert await content.pread(n * STEP, STEP) == CONTENT[n * STEP : (n + 1) * STEP]
        assert cloud.bucket.ahead.held == 0
    content.close()


async def test_many_readers_share_what_may_be_held(cloud, sha256, monkeypatch):
    monkeypatch.setattr(s3_content, "PAUSE_S", 60.0)
    contents = [await cloud.open(sha256) for _ in range(40)]
    seen = []

    async def read(content):
        found = bytearray()
        while piece := await content.pread(len(found), STEP):
            found += piece
            seen.append(cloud.bucket.ahead.held)
        assert found == CONTENT

    await asyncio.gather(*map(read, contents))
    assert max(seen) <= ahead.MOST_BLOCKS
    for content in contents:
        content.close()
    assert cloud.bucket.ahead.held == 0


async def test_the_bucket_is_asked_by_few_at_once(cloud, sha256, monkeypatch):
    read, under_way, seen = Bucket._range, [], []

    async def watched(self, *args):
        under_way.append(args)
        seen.append(len(under_way))
        try:
            return await read(self, *args)
        finally:
            under_way.remove(args)

    monkeypatch.setattr(Bucket, "_range", watched)
    contents = [await cloud.open(sha256) for _ in range(3 * ahead.MOST_READS)]
    await asyncio.gather(*(steps(content, 3, n * 1000) for n, content in enumerate(contents)))
    assert max(seen) == ahead.MOST_READS
    for content in contents:
        content.close()


async def test_a_panic_in_the_library_is_a_storage_that_fails(cloud, monkeypatch, caplog):
    class RustPanic(Exception):
        """The name by which the library raises it."""

    async def panic(*_, **__):
        raise RustPanic("rust future panicked: unknown error")

    monkeypatch.setattr("obstore.head_async", panic)
    with pytest.raises(Unavailable):
        await cloud.exists("0" * 64)
    assert "the bucket could not look at files/00/00" in caplog.text
