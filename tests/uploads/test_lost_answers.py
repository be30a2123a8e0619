"""New uploads whose client never learns the address: they go, and their space with them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.files.door import kept, sha256, until
from tests.uploads.door import noise, staged
from tests.uploads.test_pouring import Sending
from www.models import File, Upload
from www.uploads import actions, sweeping
from www.uploads.core import Uploads
from www.uploads.staged import Staged

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
TUS = {"Upload_Length": 10}
DRAFT = {"Tus_Resumable": None, "Upload_Complete": "?0"}
TOLD = {**DRAFT, "Upload_Draft_Interop_Version": "8"}
FULL = pytest.mark.parametrize("settings", [{"limits": {"quota_bytes": 1000}}], indirect=True)


@pytest.fixture(params=[False, True], ids=["goes on", "cancelled"])
def handler(request, server):
    """What a handler does whose client is gone; the program's goes on, until it ends itself."""
    server.handler.handler_cancellation = request.param
    return server.handler


async def lose(alice, handler, monkeypatch, step, headers, body=b""):
    """Send a creation; the client goes when the server comes to `step`."""
    place, name = step
    come, go_on, unchanged = asyncio.Event(), asyncio.Event(), getattr(place, name)

    async def waiting(*args, **kwargs):
        result = await unchanged(*args, **kwargs)
        come.set()
        await go_on.wait()
        return result

    monkeypatch.setattr(place, name, waiting)
    before = set(handler.connections)
    async with Sending(alice, "POST", "/uploads", len(body), **headers) as sending:
        await sending.send(body)
        await asyncio.wait_for(come.wait(), 10)
        [connection] = set(handler.connections) - before
    try:
        await until(lambda: connection.transport is None)
    finally:
        go_on.set()
    return unchanged


async def left(engine, uploads):
    """Return the uploads that are left when no request is busy any more."""
    await until(lambda: not uploads.locks._holds)
    return await engine.all(Upload.select())


@pytest.mark.parametrize(
    ("headers", "body"), [(TUS, b""), (TUS, b"hello"), (TUS, b"helloworld"), (DRAFT, b"hello")]
)
async def test_it_goes_at_once(alice, handler, engine, uploads, monkeypatch, headers, body):
    await lose(alice, handler, monkeypatch, (actions, "create"), headers, body)
    assert await left(engine, uploads) == []
    assert (staged(alice), kept(alice)) == ({}, {})


async def test_it_stays_where_an_interim_answer_told_the_address(
    alice, handler, engine, uploads, monkeypatch, draft
):
    await lose(alice, handler, monkeypatch, (Staged, "keep"), TOLD, b"hello")
    [upload] = await left(engine, uploads)
    assert upload.expires_at - upload.created_at == WEEK
    address = f"/uploads/{upload.token}"
    assert (await draft.ask("HEAD", address)).headers["Upload-Offset"] == "5"
    assert (await draft.append(address, 5, b"world", ends=True)).status == 201
    assert kept(alice) == {sha256(b"helloworld"): b"helloworld"}


async def test_a_file_stays(alice, handler, engine, uploads, monkeypatch):
    await lose(alice, handler, monkeypatch, (Uploads, "_become_file"), TUS, b"helloworld")
    await left(engine, uploads)
    assert await engine.count(File.select()) == 1
    assert kept(alice) == {sha256(b"helloworld"): b"helloworld"}


@FULL
async def test_its_space_is_free_again(alice, handler, engine, uploads, monkeypatch, tus):
    headers = {"Upload_Length": 1000}
    unchanged = await lose(alice, handler, monkeypatch, (actions, "create"), headers, b"hello")
    await left(engine, uploads)
    monkeypatch.setattr(actions, "create", unchanged)
    assert (await tus.create(1000)).status == 201


async def test_a_full_disk_leaves_nothing_of_a_creation(tus, alice, uploads, engine, monkeypatch):
    calls = []

    def check(fd, unchanged=uploads.staging.check_space):
        calls.append(fd)
        if len(calls) > 2:
            monkeypatch.setattr(uploads.staging, "_min_free_bytes", 2**60)
        unchanged(fd)

    monkeypatch.setattr(uploads.staging, "check_space", check)
    content = noise(4_000_000)
    assert (await tus.create(len(content), content)).status == 507
    assert (staged(alice), await left(engine, uploads)) == ({}, [])


async def waits(engine):
    """Return how long the one upload waits for its client."""
    [upload] = await engine.all(Upload.select())
    return upload.expires_at - upload.created_at


@pytest.mark.parametrize("data", [None, b"hello"])
@pytest.mark.parametrize("claim", ["head", "append"])
async def test_it_goes_soon_unless_its_client_comes(tus, uploads, engine, alice, data, claim):
    """Nobody knows whether an answer arrived that could be sent."""
    now = datetime.now(UTC)
    address = await tus.begin(10, data)
    assert await waits(engine) < HOUR + timedelta(minutes=1)
    if claim == "head":
        await tus.head(address)
    else:
        await tus.append(address, len(data or b""), b"w")
    assert await waits(engine) >= WEEK
    await tus.begin(20, data)
    assert await sweeping.sweep(uploads, now=now + 2 * HOUR) == 1
    assert set(staged(alice)) == {address[-32:]}


async def test_one_of_the_draft_goes_soon_too(draft, engine):
    answer = await draft.create(b"hello", ends=False)
    assert await waits(engine) < HOUR + timedelta(minutes=1)
    age_s = int(answer.headers["Upload-Limit"].rpartition("max-age=")[2])
    assert 3000 < age_s <= 3601
    await draft.ask("HEAD", answer.headers["Location"])
    assert await waits(engine) >= WEEK


async def test_a_whole_part_waits_for_the_others(tus, engine):
    """Its client has nothing more to bring there, and comes back with the other parts' end."""
    await tus.begin(5, b"hello", Upload_Concat="partial")
    assert await waits(engine) >= WEEK
