"""What time does to uploads into the bucket."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from tests.files.door import sha256
from tests.storage.keeping import content_of
from tests.uploads.direct.client import LARGE, SMALL, ask, begin, finish, put, put_all
from www.errors import Unavailable
from www.models import File, Upload
from www.storage.bucket import PART_BYTES
from www.storage.leftovers import unfinished
from www.uploads import direct_sweeping, sweeping


def now():
    """The time of the test: a whole run takes longer than the sweep leaves an upload alone."""
    return datetime.now(UTC)


def soon():
    return now() + timedelta(minutes=15)


def later():
    return now() + timedelta(days=8)


async def test_what_was_left_alone_goes(alice, bucket, objects, engine, direct):
    begun = await begin(alice, LARGE)
    await begin(alice, SMALL)
    await put(alice, begun["links"]["1"], LARGE[:PART_BYTES])
    assert await direct_sweeping.sweep(direct, now=now(), stray_s=-10) == 0
    assert len(await asyncio.to_thread(lambda: list(unfinished(bucket)))) == 2
    assert await direct_sweeping.sweep(direct, now=later()) == 2
    assert await asyncio.to_thread(lambda: list(unfinished(bucket))) == []
    assert await objects("incoming") == []
    assert await engine.all(Upload.select()) == []


async def test_the_storage_leaves_what_is_under_way_alone(alice, direct):
    begun = await begin(alice, LARGE)
    await put(alice, begun["links"]["1"], LARGE[:PART_BYTES])
    storage = direct.uploads.storage
    storage._stale_s = -10

    async def nobody(_):
        return set()

    await storage.sweep(nobody, older_than_s=-10)
    await put_all(alice, begun, LARGE)
    await finish(alice, begun)


async def test_the_sweep_finishes_what_has_all_its_bytes(alice, direct, engine):
    for content in (LARGE, SMALL):
        await put_all(alice, await begin(alice, content), content)
    await begin(alice, SMALL)
    await direct_sweeping.sweep(direct, now=soon())
    files = await engine.all(File.select())
    assert sorted(file.sha256 for file in files) == sorted([sha256(LARGE), sha256(SMALL)])
    for file in files:
        content = await content_of(direct.uploads.storage, file.sha256)
        assert hashlib.sha256(content).hexdigest() == file.sha256


async def test_a_creation_whose_answer_was_lost_goes_soon(alice, direct, engine):
    begun = await begin(alice, SMALL)
    await begin(alice, SMALL)
    await ask(alice, "GET", begun["upload"], 200)
    assert await direct_sweeping.sweep(direct, now=soon()) == 0
    assert await direct_sweeping.sweep(direct, now=now() + timedelta(hours=3)) == 1
    [upload] = await engine.all(Upload.select())
    assert begun["upload"].endswith(upload.token)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [("GET", "", 200), ("POST", "/links", 200), ("POST", "/complete", 409)],
)
async def test_whoever_comes_renews_it(alice, engine, method, path, expected):
    begun = await begin(alice, SMALL)
    await engine.run(Upload.update(expires_at=now() + timedelta(hours=2)).where(Upload.id > 0))
    fields = {"part": 1} if path == "/links" else {}
    await ask(alice, method, f"{begun['upload']}{path}", expected, **fields)
    [upload] = await engine.all(Upload.select())
    assert upload.expires_at > now() + timedelta(days=6)


async def test_what_is_whole_becomes_a_file_however_old(alice, direct, engine):
    await put_all(alice, await begin(alice, SMALL), SMALL)
    assert await direct_sweeping.sweep(direct, now=later()) == 0
    [file] = await engine.all(File.select())
    assert file.sha256 == sha256(SMALL)


async def test_what_is_being_made_a_file_does_not_go(alice, direct, engine, held):
    begun = await begin(alice, SMALL)
    await put_all(alice, begun, SMALL)
    finishing = asyncio.create_task(finish(alice, begun))
    await held.reached.wait()
    assert await direct_sweeping.sweep(direct, now=later()) == 0
    assert await sweeping.sweep(direct.uploads, now=later(), with_direct=False) == 0
    held.set()
    assert (await finishing)["file"]["sha256"] == sha256(SMALL)
    assert await sweeping.sweep(direct.uploads, now=later(), with_direct=False) == 1


async def test_without_a_bucket_old_ones_go_too(alice, direct, engine):
    await begin(alice, SMALL)
    assert await sweeping.sweep(direct.uploads, now=later()) == 1
    assert await engine.count(Upload.select()) == 0


async def test_while_the_bucket_is_away_nothing_is_too_old(alice, direct, door, engine):
    await put_all(alice, await begin(alice, SMALL), SMALL)
    door.limit = 0
    with pytest.raises(Unavailable):
        await direct_sweeping.sweep(direct, now=later())
    door.limit = None
    await direct_sweeping.sweep(direct, now=later())
    assert await engine.count(File.select()) == 1


async def test_who_came_just_now_is_left_alone(alice, direct, engine):
    await put_all(alice, await begin(alice, SMALL), SMALL)
    await direct_sweeping.sweep(direct, now=datetime.now(UTC))
    assert await engine.count(File.select()) == 0


async def test_one_that_is_cancelled_ends_no_sweep(alice, direct, engine, held):
    first, second = await begin(alice, SMALL), await begin(alice, LARGE)
    await put_all(alice, first, SMALL)
    await put_all(alice, second, LARGE)
    sweep = asyncio.create_task(direct_sweeping.sweep(direct, now=soon()))
    await held.reached.wait()
    await ask(alice, "DELETE", first["upload"], 204)
    held.set()
    await sweep
    assert [file.sha256 for file in await engine.all(File.select())] == [sha256(LARGE)]


async def test_one_that_shows_a_defect_keeps_no_other(alice, direct, engine, monkeypatch, caplog):
    for content in (SMALL, LARGE):
        await put_all(alice, await begin(alice, content), content)
    make = direct._make_file

    async def fail(upload):
        if upload.length == len(SMALL):
            raise RuntimeError("a defect")
        return await make(upload)

    monkeypatch.setattr(direct, "_make_file", fail)
    await direct_sweeping.sweep(direct, now=soon())
    assert [file.sha256 for file in await engine.all(File.select())] == [sha256(LARGE)]
    assert "a defect" in caplog.text


async def test_the_sweep_waits_for_no_large_one_for_ever(alice, direct, engine, held, monkeypatch):
    for content in (SMALL, LARGE):
        await put_all(alice, await begin(alice, content), content)
    monkeypatch.setattr("www.uploads.direct_sweeping._FINISHING_S", 0.5)
    await direct_sweeping.sweep(direct, now=soon())
    assert direct.swept_to == 1
    held.set()
    monkeypatch.setattr("www.uploads.direct_sweeping._FINISHING_S", 60)
    await direct_sweeping.sweep(direct, now=soon())
    assert direct.swept_to == 0
    async with asyncio.timeout(30):
        while await engine.count(File.select()) < 2:  # noqa: ASYNC110  (the server is working)
            await asyncio.sleep(0.05)


async def test_who_joins_the_sweep_is_told_what_is_so_now(alice, direct, monkeypatch):
    begun = await begin(alice, SMALL)
    parts, asked, go = direct._inbox.parts, asyncio.Event(), asyncio.Event()

    async def slow(*args):
        found = await parts(*args)
        asked.set()
        await go.wait()
        return found

    monkeypatch.setattr(direct._inbox, "parts", slow)
    sweep = asyncio.create_task(direct_sweeping.sweep(direct, now=soon()))
    await asked.wait()
    await put_all(alice, begun, SMALL)
    finishing = asyncio.create_task(finish(alice, begun))
    asyncio.get_running_loop().call_later(0.2, go.set)
    assert (await finishing)["file"]["sha256"] == sha256(SMALL)
    await sweep
