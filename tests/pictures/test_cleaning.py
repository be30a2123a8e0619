"""Originals without their metadata: not one byte of it, and not one pixel changed."""

import json
import os
import random

import pytest
import pyvips

from tests.pictures import samples
from www.pictures import cleaning
from www.pictures.limits import Limits
from www.pictures.maker import Pictures
from www.pictures.pieces import Pieced, Written, size_of
from www.pictures.pool import BrokenPicture

KINDS = ("image/jpeg", "image/png", "image/webp")


class Bytes:
    """A content in memory."""

    def __init__(self, content):
        self.content = content
        self.size_bytes = len(content)

    def fileno(self):
        return None

    async def pread(self, offset, size_bytes):
        return self.content[offset : offset + size_bytes]

    def close(self):
        self.content = b""


@pytest.fixture
def plan(tmp_path):
    """What the worker plans, without the worker."""

    def planned(content, kind):
        path = tmp_path / "original"
        path.write_bytes(content)
        fd = os.open(path, os.O_RDONLY)
        try:
            return json.loads(json.dumps(cleaning.plan(fd, kind)))
        finally:
            os.close(fd)

    return planned


async def joined(content, pieces):
    if pieces is None:
        return content
    clean = Pieced(Bytes(content), pieces)
    return await clean.pread(0, clean.size_bytes)


def pixels(content):
    image = pyvips.Image.new_from_buffer(content, "")
    return image.width, image.height, image.write_to_memory()


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("kind", KINDS)
async def test_it_works(plan, kind, orientation):
    original = samples.BY_KIND[kind](orientation)
    clean = await joined(original, plan(original, kind))
    assert samples.SECRET in original
    for sign in (samples.SECRET, b"xmpmeta", b"Photoshop", b"tEXt", b"GPS"):
        assert sign not in clean
    assert pixels(clean) == pixels(original)
    found = pyvips.Image.new_from_buffer(clean, "")
    assert (found.get("orientation") if found.get_typeof("orientation") else 1) == orientation
    assert plan(clean, kind) is None or await joined(clean, plan(clean, kind)) == clean


async def test_it_empties_items_of_avif(plan):
    original = samples.avif()
    clean = await joined(original, plan(original, "image/avif"))
    assert samples.SECRET in original
    assert samples.SECRET not in clean
    assert b"xmpmeta" not in clean
    assert len(clean) == len(original)
    assert pixels(clean) == pixels(original)


@pytest.mark.parametrize("kind", KINDS)
async def test_it_leaves_clean_files_alone(plan, kind):
    ending = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}[kind]
    assert plan(samples.encoded(samples.quarters(), ending), kind) is None


async def test_it_keeps_colour_profiles(plan):
    image = samples.quarters().icc_export(output_profile="p3")
    for ending, kind in ((".jpg", "image/jpeg"), (".png", "image/png"), (".webp", "image/webp")):
        original = bytes(image.write_to_buffer(ending, keep="icc"))
        clean = await joined(original, plan(original, kind))
        profile = pyvips.Image.new_from_buffer(clean, "").get("icc-profile-data")
        assert profile == pyvips.Image.new_from_buffer(original, "").get("icc-profile-data")


async def test_it_keeps_movement(plan):
    original = samples.moving(".webp", 5)
    clean = await joined(original, plan(original, "image/webp"))
    found = [pyvips.Image.new_from_buffer(content, "", n=-1) for content in (original, clean)]
    assert found[0].get("n-pages") == found[1].get("n-pages") == 5
    assert found[0].write_to_memory() == found[1].write_to_memory()


async def test_it_keeps_progressive_scans(plan):
    image = samples.noisy(300, 200)
    plain = bytes(image.write_to_buffer(".jpg", keep="none", interlace=True))
    original = plain[:2] + b"\xff\xfe\x00\x04hi" + plain[2:]
    assert await joined(original, plan(original, "image/jpeg")) == plain


@pytest.mark.parametrize("kind", [*KINDS, "image/avif"])
async def test_it_survives_whatever_comes(plan, kind):
    """Cut and changed anywhere: an answer, whose size is right."""
    original = samples.avif() if kind == "image/avif" else samples.BY_KIND[kind](6)
    chance = random.Random(7)
    for _ in range(400):
        broken = bytearray(original[: chance.randrange(len(original))])
        for _ in range(chance.randrange(4)):
            if broken:
                broken[chance.randrange(len(broken))] = chance.randrange(256)
        pieces = plan(bytes(broken), kind)
        clean = await joined(bytes(broken), pieces)
        assert len(clean) == (len(broken) if pieces is None else size_of(pieces))


@pytest.mark.parametrize("kind", KINDS)
async def test_it_cleans_what_is_cut(plan, kind):
    original = samples.BY_KIND[kind](6)
    for size_bytes in range(16, len(original)):
        clean = await joined(original[:size_bytes], plan(original[:size_bytes], kind))
        for sign in (samples.SECRET, b"http://ns.adobe.com/", b"Photoshop 3.0", b"tEXt"):
            assert sign not in clean


@pytest.mark.parametrize("kind", sorted(cleaning.KINDS))
def test_it_takes_no_metadata_for_nothing(plan, kind):
    """What only begins like a picture is sent as it is."""
    for content in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n" + bytes(100), os.urandom(3000)):
        assert plan(content, kind) is None


async def test_it_gives_nothing_away_that_it_does_not_understand(plan):
    """No picture at all, but something that looks like metadata: not a byte of it."""
    for kind in KINDS:
        assert plan(samples.XMP, kind) == []
        assert plan(b"", kind) is None


async def test_it_reads_any_part_of_the_pieces():
    content = bytes(range(256))
    pieces: list[Written] = [
        ("kept", 0, 10), ("new", "bmV3", 3), ("blank", 0, 5), ("kept", 100, 20)
    ]  # fmt: skip
    whole = content[:10] + b"new" + bytes(5) + content[100:120]
    clean = Pieced(Bytes(content), pieces)
    assert clean.size_bytes == size_of(pieces) == len(whole)
    for start in range(len(whole) + 2):
        for size_bytes in range(len(whole) + 2):
            expected = whole[start : start + size_bytes]
            assert await clean.pread(start, size_bytes) == expected
            for long_bytes in (0, 5, 15, 100):
                runs = list(clean.runs(start, size_bytes, long_bytes))
                assert b"".join([await one.pread(*where) for one, *where in runs]) == expected
                assert all(one is clean or where[1] > long_bytes for one, *where in runs)


async def test_it_works_in_a_worker(disk, make, tmp_path):
    original = samples.jpeg(6)
    sha256 = await make(original)
    async with Pictures(disk, tmp_path / "data") as pictures:
        pieces = await pictures.clean(sha256, "image/jpeg")
        assert samples.SECRET not in await joined(original, pieces)
        assert await pictures.clean(await make(samples.gif(1)), "image/png") is None


async def test_it_refuses_what_takes_too_long(disk, make, tmp_path):
    """A chunk per eight bytes: the walk is stopped, and nothing is served instead."""
    sha256 = await make(b"\xff\xd8" + b"\xff\x01" * 20_000_000)
    async with Pictures(disk, tmp_path / "data", limits=Limits(cpu_s=1)) as pictures:
        with pytest.raises(BrokenPicture):
            await pictures.clean(sha256, "image/jpeg")
