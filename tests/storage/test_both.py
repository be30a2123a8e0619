"""What every storage does, on the local disk and in a bucket."""

import asyncio
import hashlib
import os

import pytest

from tests.storage.keeping import HELLO, content_of, everybody, nobody, store
from www.errors import NotFound
from www.storage import StorageFull
from www.storage.bucket import PART_BYTES

NOW = -10.0  # an age that everything has reached


@pytest.mark.parametrize(
    "sizes", [(), (1,), (300_000, 300_000, 1), (4_000_000,), (1_000_000,) * 20], ids=sum
)
async def test_it_gives_back_what_it_took(storage, sizes):
    chunks = [os.urandom(size) for size in sizes]
    stored = await store(storage, *chunks)
    whole = b"".join(chunks)
    assert (stored.sha256, stored.size_bytes) == (hashlib.sha256(whole).hexdigest(), len(whole))
    content = await storage.open(stored.sha256)
    assert await content.pread(0, len(whole) + 5) == whole
    assert content.size_bytes == len(whole)
    content.close()
    content.close()


async def test_it_reads_from_an_offset(storage):
    content = await storage.open((await store(storage, b"hello")).sha256)
    assert await content.pread(1, 3) == b"ell"
    assert await content.pread(4, 100) == b"o"
    assert await content.pread(5, 100) == b""
    assert await content.pread(50, 100) == b""
    content.close()


async def test_it_reads_in_any_order(storage):
    whole = os.urandom(PART_BYTES + 12_345)
    content = await storage.open((await store(storage, whole)).sha256)
    steps = [(at, 256 * 1024) for at in range(0, len(whole), 256 * 1024)]
    seeks = [(5_000_000, 3_000_000), (5_000_001, 10), (0, 1), (len(whole) - 1, 9), (1, 2_000_000)]
    for start, size in [*steps, *seeks]:
        assert await content.pread(start, size) == whole[start : start + size]
    content.close()


async def test_it_stores_equal_content_once(storage, stored):
    assert await store(storage, b"hello") == await store(storage, b"hel", b"lo")
    assert await stored() == [HELLO]


async def test_many_at_once_agree(storage, stored):
    many = await asyncio.gather(*(store(storage, b"hello") for _ in range(20)))
    assert {one.sha256 for one in many} == {HELLO}
    assert await stored() == [HELLO]


@pytest.mark.parametrize("sha256", ["", "../../etc/passwd", "ab", HELLO.upper(), HELLO + "\n"])
async def test_it_makes_no_path_of_other_text(storage, sha256):
    for ask in (storage.open, storage.exists, storage.delete):
        with pytest.raises(NotFound):
            await ask(sha256)


async def test_it_says_what_is_missing(storage):
    assert not await storage.exists(HELLO)
    with pytest.raises(NotFound):
        await storage.open(HELLO)
    await store(storage, b"hello")
    assert await storage.exists(HELLO)


async def test_it_adopts_a_finished_file(storage, tmp_path, stored):
    finished = tmp_path / "data" / "finished"
    for _ in range(2):
        finished.write_bytes(b"hello")
        kept = await storage.adopt(finished, HELLO, 5)
        assert (kept.sha256, kept.size_bytes) == (HELLO, 5)
    assert await stored() == [HELLO]
    assert await content_of(storage, HELLO) == b"hello"


async def test_it_leaves_nothing_of_an_aborted_upload(storage, stored):
    incoming = await storage.begin()
    await incoming.write(b"x" * 600_000)
    await incoming.abort()
    await incoming.abort()
    assert await stored() == []


async def test_it_withdraws_what_got_no_row(storage, stored):
    incoming = await storage.begin()
    await incoming.write(b"hello")
    await incoming.commit()
    await incoming.withdraw()
    await incoming.withdraw()
    assert await stored() == []


@pytest.mark.parametrize("first", [True, False], ids=["before", "since"])
async def test_it_withdraws_nothing_that_others_stored(storage, stored, first):
    if first:
        await store(storage, b"hello")
    incoming = await storage.begin()
    await incoming.write(b"hello")
    await incoming.commit()
    if not first:
        await store(storage, b"hello")
    await incoming.withdraw()
    assert await stored() == [HELLO]


async def test_it_deletes_what_is_old_and_spares_what_is_young(storage):
    await store(storage, b"hello")
    assert not await storage.delete(HELLO)
    assert await storage.delete(HELLO, older_than_s=NOW)
    assert await storage.delete(HELLO)
    assert not await storage.exists(HELLO)


async def test_it_spares_what_was_just_stored_again(storage):
    """The bucket's clock has seconds; the first one is then older than two, the second is not."""
    await store(storage, b"hello")
    await asyncio.sleep(3.5)
    await store(storage, b"hello")
    assert not await storage.delete(HELLO, older_than_s=2)
    assert await storage.exists(HELLO)


async def test_it_sweeps_what_nobody_uses(storage, stored):
    await store(storage, b"hello")
    assert await storage.sweep(nobody) == 0
    assert await storage.sweep(everybody, older_than_s=NOW) == 0
    assert await storage.sweep(nobody, older_than_s=NOW) == 1
    assert await stored() == []


async def test_storing_and_deleting_at_once_lose_nothing(storage):
    """Who was told that a content is stored finds it there, whoever is deleting it meanwhile."""
    done = asyncio.Event()
    kept = deleted = 0

    async def delete():
        nonlocal deleted
        while not done.is_set():
            there = await storage.exists(HELLO)
            deleted += await storage.delete(HELLO, older_than_s=0.4) and there
            await asyncio.sleep(0)

    async def upload():
        nonlocal kept
        while kept < 12 or deleted < 3:
            await store(storage, b"hello")
            assert await storage.exists(HELLO)
            kept += 1
            await asyncio.sleep(0.3 + kept % 12 / 20)

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        for _ in range(2):
            tasks.create_task(delete())
        await upload()
        done.set()


async def test_it_leaves_space_on_the_disk(storage, monkeypatch):
    disk = getattr(storage, "_disk", storage)
    monkeypatch.setattr(disk, "_min_free_bytes", 2**60)
    incoming = await storage.begin()
    with pytest.raises(StorageFull):
        await incoming.commit()
    await incoming.abort()


async def test_a_cancelled_upload_leaves_nothing(storage, stored):
    async def upload():
        incoming = await storage.begin()
        try:
            while True:
                await incoming.write(b"x" * 100_000)
                await asyncio.sleep(0)
        finally:
            await incoming.abort()

    for turns in (1, 3, 10, 30):
        task = asyncio.create_task(upload())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await storage.__aexit__(None, None, None)  # waits for threads that still discard
    assert await stored() == []


@pytest.mark.parametrize("sizes", [[], [1], [10, 300_000, 5], [65_536, 1, 65_535]])
async def test_it_takes_a_buffer_that_is_used_again(storage, sizes):
    """In a thread, as large bodies come: nothing of the buffer may be kept."""
    pieces = [os.urandom(size) for size in sizes]

    def feed():
        incoming, buffer = storage.start(), bytearray(max(sizes, default=0))
        for piece in pieces:
            buffer[: len(piece)] = piece
            incoming.feed(memoryview(buffer)[: len(piece)])
        return incoming

    incoming = await asyncio.to_thread(feed)
    stored = await incoming.commit()
    await incoming.abort()
    assert stored.sha256 == hashlib.sha256(b"".join(pieces)).hexdigest()
    assert await content_of(storage, stored.sha256) == b"".join(pieces)
