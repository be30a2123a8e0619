"""Uploads into the bucket where somebody goes away, or comes at the same time."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiohttp import ClientError

from tests.files.door import sha256, until
from tests.storage.keeping import content_of
from tests.uploads.direct.client import LARGE, SMALL, ask, begin, finish, put, put_all
from www.errors import NotFound, QuotaExceeded, Unavailable
from www.files.scanning import Scanner
from www.models import File, Upload
from www.storage.bucket import PART_BYTES
from www.storage.inbox import Changed
from www.storage.leftovers import unfinished
from www.uploads import direct_sweeping
from www.uploads.errors import ChecksumMismatch


async def test_nothing_changes_once_it_is_being_checked(alice, engine, direct):
    begun = await begin(alice, SMALL)
    await put_all(alice, begun, SMALL)
    keep, statuses = direct._inbox._keep, []

    async def change(*args):
        statuses.append(await put(alice, begun["links"]["1"], SMALL[::-1]))
        return await keep(*args)

    direct._inbox._keep = change
    assert (await finish(alice, begun))["file"]["sha256"] == sha256(SMALL)
    assert len(statuses) == 1
    assert 200 not in statuses
    [file] = await engine.all(File.select())
    assert await content_of(direct.uploads.storage, file.sha256) == SMALL


async def test_a_part_that_changes_while_they_are_put_together_counts(ceph, alice, direct):
    begun = await begin(alice, SMALL)
    await put_all(alice, begun, SMALL)
    complete = direct._inbox.complete

    async def change(*args):
        await put(alice, begun["links"]["1"], SMALL[::-1])
        await complete(*args)

    direct._inbox.complete = change
    assert "changed" in (await finish(alice, begun, 409))["detail"]
    direct._inbox.complete = complete
    assert (await finish(alice, begun))["file"]["sha256"] == sha256(SMALL[::-1])


async def test_two_who_finish_it_make_one_file(alice, direct, engine):
    begun = await begin(alice, SMALL)
    await put_all(alice, begun, SMALL)
    uploads = [await engine.one(Upload.select()) for _ in range(2)]
    files = await asyncio.gather(*(direct._finish(upload) for upload in uploads))
    assert {file.id for file in files} == {1}
    assert await engine.count(File.select()) == 1


async def test_who_does_not_wait_asks_again(alice, direct, engine, monkeypatch):
    monkeypatch.setattr("www.uploads.direct_views._PATIENCE_S", 0)
    begun = await begin(alice, LARGE)
    await put_all(alice, begun, LARGE)
    assert not (await finish(alice, begun, 202))["complete"]
    async with asyncio.timeout(30):
        while not (await ask(alice, "GET", begun["upload"], 200))["complete"]:  # noqa: ASYNC110  (the server is working)
            await asyncio.sleep(0.05)
    assert (await finish(alice, begun, 200))["file"]["sha256"] == sha256(LARGE)


async def test_while_the_server_is_away_nothing_begins(alice, door, engine):
    door.limit = 0
    await begin(alice, SMALL, expected=503)
    assert await engine.all(Upload.select()) == []
    door.limit = None
    await begin(alice, SMALL)


async def test_a_part_that_breaks_is_missing(alice, door):
    begun = await begin(alice, LARGE)
    door.limit = door.passed + PART_BYTES // 2
    with pytest.raises(ClientError):
        await put(alice, begun["links"]["1"], LARGE[:PART_BYTES])
    door.limit = None
    assert (await ask(alice, "GET", begun["upload"], 200))["arrived"] == []
    await put_all(alice, begun, LARGE)
    assert (await finish(alice, begun))["file"]["sha256"] == sha256(LARGE)


@pytest.mark.parametrize("step", ["parts", "complete", "size_of", "keep", "_copy", "forget"])
async def test_a_server_that_goes_away_before_a_step_is_waited_for(ceph, alice, door, direct, step):
    begun = await begin(alice, LARGE)
    await put_all(alice, begun, LARGE)
    original = getattr(direct._inbox, step)

    async def away(*args):
        door.limit = 0
        return await original(*args)

    setattr(direct._inbox, step, away)
    expected = 201 if step == "forget" else 503  # the file is there, and the rest is swept
    await finish(alice, begun, expected)
    door.limit = None
    setattr(direct._inbox, step, original)
    about = await finish(alice, begun, 200 if step == "forget" else 201)
    assert about["file"]["sha256"] == sha256(LARGE)
    assert await direct_sweeping.sweep(direct, now=datetime.now(UTC), stray_s=-10) == (
        1 if step == "forget" else 0
    )


async def test_what_a_refusal_began_is_aborted(alice, bucket, engine, monkeypatch):
    async def fail(*_args, **_kwargs):
        raise OSError

    monkeypatch.setattr("www.uploads.actions.create", fail)
    await begin(alice, LARGE, expected=500)
    assert await asyncio.to_thread(lambda: list(unfinished(bucket))) == []


async def test_it_waits_while_the_scanner_is_away(alice, tmp_path, direct):
    whole = direct.uploads
    direct.uploads = replace(whole, scanner=Scanner(str(tmp_path / "no.sock")))
    begun = await begin(alice, SMALL)
    await put_all(alice, begun, SMALL)
    await finish(alice, begun, 503)
    direct.uploads = replace(whole, scanner=Scanner(str(tmp_path / "no"), accept_unscanned=True))
    assert (await finish(alice, begun))["file"]["sha256"] == sha256(SMALL)


@pytest.mark.parametrize("step", ["parts", "_complete", "size_of", "keep", "_copy", "forget"])
async def test_an_answer_that_is_lost_after_a_step_loses_nothing(
    ceph, alice, door, direct, objects, monkeypatch, step
):
    """The service has done its work, so that the same question meets something else."""
    monkeypatch.setattr("www.storage.inbox._COPY_BYTES", 6 * 1024**2)
    begun = await begin(alice, LARGE)
    await put_all(alice, begun, LARGE)
    original = getattr(direct._inbox, step)

    async def deafened(*args):
        door.lose = 1
        return await original(*args)

    monkeypatch.setattr(direct._inbox, step, deafened)
    assert (await finish(alice, begun))["file"]["sha256"] == sha256(LARGE)
    assert door.lose == 0
    assert (await objects(), await objects("incoming")) == ([sha256(LARGE)], [])


async def test_a_service_may_forget_what_it_has_put_together(alice, direct, objects, monkeypatch):
    """Where the answer was lost, or another server was quicker; Ceph says once more that it is."""
    monkeypatch.setattr("www.storage.inbox._COPY_BYTES", 6 * 1024**2)
    begun = await begin(alice, LARGE)
    await put_all(alice, begun, LARGE)
    complete = direct._inbox._complete

    async def again(*args):
        await complete(*args)
        raise NotFound

    monkeypatch.setattr(direct._inbox, "_complete", again)
    assert (await finish(alice, begun))["file"]["sha256"] == sha256(LARGE)
    assert (await objects(), await objects("incoming")) == ([sha256(LARGE)], [])


@pytest.mark.parametrize("step", ["parts", "complete", "size_of", "keep", "_copy", "forget"])
async def test_a_server_that_goes_away_after_a_step_is_waited_for(ceph, alice, door, direct, step):
    begun = await begin(alice, LARGE)
    await put_all(alice, begun, LARGE)
    original = getattr(direct._inbox, step)

    async def away(*args):
        await original(*args)
        door.limit = 0
        raise Unavailable

    setattr(direct._inbox, step, away)
    await finish(alice, begun, 201 if step == "forget" else 503)
    door.limit = None
    setattr(direct._inbox, step, original)
    about = await finish(alice, begun, 200 if step == "forget" else 201)
    assert about["file"]["sha256"] == sha256(LARGE)


async def test_who_waits_for_one_that_is_cancelled_is_told(alice, held):
    begun = await begin(alice, SMALL)
    await put_all(alice, begun, SMALL)
    finishing = asyncio.create_task(finish(alice, begun, 404))
    await held.reached.wait()
    await ask(alice, "DELETE", begun["upload"], 204)
    assert "no such upload" in (await finishing)["detail"]


async def test_only_one_task_makes_a_file(alice, direct, engine, monkeypatch):
    await begin(alice, SMALL)
    [upload] = await engine.all(Upload.select())
    calls, go = [], [asyncio.Event(), asyncio.Event(), asyncio.Event()]

    async def make(_):
        calls.append(1)
        await go[len(calls) - 1].wait()
        raise Changed

    async def wait(times):
        for _ in range(times):
            with pytest.raises(Changed):
                await direct.finish(upload, timeout_s=10)

    monkeypatch.setattr(direct, "_finish", make)
    waiting = [asyncio.create_task(wait(2)), asyncio.create_task(wait(1))]
    await until(lambda: calls)
    go[0].set()  # the first one asks again at once, before the second one has looked
    await waiting[1]
    third = asyncio.create_task(wait(1))
    await asyncio.sleep(0)
    go[1].set()
    await asyncio.wait_for(asyncio.gather(waiting[0], third), 10)
    assert len(calls) == 2


async def test_a_refusal_waits_for_who_did_not(alice, engine, monkeypatch):
    monkeypatch.setattr("www.uploads.direct_views._PATIENCE_S", 0)
    begun = await begin(alice, SMALL, sha256="0" * 64)
    await put_all(alice, begun, SMALL)
    await finish(alice, begun, 202)
    async with asyncio.timeout(30):
        while await engine.count(Upload.select()):  # noqa: ASYNC110  (the server is working)
            await asyncio.sleep(0.05)
    assert "damaged" in (await finish(alice, begun, 460))["detail"]


async def test_what_no_longer_fits_is_gone(alice, direct, engine, objects):
    begun = await begin(alice, SMALL)
    await put_all(alice, begun, SMALL)
    bounds = replace(direct.uploads.bounds, quota_bytes=100)
    direct.uploads = replace(direct.uploads, bounds=bounds)
    await finish(alice, begun, 413)
    assert await engine.all(Upload.select()) == []
    assert await objects("incoming") == []


async def test_a_refusal_is_told_also_where_the_bucket_is_away(alice, door, monkeypatch):
    async def refuse(*_args, **_kwargs):
        door.limit = 0
        raise QuotaExceeded

    monkeypatch.setattr("www.uploads.actions.create", refuse)
    assert "space left" in (await begin(alice, SMALL, expected=413))["detail"]


@pytest.mark.parametrize("step", ["_write_row", "_read"])
async def test_what_is_refused_in_the_end_is_told_also_then(alice, direct, door, engine, step):
    begun = await begin(alice, SMALL)
    await put_all(alice, begun, SMALL)

    async def refuse(*_):
        door.limit = 0
        raise QuotaExceeded if step == "_write_row" else ChecksumMismatch

    setattr(direct, step, refuse)
    await finish(alice, begun, 413 if step == "_write_row" else 460)
    assert await engine.all(Upload.select()) == []


async def test_a_copy_that_is_refused_is_told_also_then(alice, direct, door, monkeypatch):
    monkeypatch.setattr("www.storage.inbox._COPY_BYTES", 6 * 1024**2)
    begun = await begin(alice, LARGE)
    await put_all(alice, begun, LARGE)
    complete = direct._inbox._complete

    async def refuse(key, *args):
        if "incoming" in key:
            return await complete(key, *args)
        door.limit = 0
        raise Changed

    monkeypatch.setattr(direct._inbox, "_complete", refuse)
    assert "changed" in (await finish(alice, begun, 409))["detail"]


@pytest.mark.parametrize("given", [{"quota_bytes": 100}])
async def test_the_bucket_is_not_asked_for_what_does_not_fit(alice, door, given):
    await begin(alice, SMALL, expected=413)
    assert b"POST " not in door.seen
