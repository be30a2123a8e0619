"""The IETF's draft, rule by rule, and what both protocols share."""

import asyncio
import base64
import hashlib

import pytest

from tests.files.door import kept, sha256
from tests.uploads.door import Draft, claims, staged
from www.models import File, Folder, Upload

PROBLEM = "https://iana.org/assignments/http-problem-types#"
NAMED = {"Content_Disposition": "inline; filename=\"a.txt\"; filename*=UTF-8''%E5%90%8D.txt"}
LIMITS = pytest.mark.parametrize(
    "settings", [{"limits": {"upload_bytes": 1000, "quota_bytes": 1500}}], indirect=True
)


def field(data, kind="sha256", name="sha-256"):
    return f"{name}=:{base64.b64encode(hashlib.new(kind, data).digest()).decode()}:"


async def test_one_request_is_enough(draft, alice):
    answer = await draft.create(b"hello", ends=True, **NAMED)
    assert (answer.status, answer.headers["Upload-Complete"]) == (201, "?1")
    [file] = (await answer.json())["files"]
    assert (file["name"], file["sha256"]) == ("名.txt", sha256(b"hello"))
    assert answer.headers["Location"].endswith(file["url"])
    assert answer.headers["Repr-Digest"] == field(b"hello")
    assert (kept(alice), staged(alice)) == ({sha256(b"hello"): b"hello"}, {})


async def test_it_goes_on_in_parts(draft, alice):
    answer = await draft.create(b"hel", ends=False, Upload_Length=10, **NAMED)
    address = answer.headers["Location"]
    assert (answer.status, answer.headers["Upload-Complete"]) == (201, "?0")
    assert "max-size=" in answer.headers["Upload-Limit"]
    answer = await draft.append(address, 3, b"lo", ends=False)
    assert (answer.status, answer.headers["Upload-Complete"]) == (204, "?0")
    answer = await draft.append(address, 5, b"world", ends=True)
    assert (answer.status, answer.headers["Upload-Complete"]) == (201, "?1")
    assert kept(alice) == {sha256(b"helloworld"): b"helloworld"}


async def test_it_may_go_into_a_folder(draft, alice, engine):
    mine = await engine.insert(Folder(owner_id=alice.user.id, name="Mine", name_key="mine"))
    at = f"/uploads?folder={mine.id}"
    await draft.create(b"whole", ends=True, at=at, **NAMED)
    address = (await draft.create(b"in ", ends=False, at=at)).headers["Location"]
    await draft.append(address, 3, b"parts", ends=True)
    await draft.create(b"none", ends=True, at="/uploads?folder=")
    files = await engine.all(File.select().order_by(File.id))
    assert [file.folder_id for file in files] == [mine.id, mine.id, None]


async def test_it_rejects_folders_that_are_not_ones_own(draft, alice, bob, engine):
    foreign = await engine.insert(Folder(owner_id=bob.user.id, name="His", name_key="his"))
    for folder, status in ((foreign.id, 404), (999, 404), ("x", 422), ("0", 422), ("9" * 99, 400)):
        answer = await draft.create(b"x", ends=True, at=f"/uploads?folder={folder}", **NAMED)
        assert answer.status == status, folder
    assert (await engine.count(Upload.select()), kept(alice), staged(alice)) == (0, {}, {})


async def test_it_tells_the_offset(draft):
    address = (await draft.create(b"hello", ends=False)).headers["Location"]
    answer = await draft.ask("HEAD", address)
    assert answer.status == 204
    assert answer.headers["Upload-Offset"] == "5"
    assert answer.headers["Upload-Complete"] == "?0"
    assert "Upload-Length" not in answer.headers
    assert "max-age=" in answer.headers["Upload-Limit"]
    assert answer.headers["Cache-Control"] == "no-store"
    await draft.append(address, 5, b"world", ends=False, Upload_Length=12)
    assert (await draft.ask("HEAD", address)).headers["Upload-Length"] == "12"


async def test_the_end_may_come_alone(draft):
    address = (await draft.create(b"hello", ends=False)).headers["Location"]
    answer = await draft.append(address, 5, ends=True)
    assert (answer.status, answer.headers["Upload-Complete"]) == (201, "?1")
    assert (await draft.ask("HEAD", address)).headers["Upload-Complete"] == "?1"


async def test_a_lost_answer_is_given_again(draft, engine):
    address = (await draft.create(b"", ends=False)).headers["Location"]
    first = await draft.append(address, 0, b"hello", ends=True)
    again = await draft.append(address, 5, ends=True)
    assert await first.json() == await again.json()
    assert again.headers["Upload-Complete"] == "?1"
    assert (await draft.append(address, 5, b"!", ends=True)).status == 400
    assert await engine.count(File.select()) == 1


@pytest.mark.parametrize("ends", [True, False])
async def test_nothing_may_be_uploaded(draft, alice, ends):
    answer = await draft.create(b"", ends=ends)
    if not ends:
        answer = await draft.append(answer.headers["Location"], 0, ends=True)
    assert answer.status == 201
    assert kept(alice) == {sha256(b""): b""}


async def test_another_offset_is_a_problem(draft):
    address = (await draft.create(b"hello", ends=False)).headers["Location"]
    answer = await draft.append(address, 7, b"x", ends=False)
    assert (answer.status, answer.headers["Upload-Offset"]) == (409, "5")
    assert answer.headers["Upload-Complete"] == "?0"
    assert answer.content_type == "application/problem+json"
    body = await answer.json()
    assert body["type"] == PROBLEM + "mismatching-upload-offset"
    assert (body["expected-offset"], body["provided-offset"]) == (5, 7)


@pytest.mark.parametrize(("data", "ends", "length"), [(b"hello", True, 6), (b"hello", False, 12)])
async def test_another_length_is_a_problem(draft, data, ends, length):
    if ends:
        answer = await draft.create(data, ends=True, Upload_Length=length)
        assert staged(draft.tus.actor) == {}
    else:
        address = (await draft.create(ends=False, Upload_Length=10)).headers["Location"]
        answer = await draft.append(address, 0, data, ends=False, Upload_Length=length)
    assert (answer.status, answer.headers["Upload-Complete"]) == (400, "?0")
    assert (await answer.json())["type"] == PROBLEM + "inconsistent-upload-length"


async def test_an_end_before_the_length_is_a_problem(draft, engine):
    address = (await draft.create(ends=False, Upload_Length=10)).headers["Location"]
    assert (await draft.append(address, 0, b"hello", ends=True)).status == 400
    assert await engine.count(File.select()) == 0


async def test_more_than_the_length_ends_the_upload(draft):
    address = (await draft.create(ends=False, Upload_Length=3)).headers["Location"]
    assert (await draft.append(address, 0, b"hello", ends=False)).status == 413
    assert (await draft.ask("HEAD", address)).status == 404
    assert staged(draft.tus.actor) == {}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Type": "application/octet-stream"}, 415),
        ({"Upload_Complete": "1"}, 400),
        ({"Upload_Complete": "?2"}, 400),
        ({"Upload_Complete": None}, 400),
        ({"Upload_Offset": "-1"}, 400),
        ({"Upload_Offset": "5.0"}, 400),
        ({"Upload_Offset": '"5"'}, 400),
        ({"Upload_Offset": None}, 400),
        ({"Upload_Offset": "5;a=b", "Upload_Complete": "?0;c"}, 204),
        ({"Upload_Length": "nonsense"}, 204),
    ],
)
async def test_appending_is_strict(draft, headers, status):
    address = (await draft.create(b"hello", ends=False)).headers["Location"]
    answer = await draft.append(address, 5, b"x", **{"ends": False, **headers})
    assert answer.status == status, await answer.text()


async def test_a_malformed_creation_is_none(draft):
    assert (await draft.ask("POST", "/uploads", b"hello")).status == 412
    assert (await draft.ask("POST", "/uploads", b"x", Upload_Complete="1")).status == 400
    assert (await draft.create(b"x", ends=True, Content_Disposition='a; "')).status == 400


@LIMITS
async def test_limits_are_told_with_the_refusal(draft):
    answer = await draft.create(b"x" * 1001, ends=True)
    assert answer.status == 413
    assert "max-size=1000" in answer.headers["Upload-Limit"]
    address = (await draft.create(b"x" * 900, ends=False)).headers["Location"]
    answer = await draft.append(address, 900, b"x" * 101, ends=True)
    assert (answer.status, "max-size=1000" in answer.headers["Upload-Limit"]) == (413, True)


async def test_everybody_may_ask_for_the_limits(client):
    async with client.options("/uploads") as answer:
        assert answer.headers["Upload-Limit"].startswith("max-size=")
        assert "application/partial-upload" in answer.headers["Accept-Patch"]


async def test_it_can_be_cancelled(draft):
    address = (await draft.create(b"hello", ends=False)).headers["Location"]
    assert (await draft.ask("DELETE", address)).status == 204
    assert (await draft.ask("HEAD", address)).status == 404


async def test_digests_are_checked(draft, engine, alice):
    wrong, right = field(b"other"), field(b"hello")
    assert (await draft.create(b"hello", ends=True, Repr_Digest=wrong)).status == 460
    assert (await draft.create(b"hello", ends=True, Content_Digest=wrong)).status == 460
    assert (await engine.count(Upload.select()), staged(alice)) == (0, {})
    answer = await draft.create(b"hello", ends=True, Repr_Digest=right, Content_Digest=right)
    assert answer.status == 201
    address = (await draft.create(b"he", ends=False)).headers["Location"]
    sha512 = field(b"llo", "sha512", "sha-512")
    assert (await draft.append(address, 2, b"lla", ends=True, Content_Digest=sha512)).status == 460
    assert (await draft.ask("HEAD", address)).headers["Upload-Offset"] == "2"
    assert (await draft.append(address, 2, b"llo", ends=True, Content_Digest=sha512)).status == 201


async def test_an_upload_of_one_protocol_goes_on_in_the_other(draft, tus):
    address = await tus.begin(10, b"hello", Upload_Metadata=claims(filename="a.txt"))
    answer = await draft.append(address, 5, b"world", ends=True)
    assert (await answer.json())["files"][0]["name"] == "a.txt"
    part = await tus.begin(5, b"he", Upload_Concat="partial")
    assert (await draft.append(part, 2, b"llo", ends=True)).status == 403


async def raw(server, actor, text, body, *, first=b"", pause=None):
    """Send a request as text, `body` after an interim answer if `pause`; return what comes back."""
    [cookie] = [c for c in actor.session.cookie_jar if c.key == "session"]
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = f"{text}\r\nHost: 127.0.0.1:{server.port}\r\nCookie: session={cookie.value}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode() + first)
    interim = await reader.readuntil(b"\r\n\r\n") if pause else b""
    writer.write(body)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return (interim + answer).decode()


@pytest.mark.parametrize(("version", "sent"), [("8", True), ("7", False), (None, False)])
async def test_interim_answers_tell_the_address(server, alice, version, sent):
    line = f"\r\nUpload-Draft-Interop-Version: {version}" if version else ""
    text = f"POST /uploads HTTP/1.1\r\nUpload-Complete: ?0\r\nContent-Length: 5{line}"
    answer = await raw(server, alice, text, b"hello", pause=sent)
    first, *rest = answer.split("\r\n\r\n")
    assert first.startswith("HTTP/1.1 104 Upload Resumption Supported") == sent
    if sent:
        assert "Upload-Draft-Interop-Version: 8" in first
        assert "Upload-Limit: max-size=" in first
        [address] = [line for line in first.split("\r\n") if line.startswith("Location: ")]
        assert rest[0].startswith("HTTP/1.1 201 Created")
        assert address in rest[0]


async def test_interim_answers_tell_the_progress(server, alice, draft, monkeypatch):
    monkeypatch.setattr("www.uploads.receiving.TELL_EVERY_S", 0.02)
    address = (await draft.create(ends=False, Upload_Draft_Interop_Version="8")).headers["Location"]
    text = (
        f"PATCH /uploads/{address[-32:]} HTTP/1.1\r\nUpload-Complete: ?1\r\nUpload-Offset: 0\r\n"
        "Upload-Draft-Interop-Version: 8\r\nContent-Type: application/partial-upload\r\n"
        "Content-Length: 10"
    )
    answer = await raw(server, alice, text, b"world", first=b"hello", pause=True)
    first, *rest = answer.split("\r\n\r\n")
    assert first.startswith("HTTP/1.1 104")
    assert "Upload-Offset: 5" in first
    assert "Location" not in first
    assert rest[0].startswith("HTTP/1.1 201")


async def test_a_stranger_is_told_to_sign_in(client):
    answer = await Draft(client).create(b"hello", ends=True)
    assert (answer.status, answer.content_type) == (401, "application/problem+json")
