import asyncio
import errno
import hashlib
import os
import resource
import stat
import sys
import threading
import time
from pathlib import Path

import pytest

from www.errors import NotFound
from www.storage import LocalStorage, StorageFull

HELLO = hashlib.sha256(b"hello").hexdigest()


async def store(storage, *chunks):
    incoming = await storage.begin()
    try:
        for chunk in chunks:
            await incoming.write(chunk)
        return await incoming.commit()
    finally:
        await incoming.abort()


async def nobody(hashes):
    return set()


async def everybody(hashes):
    return set(hashes)


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def make_old(path, hours=2):
    past = time.time() - hours * 3600
    os.utime(path, (past, past))


@pytest.mark.parametrize("sizes", [(), (1,), (300_000, 300_000, 1), (4_000_000,)])
async def test_it_gives_back_what_it_took(storage, sizes):
    chunks = [os.urandom(size) for size in sizes]
    stored = await store(storage, *chunks)
    whole = b"".join(chunks)
    assert (stored.sha256, stored.size_bytes) == (hashlib.sha256(whole).hexdigest(), len(whole))
    content = await storage.open(stored.sha256)
    assert await content.pread(0, len(whole) + 5) == whole
    assert content.size_bytes == len(whole)
    content.close()


async def test_it_reads_from_an_offset(storage):
    content = await storage.open((await store(storage, b"hello")).sha256)
    assert await content.pread(1, 3) == b"ell"
    assert await content.pread(4, 100) == b"o"
    assert await content.pread(5, 100) == b""
    content.close()


async def test_it_reads_in_a_thread_what_is_not_cached(storage, monkeypatch):
    content = await storage.open((await store(storage, b"hello")).sha256)
    monkeypatch.setattr("www.storage.content._NOWAIT", None)
    assert await content.pread(1, 3) == b"ell"
    content.close()


def descriptors():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def test_a_reader_who_leaves_the_queue_keeps_no_descriptor(storage, monkeypatch):
    content = await storage.open((await store(storage, b"hello")).sha256)
    monkeypatch.setattr("www.storage.content._NOWAIT", None)
    before, go = descriptors(), threading.Event()
    busy = [storage.submit(lambda: go.wait(30)) for _ in range(4)]
    reading = asyncio.create_task(content.pread(1, 3))
    await asyncio.sleep(0)
    assert descriptors() == before + 1
    reading.cancel()
    await asyncio.wait([reading])
    go.set()
    await asyncio.gather(*map(asyncio.wrap_future, busy))
    assert descriptors() == before
    content.close()


async def test_it_withdraws_what_got_no_row(storage, stored_paths):
    incoming = await storage.begin()
    await incoming.write(b"hello")
    await incoming.commit()
    await incoming.withdraw()
    await incoming.withdraw()
    assert stored_paths() == []


@pytest.mark.parametrize("first", [True, False], ids=["before", "since"])
async def test_it_withdraws_nothing_that_others_stored(storage, stored_paths, first):
    if first:
        await store(storage, b"hello")
    incoming = await storage.begin()
    await incoming.write(b"hello")
    await incoming.commit()
    if not first:
        await store(storage, b"hello")
    await incoming.withdraw()
    assert stored_paths() == [HELLO]


async def test_it_leaves_space_on_the_disk(tmp_path):
    async with LocalStorage(tmp_path, min_free_bytes=2**60) as storage:
        incoming = await storage.begin()
        with pytest.raises(StorageFull):
            await incoming.commit()
        await incoming.abort()


async def test_it_stores_equal_content_once(storage, stored_paths):
    assert await store(storage, b"hello") == await store(storage, b"hel", b"lo")
    assert stored_paths() == [HELLO]


async def test_it_replaces_a_damaged_content(storage):
    await store(storage, b"hello")
    storage.path(HELLO).write_bytes(b"hel")
    await store(storage, b"hello")
    assert storage.path(HELLO).read_bytes() == b"hello"


async def test_it_leaves_nothing_of_an_aborted_upload(storage, stored_paths):
    incoming = await storage.begin()
    await incoming.write(b"x" * 600_000)
    await incoming.abort()
    await incoming.abort()
    assert stored_paths() == []


async def test_it_leaves_nothing_of_a_cancelled_upload(storage, stored_paths):
    async def upload():
        incoming = await storage.begin()
        try:
            while True:
                await incoming.write(b"x" * 100_000)
                await asyncio.sleep(0)
        finally:
            await incoming.abort()

    before = open_files()
    for turns in range(1, 20):
        task = asyncio.create_task(upload())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await storage.__aexit__()  # waits for threads that still discard what nobody took
    assert stored_paths() == []
    assert open_files() <= before


async def test_it_keeps_folders_and_files_private(storage, tmp_path):
    stored = await store(storage, b"hello")
    modes = {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "data").rglob("*") if p.is_dir()}
    assert modes == {0o700}
    assert stat.S_IMODE(storage.path(stored.sha256).stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "../../etc/passwd", "ab", HELLO.upper(), HELLO + "\n"])
async def test_it_makes_no_path_of_other_text(storage, text):
    with pytest.raises(NotFound):
        await storage.open(text)


async def test_it_follows_no_link(storage, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    storage.path(HELLO).parent.mkdir(parents=True)
    storage.path(HELLO).symlink_to(secret)
    with pytest.raises(OSError, match="symbolic links"):
        await storage.open(HELLO)


async def test_it_says_what_is_missing(storage):
    assert not await storage.exists(HELLO)
    with pytest.raises(NotFound):
        await storage.open(HELLO)
    await store(storage, b"hello")
    assert await storage.exists(HELLO)


async def test_it_deletes_what_is_old_and_spares_what_is_young(storage):
    await store(storage, b"hello")
    assert not await storage.delete(HELLO)
    make_old(storage.path(HELLO))
    assert await storage.delete(HELLO)
    assert await storage.delete(HELLO)
    assert not await storage.exists(HELLO)


async def test_it_spares_what_was_just_stored_again(storage):
    await store(storage, b"hello")
    make_old(storage.path(HELLO))
    await store(storage, b"hello")
    assert not await storage.delete(HELLO)


async def test_an_open_content_outlives_its_deletion(storage):
    content = await storage.open((await store(storage, b"hello")).sha256)
    assert await storage.delete(HELLO, older_than_s=-1)
    assert await content.pread(0, 5) == b"hello"
    content.close()


async def test_it_adopts_a_finished_file(storage, tmp_path, stored_paths):
    finished = tmp_path / "data" / "finished"
    for _ in range(2):
        finished.write_bytes(b"hello")
        await storage.adopt(finished, HELLO, 5)
        assert not finished.exists()
    assert stored_paths() == [HELLO]
    assert storage.path(HELLO).read_bytes() == b"hello"


async def test_two_sweeps_at_once_do_not_disturb_each_other(storage, tmp_path):
    for n in range(50):
        await store(storage, b"%d" % n)
        left = tmp_path / "data/incoming" / str(n)
        left.touch()
        make_old(left)
    for path in (tmp_path / "data/files").rglob("*"):
        make_old(path)
    swept = await asyncio.gather(*(storage.sweep(nobody) for _ in range(3)))
    assert sum(swept) >= 100
    assert list((tmp_path / "data/incoming").iterdir()) == []


async def test_it_sweeps_what_nobody_uses(storage):
    await store(storage, b"hello")
    kept = await store(storage, b"young")
    make_old(storage.path(HELLO))
    assert await storage.sweep(everybody) == 0
    assert await storage.sweep(nobody) == 1
    assert not await storage.exists(HELLO)
    assert await storage.exists(kept.sha256)


async def test_it_spares_an_upload_that_is_alive(storage, tmp_path, stored_paths):
    incoming = await storage.begin()
    for path in (tmp_path / "data/incoming").iterdir():
        make_old(path)
    assert await storage.sweep(nobody) == 0
    await incoming.write(b"hello")
    assert (await incoming.commit()).sha256 == HELLO


KILLED = """
import asyncio, os, sys
from pathlib import Path
from www.storage import LocalStorage
async def main():
    async with LocalStorage(Path(sys.argv[1])) as storage:
        incoming = await storage.begin()
        await incoming.write(b"x" * 600_000)
        os.kill(os.getpid(), 9)
asyncio.run(main())
"""


async def test_it_sweeps_what_a_killed_process_left(storage, tmp_path, stored_paths):
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, tmp_path / "data")
    assert await killed.wait() == -9
    assert len(stored_paths()) == 1
    assert await storage.sweep(nobody) == 0  # young
    make_old(next((tmp_path / "data/incoming").iterdir()))
    assert await storage.sweep(nobody) == 1
    assert stored_paths() == []


@pytest.fixture
def small_disk():
    """Make the kernel refuse to write beyond 1 MB of a file, as it does on a full disk."""
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


async def test_it_says_when_the_disk_is_full(storage, stored_paths, small_disk):
    with pytest.raises(StorageFull) as caught:
        await store(storage, *[b"x" * 300_000] * 5)
    assert caught.value.status == 507
    cause = caught.value.__cause__
    assert isinstance(cause, OSError)
    assert cause.errno == errno.EFBIG
    assert stored_paths() == []


async def test_many_at_once_agree(storage, stored_paths):
    stored = await asyncio.gather(*(store(storage, b"hello") for _ in range(50)))
    assert {s.sha256 for s in stored} == {HELLO}
    assert stored_paths() == [HELLO]


async def test_it_must_be_entered(tmp_path):
    with pytest.raises(RuntimeError, match="async with"):
        await LocalStorage(tmp_path).begin()
