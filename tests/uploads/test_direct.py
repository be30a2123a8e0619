"""Uploads that go from the browser into the bucket: what is signed, what comes of it."""

import asyncio
import hashlib
import io
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientError
from yarl import URL

from tests.clamd import EICAR
from tests.files.door import JSON, send, sha256
from tests.s3 import HASTE, settings_of
from tests.storage.keeping import content_of
from tests.storage.trouble import Door
from www import keys
from www.files.scanning import Scanner
from www.models import File, Upload
from www.settings import Settings
from www.storage.bucket import PART_BYTES, Bucket
from www.storage.leftovers import unfinished
from www.storage.opening import place_of
from www.uploads import sweeping

LARGE = os.urandom(2 * PART_BYTES + 100_000)
SMALL = b"hello " * 1000


@pytest.fixture
def given():
    """What stands under `limits` in the settings."""
    return {}


@pytest.fixture
async def door(bucket):
    async with Door(bucket) as opened:
        yield opened


@pytest.fixture
def presigned():
    return True


@pytest.fixture
def settings(tmp_path, database, door, given, presigned, monkeypatch):
    hasty = lambda settings: replace(place_of(settings), patience=replace(HASTE, retries=1))  # noqa: E731
    monkeypatch.setattr("www.storage.opening.place_of", hasty)
    storage = {**settings_of(door.place), "presign_uploads": presigned}
    return Settings.model_validate(
        {"data": tmp_path / "res", "db": database, "storage": storage, "limits": given}
    )


@pytest.fixture
def direct(app, server):
    return app[keys.direct]


@pytest.fixture
def objects(bucket):
    """Return what is in the bucket below a folder."""

    async def names(folder="files"):
        return sorted(key.rpartition("/")[2] for key in await Bucket(bucket).below(folder))

    return names


async def ask(actor, method, address, expected, **fields):
    """Send a form; return the JSON of the answer."""
    path = URL(address).raw_path
    data = [(name, str(one)) for name, value in fields.items() for one in _list(value)]
    async with actor.request(method, path, data=data or None) as answer:
        assert answer.status == expected, await answer.text()
        return await answer.json() if answer.content_length else None


def _list(value):
    return value if isinstance(value, list) else [value]


async def begin(actor, content, name="a.bin", expected=201, **fields):
    fields = {"name": name, "size": len(content), **fields}
    return await ask(actor, "POST", "/uploads/direct", expected, **fields)


async def put(actor, link, content):
    """Send a part to the bucket, as the browser does; return the status."""
    async with actor.session.put(URL(link, encoded=True), data=io.BytesIO(content)) as answer:
        return answer.status


async def put_all(actor, begun, content):
    """Send all parts."""
    size = begun["part_bytes"]
    for number, link in begun["links"].items():
        part = content[(int(number) - 1) * size :][:size]
        assert await put(actor, link, part) == 200


async def finish(actor, begun, expected=201):
    return await ask(actor, "POST", f"{begun['upload']}/complete", expected)


@pytest.mark.parametrize("content", [LARGE, SMALL, b""], ids=["parts", "one", "empty"])
async def test_a_file_goes_to_the_bucket_and_comes_back(alice, client, objects, content, engine):
    begun = await begin(alice, content, "照片.bin")
    assert begun["parts"] == len(begun["links"]) == max(1, -(-len(content) // PART_BYTES))
    await put_all(alice, begun, content)
    about = await finish(alice, begun)
    assert about["complete"]
    assert (about["file"]["name"], about["file"]["sha256"]) == ("照片.bin", sha256(content))
    async with client.get(about["file"]["url"]) as answer:
        assert await answer.read() == content
    assert await objects() == [sha256(content)]
    assert await objects("incoming") == []
    [upload] = await engine.all(Upload.select())
    assert (upload.reserved, upload.file_id) == (0, about["file"]["id"])
    assert await ask(alice, "GET", begun["upload"], 200) == about
    assert await finish(alice, begun, 200) == about  # again, where the first answer was lost


async def test_the_same_content_is_kept_once(alice, objects):
    for _ in range(2):
        begun = await begin(alice, SMALL)
        await put_all(alice, begun, SMALL)
        await finish(alice, begun)
    assert await objects() == [sha256(SMALL)]


async def test_the_type_is_found_by_the_content(alice, engine):
    picture = b"\x89PNG\r\n\x1a\n" + bytes(100)
    begun = await begin(alice, picture, "a.txt")
    await put_all(alice, begun, picture)
    await finish(alice, begun)
    [file] = await engine.all(File.select())
    assert file.content_type == "image/png"


async def test_it_goes_into_a_folder_of_ones_own(alice, bob, engine):
    await alice.post("/folders", data={"name": "Summer", "parent": ""})
    begun = await begin(alice, SMALL, folder=1)
    await put_all(alice, begun, SMALL)
    await finish(alice, begun)
    [file] = await engine.all(File.select())
    assert file.folder_id == 1
    await begin(alice, SMALL, folder=77, expected=404)


async def test_it_tells_what_is_missing(alice):
    begun = await begin(alice, LARGE)
    await put(alice, begun["links"]["2"], LARGE[PART_BYTES : 2 * PART_BYTES])
    assert (await ask(alice, "GET", begun["upload"], 200))["arrived"] == [2]
    assert (await finish(alice, begun, 409))["missing"] == [1, 3]
    asked = await ask(alice, "POST", f"{begun['upload']}/links", 200, part=[1, 3])
    await put_all(alice, begun | asked, LARGE)
    assert (await finish(alice, begun))["file"]["sha256"] == sha256(LARGE)


async def test_a_link_takes_exactly_the_length_that_was_signed(ceph, alice, objects):
    begun = await begin(alice, LARGE)
    assert await put(alice, begun["links"]["3"], LARGE[: 100_000 + 1]) == 403
    assert await put(alice, begun["links"]["1"], LARGE[:100]) == 403
    small = await begin(alice, SMALL)
    assert await put(alice, small["links"]["1"], SMALL + b"x") == 403
    assert await objects("incoming") == []


async def test_a_link_is_for_its_part_and_key_alone(ceph, alice):
    begun, other = await begin(alice, LARGE), await begin(alice, LARGE)
    link = begun["links"]["1"]
    assert await put(alice, link.replace("partNumber=1", "partNumber=2"), LARGE[:PART_BYTES]) == 403
    token, foreign = (one["upload"].rpartition("/")[2] for one in (begun, other))
    assert await put(alice, link.replace(token, foreign), LARGE[:PART_BYTES]) == 403


async def test_a_link_that_is_used_again_changes_nothing(alice, client, objects):
    begun = await begin(alice, SMALL)
    await put_all(alice, begun, SMALL)
    about = await finish(alice, begun)
    assert await put(alice, begun["links"]["1"], SMALL[::-1]) != 200
    async with client.get(about["file"]["url"]) as answer:
        assert await answer.read() == SMALL
    assert await objects("incoming") == []
    assert await objects() == [sha256(SMALL)]


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


async def test_large_ones_are_copied_in_parts(alice, client, monkeypatch):
    monkeypatch.setattr("www.storage.inbox._COPY_BYTES", 6 * 1024**2)
    begun = await begin(alice, LARGE)
    await put_all(alice, begun, LARGE)
    about = await finish(alice, begun)
    async with client.get(about["file"]["url"]) as answer:
        assert sha256(await answer.read()) == about["file"]["sha256"] == sha256(LARGE)


async def test_a_hash_that_was_announced_must_be_right(alice, objects, engine):
    begun = await begin(alice, SMALL, sha256=sha256(SMALL))
    await put_all(alice, begun, SMALL)
    await finish(alice, begun)
    begun = await begin(alice, SMALL, sha256="0" * 64)
    await put_all(alice, begun, SMALL)
    await finish(alice, begun, 460)
    assert await objects("incoming") == []
    assert await engine.count(Upload.select()) == 1


async def test_it_belongs_to_who_began_it(alice, admin, bob, objects):
    begun = await begin(alice, SMALL)
    await put_all(alice, begun, SMALL)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/links"), ("POST", "/complete")):
        fields = {"part": 1} if path == "/links" else {}
        await ask(admin, method, f"{begun['upload']}{path}", 404, **fields)
        await ask(bob, method, f"{begun['upload']}{path}", 403, **fields)
    await finish(alice, begun)


async def test_it_can_be_cancelled(alice, bucket, objects, engine):
    begun = await begin(alice, LARGE)
    await put(alice, begun["links"]["1"], LARGE[:PART_BYTES])
    await ask(alice, "DELETE", begun["upload"], 204)
    assert await asyncio.to_thread(lambda: list(unfinished(bucket))) == []
    assert await engine.all(Upload.select()) == []
    assert await put(alice, begun["links"]["1"], LARGE[:PART_BYTES]) != 200
    await ask(alice, "GET", begun["upload"], 404)


@pytest.mark.parametrize("given", [{"quota_bytes": 10_000, "upload_bytes": 9_000}])
async def test_space_is_reserved_and_given_back(alice, bucket, given):
    await begin(alice, bytes(9_001), expected=413)
    begun = await begin(alice, SMALL)
    assert "space left" in (await begin(alice, SMALL, expected=413))["detail"]
    assert (await send(alice, ("a.txt", SMALL), **JSON)).status == 413
    await ask(alice, "DELETE", begun["upload"], 204)
    again = await begin(alice, SMALL)
    await put_all(alice, again, SMALL)
    await finish(alice, again)
    await begin(alice, SMALL, expected=413)


async def test_what_a_refusal_began_is_aborted(alice, bucket, engine, monkeypatch):
    async def fail(*_args, **_kwargs):
        raise OSError

    monkeypatch.setattr("www.uploads.actions.create", fail)
    await begin(alice, LARGE, expected=500)
    assert await asyncio.to_thread(lambda: list(unfinished(bucket))) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"size": ""}, {"size": -1}, {"size": "x"}, {"size": 10**19}, {"name": ""},
        {"name": "a" * 1001}, {"sha256": "x"}, {"folder": "x"},
    ],
)  # fmt: skip
async def test_it_refuses_nonsense(alice, engine, fields):
    await ask(alice, "POST", "/uploads/direct", 422, **{"name": "a", "size": 1, **fields})
    assert await engine.all(Upload.select()) == []


@pytest.mark.parametrize("part", ["0", "4", "-1", "x", "", "²", ["1"] * 101])
async def test_it_signs_no_other_parts(alice, part):
    begun = await begin(alice, LARGE)
    await ask(
        alice, "POST", f"{begun['upload']}/links", 422 if part != ["1"] * 101 else 400, part=part
    )


async def test_the_other_protocols_do_not_see_it(alice):
    begun = await begin(alice, SMALL)
    token = begun["upload"].rpartition("/")[2]
    for headers in ({"Tus-Resumable": "1.0.0"}, {}):
        assert (await alice.head(f"/uploads/{token}", headers=headers)).status == 404
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "5"}
    location = (await alice.post("/uploads", headers=headers)).headers["Location"]
    await ask(alice, "GET", f"/uploads/direct/{location[-32:]}", 404)
    async with alice.get(begun["upload"]) as answer:
        assert "Tus-Resumable" not in answer.headers
        assert "Upload-Complete" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"


async def test_what_was_left_alone_goes(alice, bucket, objects, engine, direct):
    begun, small = await begin(alice, LARGE), await begin(alice, SMALL)
    await put(alice, begun["links"]["1"], LARGE[:PART_BYTES])
    assert await sweeping.sweep_direct(direct, stray_s=-10) == 0
    assert len(await asyncio.to_thread(lambda: list(unfinished(bucket)))) == 2
    later = datetime.now(UTC) + timedelta(days=8)
    assert await sweeping.sweep(direct.uploads, now=later) == 2
    await put_all(alice, small, SMALL)  # the service knows nothing of it
    assert await sweeping.sweep_direct(direct, stray_s=-10) == 2
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
    await sweeping.sweep_direct(direct)
    files = await engine.all(File.select())
    assert sorted(file.sha256 for file in files) == sorted([sha256(LARGE), sha256(SMALL)])
    for file in files:
        content = await content_of(direct.uploads.storage, file.sha256)
        assert hashlib.sha256(content).hexdigest() == file.sha256


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
    assert await sweeping.sweep_direct(direct, stray_s=-10) == (1 if step == "forget" else 0)


async def test_pages_may_send_to_the_bucket(client, door):
    async with client.get("/") as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert f"connect-src 'self' {door.place.endpoint};" in policy
    assert policy.count(door.place.endpoint) == 1


@pytest.mark.parametrize("presigned", [False])
async def test_without_the_setting_there_are_no_such_addresses(alice, client, door, presigned):
    await begin(alice, SMALL, expected=404)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/links"), ("POST", "/complete")):
        await ask(alice, method, f"/uploads/direct/{'0' * 32}{path}", 404)
    async with client.get("/") as answer:
        assert door.place.endpoint not in answer.headers["Content-Security-Policy"]
    async with alice.get("/upload") as answer:
        assert "data-direct" not in await answer.text()


@pytest.mark.parametrize("content", [EICAR, b"x" * 400_000 + EICAR + b"x"], ids=len)
async def test_it_refuses_a_virus_and_keeps_nothing(alice, clamd, direct, objects, engine, content):
    direct.uploads = replace(direct.uploads, scanner=Scanner(clamd))
    begun = await begin(alice, content, "bad.txt")
    await put_all(alice, begun, content)
    assert "“bad.txt” contains a virus (Eicar-Test" in (await finish(alice, begun, 422))["detail"]
    assert await objects("incoming") == await objects() == []
    assert await engine.all(Upload.select()) == []
    for other, expected in ((SMALL, 201), (LARGE, 413)):  # more than this scanner takes
        begun = await begin(alice, other)
        await put_all(alice, begun, other)
        await finish(alice, begun, expected)
    assert await objects() == [sha256(SMALL)]


async def test_it_waits_while_the_scanner_is_away(alice, tmp_path, direct):
    whole = direct.uploads
    direct.uploads = replace(whole, scanner=Scanner(str(tmp_path / "no.sock")))
    begun = await begin(alice, SMALL)
    await put_all(alice, begun, SMALL)
    await finish(alice, begun, 503)
    direct.uploads = replace(whole, scanner=Scanner(str(tmp_path / "no"), accept_unscanned=True))
    assert (await finish(alice, begun))["file"]["sha256"] == sha256(SMALL)
