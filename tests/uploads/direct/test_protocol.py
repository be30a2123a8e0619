"""Uploads that go from the browser into the bucket: what is signed, what comes of it."""

import asyncio
from dataclasses import replace

import pytest

from tests.clamd import EICAR
from tests.files.door import JSON, send, sha256
from tests.uploads.direct.client import LARGE, SMALL, ask, begin, finish, put, put_all
from www.files.scanning import Scanner
from www.models import File, Folder, Upload, Visibility
from www.storage.bucket import PART_BYTES
from www.storage.leftovers import unfinished


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


async def test_it_is_as_open_as_was_asked(alice, engine):
    mine = Folder(owner_id=alice.user.id, name="a", name_key="a", visibility=Visibility.PRIVATE)
    mine = await engine.insert(mine)
    begun = await begin(alice, SMALL, visibility="private")
    await put_all(alice, begun, SMALL)
    assert (await finish(alice, begun))["file"]["visibility"] == "private"
    refused = await begin(alice, SMALL, folder=mine.id, visibility="public", expected=422)
    assert refused["errors"]["visibility"] == [
        "The folder “a” is less open. Change the folder first."
    ]


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
    detail = (await begin(alice, bytes(9_001), expected=413))["detail"]
    assert detail.endswith("is larger than 9 kB.")
    begun = await begin(alice, SMALL)
    detail = (await begin(alice, SMALL, expected=413))["detail"].replace("\u202f", " ")
    assert detail == "6 kB will not fit: only 4 kB are left, as 6 kB of 10 kB are taken."
    assert (await send(alice, ("a.txt", SMALL), **JSON)).status == 413
    await ask(alice, "DELETE", begun["upload"], 204)
    again = await begin(alice, SMALL)
    await put_all(alice, again, SMALL)
    await finish(alice, again)
    await begin(alice, SMALL, expected=413)


@pytest.mark.parametrize(
    "fields",
    [
        {"size": ""}, {"size": -1}, {"size": "x"}, {"size": 10**19}, {"name": ""},
        {"name": "a" * 1001}, {"sha256": "x"}, {"folder": "x"}, {"visibility": "x"},
    ],
)  # fmt: skip
async def test_it_refuses_nonsense(alice, engine, fields):
    await ask(alice, "POST", "/uploads/direct", 422, **{"name": "a", "size": 1, **fields})
    assert await engine.all(Upload.select()) == []


@pytest.mark.parametrize("part", ["0", "4", "-1", "x", "", "²", ["1"] * 101])
async def test_it_signs_no_other_parts(alice, part):
    begun = await begin(alice, LARGE)
    await ask(
        alice, "POST", f"{begun['upload']}/links", 422 if part != ["1"] * 101 else 413, part=part
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
