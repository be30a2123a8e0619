"""What time does to uploads, and what a full disk does."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

import pytest

from tests.files.door import kept, sha256, until
from tests.uploads.door import noise, staged
from www import keys
from www.files import actions as file_actions
from www.models import Upload
from www.uploads import actions, sweeping

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=8)
DISK = pytest.mark.parametrize("settings", [{"storage": {"min_free_bytes": 2**50}}], indirect=True)


async def test_what_was_left_alone_goes(tus, uploads, alice, engine):
    await tus.begin(10, b"hello")
    await tus.begin(5, b"world")
    assert await sweeping.sweep(uploads, now=NOW) == 0
    assert await sweeping.sweep(uploads, now=LATER) == 2
    assert (staged(alice), await engine.count(Upload.select())) == ({}, 0)
    assert kept(alice) == {sha256(b"world"): b"world"}


async def test_what_is_too_old_is_gone(tus, engine):
    address = await tus.begin(10, b"hello")
    await engine.run(Upload.update(expires_at=NOW - timedelta(seconds=1)).where(Upload.id > 0))
    for answer in (await tus.head(address), await tus.append(address, 5, b"world")):
        assert (answer.status, "Upload-Offset" in answer.headers) == (410, False)


async def test_going_on_renews_it(tus, engine):
    address = await tus.begin(10, b"hello")
    await engine.run(Upload.update(expires_at=NOW + timedelta(hours=2)).where(Upload.id > 0))
    answer = await tus.append(address, 5, b"wor")
    assert answer.headers["Upload-Expires"].endswith("GMT")
    [upload] = await engine.all(Upload.select())
    assert upload.expires_at > NOW + timedelta(days=6)


async def test_it_removes_files_that_nobody_knows(tus, uploads, alice):
    address = await tus.begin(10, b"hello")
    for name in ("0" * 32, address[-32:], "README"):
        path = uploads.staging.folder / name
        path.touch()
        os.utime(path, (0, 0))
    assert await sweeping.sweep(uploads, now=NOW) == 1
    assert set(staged(alice)) == {address[-32:], "README"}


async def test_it_finishes_what_has_all_its_bytes(tus, uploads, engine, monkeypatch):
    """Also where the storage has it already: as after a crash before the row."""
    address = await tus.begin(5, b"hell")

    async def fail(*_args, **_kwargs):
        raise OSError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr("www.uploads.actions.complete", fail)
        assert (await tus.append(address, 4, b"o")).status == 500
    storage = tus.actor.app[keys.storage]
    os.utime(storage.path(sha256(b"hello")), (0, 0))
    assert await file_actions.sweep(engine, storage) == 0
    await sweeping.sweep(uploads, now=NOW)
    assert (await tus.about(address))["file"]["sha256"] == sha256(b"hello")


async def test_one_that_shows_a_defect_keeps_no_other(tus, uploads, engine, monkeypatch, caplog):
    addresses = [await tus.begin(5, b"hell") for _ in range(2)]

    async def fail(*_args, **_kwargs):
        raise OSError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr("www.uploads.actions.complete", fail)
        for address in addresses:
            assert (await tus.append(address, 4, b"o")).status == 500
    complete = actions.complete

    async def defect(conn, upload, *args, **kwargs):
        if upload.id == 1:
            raise RuntimeError("a defect")
        return await complete(conn, upload, *args, **kwargs)

    monkeypatch.setattr("www.uploads.actions.complete", defect)
    await sweeping.sweep(uploads, now=NOW)
    assert (await tus.about(addresses[1]))["complete"]
    assert "a defect" in caplog.text


async def test_nothing_ends_the_sweep_but_cancellation(caplog):
    calls = []

    async def sweep():
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("a defect")
        return 1

    task = asyncio.create_task(sweeping.forever(sweep, every_s=0))
    await until(lambda: len(calls) > 2)
    task.cancel()
    await asyncio.wait([task])
    assert "a defect" in caplog.text


async def test_a_person_takes_their_uploads_along(tus, uploads, alice, engine):
    await tus.begin(10, b"hello")
    await engine.delete(alice.user)
    assert await engine.count(Upload.select()) == 0
    assert await sweeping.sweep(uploads, now=NOW, stray_s=-1) == 1
    assert staged(alice) == {}


@DISK
async def test_a_full_disk_begins_nothing(tus, alice, engine):
    assert (await tus.create(5)).status == 507
    assert (staged(alice), await engine.count(Upload.select())) == ({}, 0)


async def test_a_full_disk_keeps_what_came_before(tus, alice, uploads, monkeypatch):
    content = noise(4_000_000)
    address = await tus.begin(len(content), content[:100])
    left = [3]

    def check(_fd, ask=uploads.staging.check_space):
        left[0] -= 1
        if left[0] < 0:
            monkeypatch.setattr(uploads.staging, "_min_free_bytes", 2**60)
        ask(_fd)

    monkeypatch.setattr(uploads.staging, "check_space", check)
    assert (await tus.append(address, 100, content[100:])).status == 507
    monkeypatch.undo()
    offset = await tus.offset(address)
    assert 100 < offset < len(content)
    assert "File-Location" in (await tus.append(address, offset, content[offset:])).headers
    assert kept(alice) == {sha256(content): content}


async def test_the_hash_is_read_anew_after_a_restart(tus, alice, uploads):
    content = noise(6_000_000)
    address = await tus.begin(len(content), content[:5_000_000])
    uploads.staging._digests.clear()
    await tus.append(address, 5_000_000, content[5_000_000:])
    assert kept(alice) == {sha256(content): content}
