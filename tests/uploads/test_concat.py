"""Files that are put together of parts which were uploaded side by side."""

import pytest

from tests.files.door import kept, sha256
from tests.uploads.door import Tus, claims, noise, staged
from www.models import File, Upload

LIMITS = pytest.mark.parametrize(
    "settings", [{"limits": {"upload_bytes": 1000, "quota_bytes": 1500}}], indirect=True
)


async def part(tus, content, *, sent=None):
    """Begin a part; return its address."""
    address = await tus.begin(len(content), Upload_Concat="partial")
    await tus.append(address, 0, content if sent is None else content[:sent])
    return address


async def join(tus, *parts, **headers):
    return await tus.create(Upload_Concat="final;" + " ".join(parts), **headers)


async def test_parts_become_one_file(tus, alice, engine):
    contents = [noise(300_000), noise(70_000), noise(5)]
    parts = [await part(tus, content) for content in contents]
    answer = await join(tus, *parts, Upload_Metadata=claims(filename="whole"))
    assert answer.status == 201
    assert "File-Location" in answer.headers
    whole = b"".join(contents)
    assert kept(alice) == {sha256(whole): whole}
    assert (staged(alice), await engine.count(Upload.select())) == ({}, 1)
    assert (await tus.about(answer.headers["Location"]))["file"]["name"] == "whole"


async def test_its_state_repeats_what_was_said(tus):
    parts = [await part(tus, b"hello "), await part(tus, b"world")]
    for address in parts:
        answer = await tus.head(address)
        assert answer.headers["Upload-Concat"] == "partial"
    value = f"final;{parts[0]} /uploads/{parts[1][-32:]}"
    answer = await tus.create(Upload_Concat=value)
    answer = await tus.head(answer.headers["Location"])
    assert answer.headers["Upload-Concat"] == value
    assert answer.headers["Upload-Offset"] == answer.headers["Upload-Length"] == "11"


async def test_it_may_wait_for_its_parts(tus, alice):
    first, second = await part(tus, b"hello ", sent=2), await part(tus, b"world", sent=0)
    final = (await join(tus, first, second)).headers["Location"]
    answer = await tus.head(final)
    assert "Upload-Offset" not in answer.headers
    assert answer.headers["Upload-Length"] == "11"
    await tus.append(second, 0, b"world")
    assert kept(alice) == {}
    await tus.append(first, 2, b"llo ")
    assert kept(alice) == {sha256(b"hello world"): b"hello world"}
    assert (await tus.head(final)).headers["Upload-Offset"] == "11"


async def test_it_may_wait_for_a_parts_length(tus, alice):
    first = await tus.begin(Upload_Defer_Length=1, Upload_Concat="partial")
    final = (await join(tus, first)).headers["Location"]
    assert "Upload-Length" not in (await tus.head(final)).headers
    await tus.append(first, 0, b"hello", Upload_Length=5)
    assert kept(alice) == {sha256(b"hello"): b"hello"}


@pytest.mark.parametrize("sent", [None, 2])
async def test_asking_again_makes_no_second_file(tus, engine, sent):
    """A client that has lost the answer repeats its request, when the parts are gone."""
    parts = [await part(tus, b"hello ", sent=sent), await part(tus, b"world")]
    named = {"Upload_Metadata": claims(filename="whole")}
    first, again = await join(tus, *parts, **named), await join(tus, *parts, **named)
    assert (again.status, again.headers["Location"]) == (201, first.headers["Location"])
    assert again.headers.get("File-Location") == first.headers.get("File-Location")
    if sent is not None:
        await tus.append(parts[0], sent, b"hello "[sent:])
        again = await join(tus, *parts, **named)
    assert [file.name for file in await engine.all(File.select())] == ["whole"]
    assert (await join(tus, *parts)).status == 400  # in other words it is another upload
    await tus.delete(again.headers["Location"])
    assert (await join(tus, *parts, **named)).status == 400


async def test_a_part_may_come_twice(tus, alice):
    address = await part(tus, b"ha")
    other = await part(tus, b"!", sent=0)
    waiting = (await join(tus, address, other)).headers["Location"]
    assert (await join(tus, address, address)).status == 201
    await tus.append(other, 0, b"!")
    assert set(kept(alice).values()) == {b"haha", b"ha!"}
    assert (await tus.about(waiting))["complete"]
    assert staged(alice) == {}


async def test_a_part_is_never_a_file(tus, alice, engine):
    address = await part(tus, b"hello")
    assert (await tus.about(address))["complete"] is False
    assert (await engine.count(File.select()), kept(alice)) == (0, {})


async def test_nothing_is_appended_to_the_whole(tus):
    first = await part(tus, b"hello", sent=0)
    final = (await join(tus, first)).headers["Location"]
    assert (await tus.append(final, 0, b"x")).status == 403
    await tus.append(first, 0, b"hello")
    assert (await tus.append(final, 5, b"x")).status == 403


@pytest.mark.parametrize("kind", ["plain", "foreign", "gone", "final"])
async def test_it_takes_only_ones_own_parts(tus, make_actor, engine, kind):
    address = await part(tus, b"hello", sent=0)
    if kind == "plain":
        address = await tus.begin(5)
    elif kind == "foreign":
        address = await part(Tus(await make_actor("eve", "author")), b"hello")
    elif kind == "gone":
        await tus.delete(address)
    else:
        address = (await join(tus, address)).headers["Location"]
    before = await engine.count(Upload.select())
    assert (await join(tus, address)).status == 400
    assert await engine.count(Upload.select()) == before


@LIMITS
async def test_the_whole_is_bounded(tus, alice):
    parts = [await part(tus, b"x" * 600), await part(tus, b"x" * 600)]
    assert (await join(tus, *parts)).status == 413
    assert (await join(tus, parts[0])).status == 201
    assert [len(content) for content in kept(alice).values()] == [600]


async def test_the_whole_brings_no_data(tus):
    address = await part(tus, b"hello")
    answer = await tus.create(data=b"x", Upload_Concat=f"final;{address}")
    assert answer.status == 403
