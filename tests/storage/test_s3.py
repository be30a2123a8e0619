"""What goes wrong between us and a bucket, and what is in it afterwards."""

import asyncio
import hashlib
import os
import sys
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.storage.keeping import HELLO, content_of, nobody, store
from tests.storage.trouble import Door
from www.errors import NotFound, Unavailable
from www.storage import bucket as buckets
from www.storage.bucket import PART_BYTES, Bucket, part_size
from www.storage.leftovers import abort_leftovers, unfinished
from www.storage.links import Links
from www.storage.s3 import S3Storage

LARGE = os.urandom(3 * PART_BYTES + 5)
SHA256 = hashlib.sha256(LARGE).hexdigest()


def fetch(url, method="GET"):
    """Return content and headers."""
    data = b"" if method == "POST" else None
    with urllib.request.urlopen(urllib.request.Request(url, data=data, method=method)) as answer:
        return answer.read(), answer.headers


@pytest.fixture
async def door(bucket):
    async with Door(bucket) as opened:
        yield opened


@pytest.fixture
async def behind(door, tmp_path):
    """The storage behind the door."""
    async with S3Storage(door.place, tmp_path / "data") as opened:
        yield opened


async def test_objects_have_the_names_of_the_local_folder(cloud):
    await store(cloud, b"hello")
    assert list(await cloud.bucket.below("files")) == [f"files/{HELLO[:2]}/{HELLO[2:4]}/{HELLO}"]


async def test_large_files_go_in_parts(behind, door):
    await store(behind, LARGE)
    assert door.seen.count(b"partNumber=") >= 4
    assert await content_of(behind, SHA256) == LARGE


async def test_what_is_there_is_not_sent_again(behind, door):
    await store(behind, LARGE)
    before = door.passed
    await store(behind, LARGE)
    assert door.passed - before < PART_BYTES


async def test_what_has_another_size_is_replaced(cloud):
    await cloud.bucket.put(f"files/{HELLO[:2]}/{HELLO[2:4]}/{HELLO}", b"hel")
    await store(cloud, b"hello")
    assert await content_of(cloud, HELLO) == b"hello"


async def test_it_tries_again_after_a_5xx(behind, door):
    door.fail = 2
    await store(behind, LARGE)
    assert door.failed == 2
    assert await content_of(behind, SHA256) == LARGE


@pytest.mark.parametrize("through", [0, 300, PART_BYTES, 2 * PART_BYTES], ids=str)
async def test_a_server_that_goes_away_during_an_upload_has_nothing(
    behind, door, stored, through, bucket, tmp_path, caplog
):
    door.limit = through
    with pytest.raises(Unavailable):
        await store(behind, LARGE)
    assert "the bucket could not" in caplog.text
    assert bucket.secret_key not in caplog.text
    assert await stored() == []
    door.limit = None
    await store(behind, LARGE)
    assert await content_of(behind, SHA256) == LARGE


async def test_a_server_that_goes_away_during_a_download_is_noticed(behind, door):
    await store(behind, LARGE)
    content = await behind.open(SHA256)
    assert await content.pread(0, 1000) == LARGE[:1000]
    door.limit = 0
    with pytest.raises(Unavailable):
        for at in range(1000, len(LARGE), 1_000_000):
            await content.pread(at, 1_000_000)
    content.close()


async def test_a_server_that_stalls_is_given_up(door, tmp_path, stored):
    place = door.impatient(silence_s=0.3, request_s=0.5, retries=1, retries_s=0.5)
    async with S3Storage(place, tmp_path / "data") as storage:
        door.stall()
        with pytest.raises(Unavailable):
            await store(storage, b"hello")
        door.flow()
        await store(storage, b"hello")
    assert len(await stored()) == 1


async def test_the_gateway_itself_can_be_killed(ceph, bucket, tmp_path, stored):
    async with S3Storage(bucket, tmp_path / "data") as storage:
        await store(storage, b"hello")
        ceph.stop()
        try:
            with pytest.raises(Unavailable):
                await store(storage, b"while it is away")
            with pytest.raises(Unavailable):
                await storage.open(HELLO)
        finally:
            ceph.start()
        assert await content_of(storage, HELLO) == b"hello"
        assert await stored() == [HELLO]


@pytest.mark.parametrize("wrong", [{"secret_key": "x"}, {"access_key": "x"}], ids=str)
async def test_wrong_credentials_are_said(ceph, bucket, tmp_path, caplog, wrong):
    async with S3Storage(replace(bucket, **wrong), tmp_path / "data") as storage:
        with pytest.raises(Unavailable):
            await store(storage, b"hello")
    assert "SignatureDoesNotMatch" in caplog.text or "InvalidAccessKeyId" in caplog.text


async def test_a_missing_bucket_is_said(bucket, tmp_path, caplog):
    place = replace(bucket, bucket="nowhere-at-all")
    async with S3Storage(place, tmp_path / "data") as storage:
        with pytest.raises(Unavailable):
            await store(storage, b"hello")
    assert "NoSuchBucket" in caplog.text


async def test_settings_win_over_the_environment(bucket, tmp_path, monkeypatch):
    for name in ("ENDPOINT_URL_S3", "ENDPOINT", "SESSION_TOKEN", "ACCESS_KEY_ID", "REGION"):
        monkeypatch.setenv(f"AWS_{name}", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    async with S3Storage(bucket, tmp_path / "data") as storage:
        await store(storage, b"hello")


async def test_the_data_folder_is_empty_afterwards(cloud, tmp_path):
    await store(cloud, LARGE)
    assert list((tmp_path / "data" / "incoming").iterdir()) == []


KILLED = """
import asyncio, os, sys
from pathlib import Path
from tests.s3 import HASTE
from www.storage.bucket import Place
from www.storage.s3 import S3Storage
async def main():
    place = Place(*sys.argv[2:7], prefix="site/files", path_style=True, patience=HASTE)
    async with S3Storage(place, Path(sys.argv[1])) as storage:
        incoming = await storage.begin()
        await incoming.write(os.urandom(40_000_000))
        print("writing", flush=True)
        await incoming.commit()
asyncio.run(main())
"""


async def test_it_sweeps_what_a_killed_process_left(door, cloud, tmp_path, stored):
    """The process is killed between the first part and the last one."""
    door.limit = None
    place = door.place
    given = (place.bucket, place.endpoint, place.region, place.access_key, place.secret_key)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KILLED, str(tmp_path / "data"), *given), stdout=-1
    )
    assert process.stdout is not None
    await process.stdout.readline()
    async with asyncio.timeout(30):
        while door.seen.count(b"partNumber=") < 2:  # noqa: ASYNC110  (the process is writing)
            await asyncio.sleep(0.001)
    process.kill()
    await process.wait()
    assert len(await stored()) == 1
    assert [upload.key.rpartition("/")[0] for upload in unfinished(cloud.bucket.place)] != []
    cloud._stale_s = -10
    assert await cloud.sweep(nobody, older_than_s=-10) == 2
    assert await stored() == []
    assert list(unfinished(cloud.bucket.place)) == []
    assert await cloud.bucket.below("marks") == {}


async def test_the_sweep_leaves_young_and_foreign_uploads_alone(ceph, cloud, bucket):
    """On Ceph: moto says of every unfinished upload that it was begun in 2010."""
    other = replace(bucket, prefix="another")
    for place in (bucket, other):
        url = place.signer().url("POST", place.key("files/x"), expires_s=60, query={"uploads": ""})
        await asyncio.to_thread(fetch, url, "POST")
    assert await cloud.sweep(nobody) == 0
    assert len(list(unfinished(bucket))) == len(list(unfinished(other))) == 1
    assert abort_leftovers(bucket, timedelta(seconds=-10)) == 1
    assert [len(list(unfinished(place))) for place in (bucket, other)] == [0, 1]


async def test_without_an_inbox_what_lies_there_goes(cloud, bucket, tmp_path):
    """The setting was taken back: nobody else looks after it."""
    url = bucket.signer().url("POST", bucket.key("incoming/u"), expires_s=60, query={"uploads": ""})
    await asyncio.to_thread(fetch, url, "POST")
    await cloud.bucket.put("incoming/t", b"hello")
    async with S3Storage(bucket, tmp_path / "other", inbox_at="", stale_s=-10) as with_inbox:
        assert await with_inbox.sweep(nobody, older_than_s=-10) == 0
    cloud._stale_s = -10
    assert await cloud.sweep(nobody, older_than_s=-10) == 2
    assert await cloud.bucket.below("incoming") == {}
    assert list(unfinished(bucket)) == []


async def test_links_answer_with_the_headers_they_name(cloud, bucket):
    await store(cloud, b"hello")
    key = f"files/{HELLO[:2]}/{HELLO[2:4]}/{HELLO}"
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Disposition": "attachment; filename*=UTF-8''%E4%BD%A0%20b.txt",
    }
    content, found = await asyncio.to_thread(fetch, Links(bucket).download(key, headers))
    assert content == b"hello"
    assert {name: found[name] for name in headers} == headers


@pytest.mark.parametrize(
    ("kind", "hours"), [("video/webm", 12), ("audio/mpeg", 12), ("image/png", 1)]
)
async def test_links_to_films_last_longer(bucket, kind, hours):
    link = Links(bucket).download(f"files/{HELLO}", {"Content-Type": kind})
    assert f"X-Amz-Expires={hours * 3600}&" in link


async def test_links_cannot_be_changed(ceph, bucket, tmp_path):
    async with S3Storage(bucket, tmp_path / "data") as storage:
        await store(storage, b"hello")
    key = f"files/{HELLO[:2]}/{HELLO[2:4]}/{HELLO}"
    url = Links(bucket).download(key, {"Content-Type": "text/plain"})
    with pytest.raises(urllib.error.HTTPError, match="403") as caught:
        await asyncio.to_thread(fetch, url.replace("text%2Fplain", "text%2Fhtml"))
    caught.value.close()


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, PART_BYTES),
        (PART_BYTES * 10_000, PART_BYTES),
        (PART_BYTES * 10_000 + 1, PART_BYTES + 1024**2),
        (5 * 1024**4, 525 * 1024**2),
    ],
)
def test_parts_are_as_many_as_the_service_takes(size, expected):
    assert part_size(size) == expected
    assert size <= expected * 10_000


async def test_too_many_parts_become_larger_ones(behind, door, monkeypatch):
    """The largest objects, on a smaller scale: 26 MB in at most 2 parts instead of 4."""
    monkeypatch.setattr(buckets, "part_size", lambda size: part_size(size, most=2))
    await store(behind, LARGE)
    assert b"partNumber=2" in door.seen
    assert b"partNumber=3" not in door.seen
    assert await content_of(behind, SHA256) == LARGE


async def test_a_content_that_is_deleted_while_it_is_read_ends_the_reading(cloud):
    await store(cloud, LARGE)
    content = await cloud.open(SHA256)
    await content.pread(0, 1000)
    await cloud.delete(SHA256, older_than_s=-10)
    with pytest.raises(NotFound):
        await content.pread(20_000_000, 1000)
    content.close()


async def test_who_stores_waits_for_who_deletes(cloud):
    """A doomed mark holds a commit up; a forgotten one of long ago does not."""
    doom = f"marks/{HELLO}/doomed-1"
    await cloud.bucket.put(doom, b"")
    storing = asyncio.create_task(store(cloud, b"hello"))
    done, _ = await asyncio.wait([storing], timeout=0.5)
    assert not done
    await cloud.bucket.delete(doom)
    assert (await storing).sha256 == HELLO


async def test_what_is_held_in_memory_is_bounded_however_many_come(cloud, monkeypatch):
    put_file, under_way, seen = Bucket.put_file, [], []

    async def watched(self, key, path, size_bytes):
        under_way.append(size_bytes)
        seen.append(list(under_way))
        try:
            await put_file(self, key, path, size_bytes)
        finally:
            under_way.remove(size_bytes)

    monkeypatch.setattr(Bucket, "put_file", watched)
    sizes = [
        *(PART_BYTES + n for n in range(5)),
        *(1_000_000 + n for n in range(30)),
        *range(1, 40),
    ]
    await asyncio.gather(*(store(cloud, os.urandom(4), bytes(size)) for size in sizes))
    large = [[size for size in some if size > PART_BYTES] for some in seen]
    small = [[size for size in some if size <= PART_BYTES] for some in seen]
    assert max(map(len, large)) == 2
    assert 3_000_000 < max(map(sum, small)) <= 4 * 1024**2
    assert max(map(len, small)) <= 16
    assert len(seen) == len(sizes)
