"""Data with a checksum counts once it is verified, and not a byte of it before."""

import asyncio
import zlib

import pytest

from tests.files.door import kept, sha256, until
from tests.uploads.door import checksum, noise, staged
from tests.uploads.test_locks import Hanging

CONTENT = noise(600_000)


def crc32(data):
    import base64

    return f"crc32 {base64.b64encode(zlib.crc32(data).to_bytes(4)).decode()}"


@pytest.mark.parametrize("kind", ["sha1", "sha256", "crc32"])
async def test_what_is_right_stays(tus, alice, kind):
    said = crc32(CONTENT) if kind == "crc32" else checksum(kind, CONTENT)
    address = await tus.begin(len(CONTENT))
    assert (await tus.append(address, 0, CONTENT, Upload_Checksum=said)).status == 204
    assert kept(alice) == {sha256(CONTENT): CONTENT}


async def test_what_is_wrong_is_forgotten(tus, alice):
    address = await tus.begin(len(CONTENT), CONTENT[:1000])
    wrong = checksum("sha1", b"other")
    answer = await tus.append(address, 1000, CONTENT[1000:], Upload_Checksum=wrong)
    assert (answer.status, answer.reason) == (460, "Checksum Mismatch")
    assert await tus.offset(address) == 1000
    assert [len(content) for content in staged(alice).values()] == [1000]
    right = checksum("sha1", CONTENT[1000:])
    assert (await tus.append(address, 1000, CONTENT[1000:], Upload_Checksum=right)).status == 204
    assert kept(alice) == {sha256(CONTENT): CONTENT}


async def test_it_may_come_with_the_creation(tus, alice):
    wrong = await tus.create(5, b"hello", Upload_Checksum=checksum("sha1", b"other"))
    assert (wrong.status, staged(alice)) == (460, {})
    right = await tus.create(5, b"hello", Upload_Checksum=checksum("sha1", b"hello"))
    assert right.status == 201


async def test_half_of_it_is_forgotten(tus, alice):
    address = await tus.begin(len(CONTENT), CONTENT[:1000])
    body = Hanging(CONTENT[1000:400_000])
    said = checksum("sha1", CONTENT[1000:])
    request = asyncio.create_task(tus.append(address, 1000, aiter(body), Upload_Checksum=said))
    await until(lambda: max(map(len, staged(alice).values())) > 1000)
    assert await tus.offset(address) == 1000
    request.cancel()
    await asyncio.wait([request])
    assert (await tus.append(address, 1000, CONTENT[1000:])).status == 204
    assert kept(alice) == {sha256(CONTENT): CONTENT}


async def test_a_killed_process_leaves_none_of_it(tus, uploads, alice):
    """The mark is all that a killed process leaves; whoever opens the file next obeys it."""
    address = await tus.begin(len(CONTENT), CONTENT[:1000])
    staged_file = await uploads.staging.open(address[-32:])
    await staged_file.begin_checked()
    await asyncio.to_thread(staged_file.feed, b"x" * 300_000)
    await staged_file.sync()
    await staged_file.close()
    assert await tus.offset(address) == 1000
    assert (await tus.append(address, 1000, CONTENT[1000:])).status == 204
    assert kept(alice) == {sha256(CONTENT): CONTENT}
