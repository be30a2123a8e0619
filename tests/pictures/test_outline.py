"""Films in a bucket: what tells about them is fetched, and they are not."""

import os

import pytest

from tests.pictures import films, samples
from tests.pictures.films import PIXELS, box, wide_box
from tests.pictures.planning import clean
from tests.pictures.test_cleaning import Bytes, joined
from www.pictures import outline
from www.pictures.maker import Pictures


class Counted(Bytes):
    """Counts what is read."""

    read_bytes = 0
    reads = 0

    async def pread(self, offset, size_bytes):
        found = await super().pread(offset, size_bytes)
        self.read_bytes += len(found)
        self.reads += 1
        return found


async def copied(content):
    """What is written, None where it gives up."""
    fd = os.memfd_create("copy")
    try:
        if not await outline.copy(content, fd):
            return None
        assert os.fstat(fd).st_size == content.size_bytes
        return os.pread(fd, content.size_bytes, 0)
    finally:
        os.close(fd)


@pytest.mark.parametrize("far", [False, True])
@pytest.mark.parametrize("first", [False, True])
async def test_it_works(first, far):
    original = films.film(first=first, far=far)
    long = original + (wide_box if far else box)(b"mdat", bytes(range(256)) * 10_000)
    content = Counted(long)
    found = await copied(content)
    data = long.index(PIXELS)
    assert found[data + 8 : data + 500] == bytes(492)
    assert content.read_bytes < len(original) + 1000
    pieces = len(PIXELS) + len(samples.SECRET)
    assert found[:data] == long[:data]
    assert found[data + pieces : len(original)] == long[data + pieces : len(original)]


async def test_it_gives_up_where_it_would_be_all(monkeypatch):
    many = films.film() + box(b"mdat", b"x") * 600
    assert await copied(Counted(many)) is None
    monkeypatch.setattr(outline, "_MOST_BYTES", 1000)
    content = Counted(films.film())
    assert await copied(content) is None
    assert content.read_bytes < 2000


@pytest.mark.parametrize(
    "content", [b"\0\0\0\x04ftyp" + bytes(20), b"abc", b"\0\0\0\1mdat" + bytes(8)]
)
async def test_it_gives_up_on_what_is_no_film(content):
    found = await copied(Counted(content))
    assert found is None or found.startswith(content[:8])


async def put(storage, content):
    incoming = await storage.begin()
    await incoming.write(content)
    return (await incoming.commit()).sha256


async def test_it_cleans_on_both_storages(storage, tmp_path):
    original = films.film(first=False)
    sha256 = await put(storage, original)
    async with storage, Pictures(storage, tmp_path / "data") as pictures:
        pieces = await pictures.clean(sha256, "video/mp4")
        picture = await put(storage, samples.avif())
        taken_for_a_film = await pictures.clean(picture, "video/mp4")
        nothing_told = await put(storage, clean(films.film(measured=b"soun"), "video/mp4"))
        assert await pictures.clean(nothing_told, "video/mp4") is None
    assert await joined(original, pieces) == clean(original, "video/mp4")
    assert samples.SECRET not in await joined(samples.avif(), taken_for_a_film)
    assert samples.SECRET not in clean(original, "video/mp4")
