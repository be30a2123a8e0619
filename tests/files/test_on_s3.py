"""The whole product with its files in a bucket."""

import asyncio
import os
from dataclasses import replace

import pytest
from aiohttp import ClientError
from yarl import URL

from tests.files.door import JSON, send, sha256, upload
from tests.s3 import HASTE, settings_of
from tests.sharing.door import content as path_of
from tests.sharing.door import share
from tests.storage.trouble import Door
from tests.uploads.door import Tus, claims
from www import keys
from www.files import queries
from www.models import File, ShareLink
from www.settings import Settings
from www.storage.bucket import Bucket
from www.storage.opening import place_of

TEXT = b"hello " * 500_000  # small files come from our memory
LARGE = os.urandom(20_000_000)


@pytest.fixture
async def door(bucket):
    async with Door(bucket) as opened:
        yield opened


@pytest.fixture
def settings(request, tmp_path, database, door, monkeypatch):
    hasty = lambda settings: replace(place_of(settings), patience=replace(HASTE, retries=1))  # noqa: E731
    monkeypatch.setattr("www.storage.opening.place_of", hasty)
    given = getattr(request, "param", {})
    storage = {**settings_of(door.place), **given}
    return Settings.model_validate({"data": tmp_path / "res", "db": database, "storage": storage})


@pytest.fixture
def objects(bucket):
    async def names():
        return sorted(key.rpartition("/")[2] for key in await Bucket(bucket).below("files"))

    return names


async def test_files_go_in_and_out(alice, client, objects):
    files = [("a.txt", b"hello"), ("large.bin", LARGE), ("empty", b"")]
    described = await upload(alice, *files)
    assert await objects() == sorted(sha256(content) for _, content in files)
    for one, (_, content) in zip(described, files, strict=True):
        async with client.get(one["url"]) as answer:
            assert await answer.read() == content
        async with client.get(one["url"], headers={"Range": "bytes=3-12345678"}) as answer:
            assert await answer.read() == content[3:12345679] or answer.status == 416


async def test_resumed_uploads_go_there_too(alice, objects):
    tus = Tus(alice)
    address = await tus.begin(1_500_000, Upload_Metadata=claims(filename="a.bin"))
    await tus.append(address, 0, LARGE[:900_000])
    last = await tus.append(address, 900_000, LARGE[900_000:1_500_000])
    assert await objects() == [sha256(LARGE[:1_500_000])]
    async with alice.get(URL(last.headers["File-Location"]).raw_path) as answer:
        assert await answer.read() == LARGE[:1_500_000]


async def test_what_is_deleted_is_swept(alice, objects):
    [file] = await upload(alice, ("a.txt", b"hello"))
    await alice.post(f"/files/{file['id']}/delete", allow_redirects=False)
    engine, storage = alice.app[keys.engine], alice.app[keys.storage]
    assert await objects() == [file["sha256"]]  # young
    assert (
        await storage.sweep(lambda some: queries.contents_in_use(engine, some), older_than_s=-10)
        == 1
    )
    assert await objects() == []


@pytest.mark.parametrize("through", [0, 300, 100_000, 9_000_000, 19_000_000])
async def test_while_the_server_is_away_nothing_gets_in_by_half(alice, door, objects, through):
    door.limit = through
    assert (await send(alice, ("a.bin", LARGE), **JSON)).status == 503
    assert await alice.app[keys.engine].all(File.select()) == []
    door.limit = None
    assert await objects() == []
    await upload(alice, ("a.bin", LARGE))


@pytest.mark.parametrize("through", [0, 300, 9_000_000])
async def test_a_resumed_upload_waits_for_the_server(alice, door, objects, through):
    tus = Tus(alice)
    address = await tus.begin(len(LARGE))
    await tus.append(address, 0, LARGE[:15_000_000])
    door.limit = through
    assert (await tus.append(address, 15_000_000, LARGE[15_000_000:])).status == 503
    assert await alice.app[keys.engine].all(File.select()) == []
    for answer in (await tus.head(address), await tus.ask("GET", address)):
        # After a 503 clients take it for lost, and send all of it again.
        assert (answer.status, answer.headers["Retry-After"]) == (423, "1")
    door.limit = None
    assert (await tus.about(address))["file"]["sha256"] == sha256(LARGE)
    assert await objects() == [sha256(LARGE)]


async def test_a_download_that_breaks_is_seen_to_break(alice, client, door):
    [file] = await upload(alice, ("large.bin", LARGE))
    with pytest.raises((ClientError, asyncio.IncompleteReadError)):
        async with client.get(file["url"]) as answer:
            assert await answer.content.readexactly(100_000) == LARGE[:100_000]
            door.limit = 0
            await answer.read()


@pytest.mark.parametrize("settings", [{"presign_downloads": True}], indirect=True)
async def test_readers_are_sent_to_the_bucket(alice, client, door):
    [file] = await upload(alice, ("你好.txt", TEXT))
    async with client.get(file["url"], allow_redirects=False) as answer:
        assert answer.status == 302
        link = URL(answer.headers["Location"], encoded=True)
    assert link.host == "127.0.0.1"
    async with client.session.get(link) as answer:
        assert await answer.read() == TEXT
        assert answer.content_type == "text/plain"
        assert "%E4%BD%A0%E5%A5%BD.txt" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("settings", [{"presign_downloads": True}], indirect=True)
async def test_links_with_a_limit_are_answered_here(alice, client, door):
    await upload(alice, ("a.txt", TEXT))
    free, limited = await share(alice), await share(alice, limit="1")
    async with client.get(path_of(free, 1, "a.txt"), allow_redirects=False) as answer:
        assert answer.status == 302
    async with client.get(path_of(limited, 1, "a.txt")) as answer:
        assert (answer.status, answer.url.host) == (200, client.server.host)
        assert await answer.read() == TEXT
    async with client.get(path_of(limited, 1, "a.txt")) as answer:
        assert answer.status == 410


@pytest.mark.parametrize("name", ["large.bin", "small.txt"])
async def test_what_the_bucket_does_not_give_is_not_counted(alice, client, door, name):
    contents = {"large.bin": LARGE, "small.txt": b"hello"}
    for file in contents.items():
        await upload(alice, file)
    id_ = [*contents].index(name) + 1
    path = path_of(await share(alice, f"/files/{id_}", limit="1"), id_, name)
    door.limit = 0
    async with client.get(path) as answer:
        assert answer.status == 503
    door.limit = None
    async with client.get(path) as answer:
        assert await answer.read() == contents[name]
    assert (await alice.app[keys.engine].get(ShareLink, 1)).downloads == 1


@pytest.mark.parametrize("settings", [{"presign_downloads": True}], indirect=True)
async def test_pages_may_show_what_the_bucket_sends(client, door):
    async with client.get("/") as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert f"img-src 'self' {door.place.endpoint};" in policy
    assert f"media-src 'self' {door.place.endpoint}" in policy


async def test_pages_show_nothing_of_others_otherwise(client, door):
    async with client.get("/") as answer:
        assert door.place.endpoint not in answer.headers["Content-Security-Policy"]
