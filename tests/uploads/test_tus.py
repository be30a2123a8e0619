"""tus 1.0.0, rule by rule: what a server MUST do, and most of what it SHOULD."""

import re

import pytest
from multidict import CIMultiDict
from yarl import URL

from tests.files.door import JSON, kept, send, sha256
from tests.uploads.door import CONTENT, Tus, claims, staged
from www.models import File, Folder, Upload

LIMITS = pytest.mark.parametrize(
    "settings", [{"limits": {"upload_bytes": 1000, "quota_bytes": 1500}}], indirect=True
)
BASE = pytest.mark.parametrize(
    "settings", [{"server": {"base_url": "http://files.example.org"}}], indirect=True
)
TRUSTED = pytest.mark.parametrize(
    "settings", [{"server": {"trusted_proxies": ["127.0.0.1/32"]}}], indirect=True
)


async def test_it_becomes_a_file(tus, alice):
    address = await tus.begin(10, Upload_Metadata=claims(filename="a.txt"))
    first = await tus.append(address, 0, b"hello")
    assert (first.status, first.headers["Upload-Offset"]) == (204, "5")
    assert await tus.offset(address) == 5
    last = await tus.append(address, 5, b"world")
    assert (last.status, last.headers["Upload-Offset"]) == (204, "10")
    async with alice.get(URL(last.headers["File-Location"]).raw_path) as answer:
        assert await answer.read() == b"helloworld"
        assert answer.content_type == "text/plain"
    assert kept(alice) == {sha256(b"helloworld"): b"helloworld"}
    assert staged(alice) == {}


async def test_a_script_learns_of_the_file(tus):
    address = await tus.begin(5, b"hello", Upload_Metadata=claims(filename="a.txt"))
    about = await tus.about(address)
    assert (about["offset"], about["length"], about["complete"]) == (5, 5, True)
    assert (about["file"]["name"], about["file"]["sha256"]) == ("a.txt", sha256(b"hello"))


@pytest.mark.parametrize("path", ["/uploads", "/uploads/"])
async def test_everybody_may_ask_what_is_spoken(client, path):
    async with client.options(path, headers={"Tus-Resumable": "0.0.1"}) as answer:
        assert answer.status == 204
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert set(answer.headers["Tus-Extension"].split(",")) == {
            *("creation", "creation-with-upload", "creation-defer-length", "expiration"),
            *("checksum", "termination", "concatenation", "concatenation-unfinished"),
        }
        assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256,crc32"
        assert answer.headers["Tus-Max-Size"] == str(5 * 1000**3)


@pytest.mark.parametrize("path", ["/uploads", "/uploads/"])
async def test_both_spellings_begin_uploads(tus, path):
    answer = await tus.create(5, at=path)
    assert answer.status == 201
    assert await tus.offset(answer.headers["Location"]) == 0


@pytest.mark.parametrize("version", [None, "0.2.2", "1.0", ""])
async def test_another_version_is_refused(tus, version):
    address = await tus.begin(5)
    for method, at in (("POST", "/uploads"), ("PATCH", address)):
        answer = await tus.ask(
            method, at, b"hello", Tus_Resumable=version, Content_Type=CONTENT, Upload_Offset=0,
            Upload_Length=5,
        )  # fmt: skip
        assert answer.status == 412
        assert answer.headers["Tus-Version"] == "1.0.0"
    assert await tus.offset(address) == 0


async def test_every_answer_names_the_version(tus, alice):
    address = await tus.begin(5)
    answers = [
        await tus.create(5),
        await tus.create(),
        await tus.head(address),
        await tus.head("/uploads/" + "0" * 32),
        await tus.head("/uploads/none"),
        await tus.append(address, 3, b"x"),
        await tus.append(address, 0, b"x"),
        await tus.ask("PUT", address),
        await tus.delete(address),
    ]
    assert [answer.status for answer in answers] == [201, 400, 200, 404, 404, 409, 204, 405, 204]
    assert {answer.headers["Tus-Resumable"] for answer in answers} == {"1.0.0"}
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}


async def test_the_address_is_whole(tus, alice):
    address = await tus.begin(5)
    assert address.startswith(f"http://127.0.0.1:{alice.port}/uploads/")


@BASE
async def test_the_address_is_the_sites(tus):
    address = await tus.begin(5, Host="files.example.org")
    assert address.startswith("http://files.example.org/uploads/")


@TRUSTED
async def test_a_proxy_says_the_address(tus):
    address = await tus.begin(5, X_Forwarded_Host="files.example.org")
    assert address.startswith("http://files.example.org/uploads/")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "x"}, 400),
        ({"Upload-Length": "1.5"}, 400),
        ({"Upload-Length": "٣"}, 400),
        ({"Upload-Length": "9" * 20}, 413),
        ({"Upload-Length": "9" * 8000}, 413),
        ({"Upload-Length": "0" * 20 + "5"}, 201),
        ({"Upload-Length": "9" * 15}, 413),
        ({"Upload-Defer-Length": "0"}, 400),
        ({"Upload-Defer-Length": "2"}, 400),
        ({"Upload-Length": "1", "Upload-Defer-Length": "1"}, 400),
        ({"Upload-Length": "1", "Upload-Metadata": "a !"}, 400),
        ({"Upload-Length": "1", "Upload-Metadata": "a YQ==,a YQ=="}, 400),
        ({"Upload-Length": "1", "Upload-Metadata": "a YQ"}, 400),
        ({"Upload-Length": "1", "Upload-Metadata": ",,"}, 400),
        ({"Upload-Length": "1", "Upload-Metadata": "filename /w=="}, 400),
        ({"Upload-Length": "1", "Upload-Metadata": ""}, 201),
        ({"Upload-Length": "1", "Upload-Metadata": "a,b ,c YQ=="}, 201),
        ({"Upload-Length": "1", "Upload-Concat": "half"}, 400),
        ({"Upload-Length": "1", "Upload-Concat": "final"}, 400),
        ({"Upload-Concat": "final;"}, 400),
        ({"Upload-Concat": "final;/uploads/x"}, 400),
        ({"Upload-Concat": "final;http://[/uploads/" + "0" * 32}, 400),
        ({"Upload-Concat": "final;/uploads/" + "0" * 32}, 400),
        ({"Upload-Concat": "final;/uploads/" + "0" * 32, "Upload-Length": "1"}, 400),
        ({"Upload-Length": "1", "Content-Encoding": "gzip"}, 415),
        ({"Upload-Length": "1", "X-HTTP-Method-Override": "PATCH"}, 405),
    ],
)
async def test_creation_is_strict(tus, engine, alice, headers, status):
    answer = await tus.create(**{name.replace("-", "_"): value for name, value in headers.items()})
    assert answer.status == status, await answer.text()
    assert await engine.count(Upload.select()) == len(staged(alice)) == (status == 201)


@LIMITS
async def test_too_much_is_refused_at_the_beginning(tus, engine):
    assert (await tus.create(1001)).status == 413
    await tus.begin(1000)
    assert (await tus.create(501)).status == 413
    await tus.begin(500)
    assert await engine.count(Upload.select()) == 2


@LIMITS
@pytest.mark.parametrize("length", [1001, "9" * 20])
async def test_a_refusal_says_how_large_a_file_may_be(tus, length):
    told = {"Upload_Metadata": claims(filename="a.mkv")}
    answers = [await tus.create(length, **told)]
    for sent in ({"Upload_Length": length}, {"data": b"x" * 1001}):
        address = await tus.begin(Upload_Defer_Length=1, **told)
        answers.append(await tus.append(address, 0, **sent))
    for answer in answers:
        assert answer.status == 413
        detail = (await answer.json())["detail"]
        assert detail == "The file “a.mkv” is larger than 1 kB."


async def test_a_refusal_says_that_more_came_than_was_said(tus):
    answer = await tus.append(await tus.begin(3), 0, b"hello")
    assert answer.status == 413
    assert (await answer.json())["detail"] == "More has come than the upload was to have."


async def test_an_empty_file_is_complete_at_once(tus, alice):
    answer = await tus.create(0, Upload_Metadata=claims(filename="empty"))
    assert "File-Location" in answer.headers
    assert kept(alice) == {sha256(b""): b""}


async def test_data_may_come_with_the_creation(tus):
    answer = await tus.create(10, b"hello")
    assert (answer.status, answer.headers["Upload-Offset"]) == (201, "5")
    answer = await tus.append(answer.headers["Location"], 5, b"world")
    assert "File-Location" in answer.headers


async def test_data_with_the_creation_names_its_kind(tus, alice):
    assert (await tus.create(5, b"hello", Content_Type="text/plain")).status == 415
    assert (await tus.create(3, b"hello")).status == 413
    assert staged(alice) == {}


@pytest.mark.parametrize("name", ["名字 🎉.txt", "a.txt", "x" * 255, "ملف.pdf"])
async def test_a_name_may_be_of_any_script(tus, name):
    address = await tus.begin(1, b"x", Upload_Metadata=claims(filename=name))
    assert (await tus.about(address))["file"]["name"] == name


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\passwd", "a/b/passwd"])
async def test_a_name_is_no_path(tus, name):
    address = await tus.begin(1, b"x", Upload_Metadata=claims(filename=name))
    assert (await tus.about(address))["file"]["name"] == "passwd"


async def test_the_kind_is_only_a_claim(tus, alice):
    html = b"<!doctype html><script>alert(1)</script>"
    said = claims(filename="a.png", filetype="image/png")
    address = await tus.begin(len(html), html, Upload_Metadata=said)
    path = (await tus.about(address))["file"]["url"]
    async with alice.get(path) as answer:
        assert answer.content_type != "image/png"
        assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_it_may_go_into_a_folder(tus, alice, bob, engine):
    mine = await engine.insert(Folder(owner_id=alice.user.id, name="Mine", name_key="mine"))
    foreign = await engine.insert(Folder(owner_id=bob.user.id, name="His", name_key="his"))
    address = await tus.begin(2, b"x", Upload_Metadata=claims(filename="a", folder=str(mine.id)))
    await tus.append(address, 1, b"y")
    [file] = await engine.all(File.select())
    assert file.folder_id == mine.id
    assert (await tus.create(1, Upload_Metadata=claims(folder=str(foreign.id)))).status == 404
    assert (await tus.create(1, Upload_Metadata=claims(folder="x"))).status == 400
    address = await tus.begin(1, Upload_Metadata=claims(folder=str(mine.id)))
    await engine.delete(mine)
    assert "File-Location" in (await tus.append(address, 0, b"x")).headers


async def test_equal_names_are_two_files(tus, engine):
    for _ in range(2):
        await tus.begin(1, b"x", Upload_Metadata=claims(filename="a.txt"))
    assert await engine.count(File.select()) == 2


async def test_the_state_repeats_what_was_said(tus):
    said = claims(filename="a.txt", own="x") + ",flag"
    address = await tus.begin(5, Upload_Metadata=said)
    answer = await tus.head(address)
    assert answer.headers["Upload-Metadata"] == said
    assert (answer.headers["Upload-Length"], answer.headers["Upload-Offset"]) == ("5", "0")
    assert "Upload-Defer-Length" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


async def test_the_length_may_come_later(tus):
    address = await tus.begin(Upload_Defer_Length=1)
    answer = await tus.head(address)
    assert answer.headers["Upload-Defer-Length"] == "1"
    assert "Upload-Length" not in answer.headers
    assert (await tus.append(address, 0, b"hello")).status == 204
    assert (await tus.append(address, 5, Upload_Length=4)).status == 400
    assert (await tus.append(address, 5, b"wor", Upload_Length=10)).status == 204
    answer = await tus.head(address)
    assert answer.headers["Upload-Length"] == "10"
    assert "Upload-Defer-Length" not in answer.headers
    assert (await tus.append(address, 8, b"ld", Upload_Length=11)).status == 400
    assert "File-Location" in (await tus.append(address, 8, b"ld", Upload_Length=10)).headers


async def test_the_length_may_be_said_without_more(tus):
    address = await tus.begin(Upload_Defer_Length=1)
    await tus.append(address, 0, b"hello")
    assert "File-Location" in (await tus.append(address, 5, Upload_Length=5)).headers


@LIMITS
async def test_a_late_length_is_bounded_too(tus):
    address = await tus.begin(Upload_Defer_Length=1)
    assert (await tus.append(address, 0, b"x" * 1001)).status == 413
    assert (await tus.append(address, 0, Upload_Length=1001)).status == 413
    assert (await tus.append(address, 0, b"x" * 1000)).status == 204
    other = await tus.begin(Upload_Defer_Length=1)
    assert (await tus.append(other, 0, b"x" * 501)).status == 413
    assert (await tus.append(other, 0, Upload_Length=501)).status == 413
    assert await tus.offset(other) == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Type": "application/octet-stream"}, 415),
        ({"Content_Type": None}, 415),
        ({"Upload_Offset": None}, 400),
        ({"Upload_Offset": "x"}, 400),
        ({"Upload_Offset": "-1"}, 400),
        ({"Upload_Offset": "0"}, 409),
        ({"Upload_Offset": "4"}, 409),
        ({"Upload_Length": "11"}, 400),
        ({"Upload_Checksum": "md5 YQ=="}, 400),
        ({"Upload_Checksum": "sha1"}, 400),
        ({"Upload_Checksum": "sha1 YQ"}, 400),
        ({"Upload_Checksum": "sha1 YQ=="}, 460),
        ({"Tus_Resumable": "2.0.0"}, 412),
    ],
)
async def test_appending_is_strict(tus, headers, status):
    address = await tus.begin(10, b"hello")
    answer = await tus.append(address, 5, b"world", **{"Upload_Offset": 5, **headers})
    assert answer.status == status, await answer.text()
    assert (await answer.json())["status"] == status
    assert await tus.offset(address) == 5


async def test_it_appends_no_more_than_was_announced(tus, alice):
    async def chunks(*parts):
        for part in parts:
            yield part

    address = await tus.begin(10, b"hello")
    assert (await tus.append(address, 5, b"worlds")).status == 413
    assert (await tus.append(address, 5, chunks(b"wor", b"lds"))).status == 413
    assert await tus.offset(address) == 5
    answer = await tus.append(address, 5, chunks(b"wor", b"ld"))
    assert "File-Location" in answer.headers
    assert (await tus.append(address, 10, b"!")).status == 413
    assert (await tus.append(address, 10)).status == 204
    assert kept(alice) == {sha256(b"helloworld"): b"helloworld"}


async def test_a_complete_upload_can_still_be_asked(tus):
    address = await tus.begin(5, b"hello")
    answer = await tus.head(address)
    assert (answer.headers["Upload-Offset"], answer.headers["Upload-Length"]) == ("5", "5")
    assert "File-Location" in answer.headers
    assert "Upload-Expires" not in answer.headers


async def test_a_method_may_stand_in_a_header(tus):
    address = await tus.begin(10)
    sent = {"Content_Type": CONTENT, "Upload_Offset": 0, "X_HTTP_Method_Override": "PATCH"}
    assert (await tus.ask("POST", address, b"hello", **sent)).status == 204
    answer = await tus.ask("POST", address, X_HTTP_Method_Override="HEAD")
    assert answer.headers["Upload-Offset"] == "5"
    assert (await tus.ask("POST", address, X_HTTP_Method_Override="PUT")).status == 405
    assert (await tus.ask("GET", address, X_HTTP_Method_Override="DELETE")).status == 400
    assert (await tus.ask("POST", address, X_HTTP_Method_Override="DELETE")).status == 204
    assert (await tus.head(address)).status == 404


async def test_it_can_be_cancelled(tus, alice, engine):
    address = await tus.begin(10, b"hello")
    answer = await tus.delete(address)
    assert answer.status == 204
    assert (staged(alice), await engine.count(Upload.select())) == ({}, 0)
    for again in (await tus.head(address), await tus.append(address, 5, b"world")):
        assert again.status == 404
        assert "Upload-Offset" not in again.headers


async def test_cancelling_what_is_complete_keeps_the_file(tus, engine):
    address = await tus.begin(5, b"hello")
    assert (await tus.delete(address)).status == 204
    assert (await tus.head(address)).status == 404
    assert await engine.count(File.select()) == 1


async def test_an_upload_is_its_owners_alone(tus, make_actor, client):
    address = await tus.begin(10, b"hello")
    eve = Tus(await make_actor("eve", "author"))
    stranger, reader = Tus(client), Tus(await make_actor("rita", "reader"))
    for who, status in ((eve, 404), (stranger, 401), (reader, 403)):
        answers = [await who.head(address), await who.append(address, 5, b"world")]
        answers.append(await who.delete(address))
        assert {answer.status for answer in answers} == {status}
    assert (await stranger.create(5)).status == 401
    assert (await reader.create(5)).status == 403
    assert await tus.offset(address) == 5


async def test_another_sites_page_is_refused(tus):
    address = await tus.begin(10)
    for site in ({"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert (await tus.create(5, **site)).status == 403
        assert (await tus.append(address, 0, b"x", **site)).status == 403
        assert (await tus.delete(address, **site)).status == 403
    assert (await tus.append(address, 0, b"x", Sec_Fetch_Site="same-origin")).status == 204


async def test_errors_are_told_to_programs(tus):
    answer = await tus.create(Accept="text/html")
    assert answer.content_type == "application/problem+json"


async def test_a_header_sent_twice_is_refused(alice):
    headers = CIMultiDict({"Tus-Resumable": "1.0.0", "Upload-Length": "5"})
    headers.add("Upload-Length", "6")
    async with alice.post("/uploads", headers=headers) as answer:
        assert answer.status == 400


async def test_nobody_begins_uploads_without_end(tus, monkeypatch):
    monkeypatch.setattr("www.uploads.actions.MOST_UNFINISHED", 2)
    await tus.begin(1)
    last = await tus.begin(1)
    answer = await tus.create(1)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "60")
    await tus.append(last, 0, b"x")
    await tus.begin(1)


@LIMITS
async def test_what_is_reserved_counts_for_forms_too(tus, alice):
    address = await tus.begin(1000)
    assert (await send(alice, ("a", b"x" * 501), **JSON)).status == 413
    assert (await send(alice, ("a", b"x" * 500), **JSON)).status == 201
    assert "File-Location" in (await tus.append(address, 0, b"x" * 1000)).headers
    assert (await tus.create(1)).status == 413


async def test_a_file_without_a_name_gets_one_that_nobody_guesses(tus, engine):
    for metadata in ("", claims(filename=""), claims(filename="..")):
        await tus.begin(1, b"x", Upload_Metadata=metadata)
    names = await engine.scalars(File.select(File.name))
    assert all(re.fullmatch(r"file-[0-9a-hjkmnp-tv-z]{8}", name) for name in names)
    assert len(set(names)) == 3


@LIMITS
async def test_it_says_how_much_is_left(tus):
    await tus.begin(1000)
    refused = await tus.create(501)
    text = (await refused.json())["detail"].replace("\u202f", " ")
    assert text == "501 B will not fit: only 500 B are left, as 1 kB of 1.5 kB are taken."
    text = (await (await tus.create(501, Accept_Language="zh-CN")).json())["detail"].replace(
        "\u202f", " "
    )
    assert text == "放不下 501 B：1.5 kB 空间已占用 1 kB，只剩 500 B。"
