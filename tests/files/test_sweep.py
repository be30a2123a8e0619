import asyncio
import os

import pytest
from aiohttp.test_utils import TestServer

from tests.files.door import kept, sha256, until, upload
from www import keys
from www.app import file_sweep
from www.files import actions, queries
from www.files.sweeping import sweep_forever
from www.storage import LocalStorage, StorageFull


async def leave(actor, content):
    """Store an old content that no row refers to, as a crash before the row would."""
    storage = actor.app[keys.storage]
    incoming = await storage.begin()
    await incoming.write(content)
    stored = await incoming.commit()
    os.utime(storage.path(stored.sha256), (0, 0))


async def test_it_removes_what_has_no_row(alice):
    [file] = await upload(alice, ("a.txt", b"hello"))
    await leave(alice, b"hello")
    await leave(alice, b"left")
    assert await actions.sweep(alice.app[keys.engine], alice.app[keys.storage]) == 1
    assert kept(alice) == {file["sha256"]: b"hello"}


async def test_it_asks_for_thousands_in_parts(alice):
    [file] = await upload(alice, ("a.txt", b"hello"))
    hashes = [sha256(b"%d" % n) for n in range(2500)] + [file["sha256"]]
    assert await queries.contents_in_use(alice.app[keys.engine], hashes) == {file["sha256"]}


@pytest.mark.parametrize("failure", [StorageFull, RuntimeError])
async def test_it_goes_on_after_a_failure(alice, caplog, tmp_path, failure):
    class FullOnce(LocalStorage):
        calls = 0

        async def sweep(self, in_use, **_):
            self.calls += 1
            if self.calls == 1:
                raise failure
            assert await in_use([sha256(b"")]) == set()
            return 1

    storage = FullOnce(tmp_path)
    sweeping = asyncio.create_task(sweep_forever(alice.app[keys.engine], storage, every_s=0))
    await until(lambda: storage.calls > 2)
    sweeping.cancel()
    await asyncio.wait([sweeping])
    assert "unused files could not be removed" in caplog.text


async def test_it_starts_with_the_server(app, settings):
    left = settings.data / "files" / "ab" / f"abcd{'0' * 60}"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"left")
    os.utime(left, (0, 0))
    async with TestServer(app):
        await until(lambda: not left.exists())


async def test_closing_it_can_be_given_up(app, alice):
    """Whoever waits for the sweep to end is cancelled, and must hear of it."""
    sweep = file_sweep(app)
    await anext(sweep)
    closing = asyncio.create_task(anext(sweep, None))
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
