import asyncio
import errno
import os
import resource
import shutil
import stat
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.storage.keeping import HELLO, everybody, nobody, store
from www.storage import LocalStorage, StorageFull


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def make_old(path, hours=2):
    past = time.time() - hours * 3600
    os.utime(path, (past, past))


async def test_it_reads_in_a_thread_what_is_not_cached(disk, monkeypatch):
    content = await disk.open((await store(disk, b"hello")).sha256)
    monkeypatch.setattr("www.storage.content._NOWAIT", None)
    assert await content.pread(1, 3) == b"ell"
    content.close()


async def test_it_releases_what_nobody_uses(disk):
    await store(disk, b"hello")
    assert await disk.release([HELLO], everybody)
    assert await disk.exists(HELLO)
    assert await disk.release([HELLO], nobody)
    assert not await disk.exists(HELLO)


async def test_it_releases_nothing_while_somebody_has_no_row_yet(disk):
    incoming = await disk.begin()
    await incoming.write(b"hello")
    await incoming.commit()
    assert not await disk.release([HELLO], nobody)
    assert await disk.exists(HELLO)
    incoming.settle()
    assert await disk.release([], nobody)
    assert not await disk.exists(HELLO)


async def test_nobody_stores_while_it_is_asked_what_is_needed(disk):
    """Four commits wait, as many as there are threads; afterwards all are there."""
    await store(disk, b"hello")
    storing: list[asyncio.Task[object]] = []

    async def used(hashes):
        storing.extend(asyncio.create_task(store(disk, b"hello")) for _ in range(4))
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in storing)
        return await nobody(hashes)

    assert await disk.release([HELLO], used)
    await asyncio.gather(*storing)
    assert await disk.exists(HELLO)


def descriptors():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def test_a_reader_who_leaves_the_queue_keeps_no_descriptor(disk, monkeypatch):
    content = await disk.open((await store(disk, b"hello")).sha256)
    monkeypatch.setattr("www.storage.content._NOWAIT", None)
    before, go = descriptors(), threading.Event()
    busy = [disk.submit(lambda: go.wait(30)) for _ in range(4)]
    reading = asyncio.create_task(content.pread(1, 3))
    await asyncio.sleep(0)
    assert descriptors() == before + 1
    reading.cancel()
    await asyncio.wait([reading])
    go.set()
    await asyncio.gather(*map(asyncio.wrap_future, busy))
    assert descriptors() == before
    content.close()


async def test_it_replaces_a_damaged_content(disk):
    await store(disk, b"hello")
    disk.path(HELLO).write_bytes(b"hel")
    await store(disk, b"hello")
    assert disk.path(HELLO).read_bytes() == b"hello"


async def test_it_leaves_nothing_of_a_cancelled_upload(disk, stored):
    async def upload():
        incoming = await disk.begin()
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
    await disk.__aexit__()  # waits for threads that still discard what nobody took
    assert await stored() == []
    assert open_files() <= before


async def test_it_keeps_folders_and_files_private(disk, tmp_path):
    kept = await store(disk, b"hello")
    modes = {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "data").rglob("*") if p.is_dir()}
    assert modes == {0o700}
    assert stat.S_IMODE(disk.path(kept.sha256).stat().st_mode) == 0o600


async def test_it_syncs_each_new_folder_once(disk, tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr("www.storage.local.sync_folder", lambda folder: synced.append(folder.name))
    sha256 = (await store(disk, b"a")).sha256
    assert synced == [sha256[:2], "files"]
    await store(disk, b"a")
    assert synced[2:] == [sha256[:2]]
    shutil.rmtree(tmp_path / "data" / "files" / sha256[:2])
    await store(disk, b"a")
    assert synced[3:] == synced[:2]


async def test_it_follows_no_link(disk, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    disk.path(HELLO).parent.mkdir(parents=True)
    disk.path(HELLO).symlink_to(secret)
    with pytest.raises(OSError, match="symbolic links"):
        await disk.open(HELLO)


async def test_it_deletes_what_is_old_and_spares_what_is_young(disk):
    await store(disk, b"hello")
    assert not await disk.delete(HELLO)
    make_old(disk.path(HELLO))
    assert await disk.delete(HELLO)
    assert await disk.delete(HELLO)
    assert not await disk.exists(HELLO)


async def test_it_spares_what_was_just_stored_again(disk):
    await store(disk, b"hello")
    make_old(disk.path(HELLO))
    await store(disk, b"hello")
    assert not await disk.delete(HELLO)


async def test_an_open_content_outlives_its_deletion(disk):
    content = await disk.open((await store(disk, b"hello")).sha256)
    assert await disk.delete(HELLO, older_than_s=-1)
    assert await content.pread(0, 5) == b"hello"
    content.close()


async def test_two_sweeps_at_once_do_not_disturb_each_other(disk, tmp_path):
    for n in range(50):
        await store(disk, b"%d" % n)
        left = tmp_path / "data/incoming" / str(n)
        left.touch()
        make_old(left)
    for path in (tmp_path / "data/files").rglob("*"):
        make_old(path)
    swept = await asyncio.gather(*(disk.sweep(nobody) for _ in range(3)))
    assert sum(swept) >= 100
    assert list((tmp_path / "data/incoming").iterdir()) == []


async def test_it_sweeps_what_nobody_uses(disk):
    await store(disk, b"hello")
    kept = await store(disk, b"young")
    make_old(disk.path(HELLO))
    assert await disk.sweep(everybody) == 0
    assert await disk.sweep(nobody) == 1
    assert not await disk.exists(HELLO)
    assert await disk.exists(kept.sha256)


async def test_it_spares_an_upload_that_is_alive(disk, tmp_path, stored):
    incoming = await disk.begin()
    for path in (tmp_path / "data/incoming").iterdir():
        make_old(path)
    assert await disk.sweep(nobody) == 0
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


async def test_it_sweeps_what_a_killed_process_left(disk, tmp_path, stored):
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, tmp_path / "data")
    assert await killed.wait() == -9
    assert len(await stored()) == 1
    make_old(next((tmp_path / "data/incoming").iterdir()), hours=0.001)
    assert await disk.sweep(nobody) == 1
    assert await stored() == []


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


async def test_it_says_when_the_disk_is_full(disk, stored, small_disk):
    with pytest.raises(StorageFull) as caught:
        await store(disk, *[b"x" * 300_000] * 5)
    assert caught.value.status == 507
    cause = caught.value.__cause__
    assert isinstance(cause, OSError)
    assert cause.errno == errno.EFBIG
    assert await stored() == []


async def test_it_must_be_entered(tmp_path):
    with pytest.raises(RuntimeError, match="async with"):
        await LocalStorage(tmp_path).begin()
