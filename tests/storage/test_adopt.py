"""A finished file becomes a content without being copied."""

import pytest

from tests.storage.keeping import HELLO, content_of


@pytest.fixture
def staged(tmp_path):
    """Return a function that writes a file beside the contents, in the same data folder."""

    def write(content, name="staged"):
        path = tmp_path / "data" / name
        path.write_bytes(content)
        return path

    return write


async def test_it_takes_the_file_itself(disk, staged, stored):
    path = staged(b"hello")
    number = path.stat().st_ino
    kept = await disk.adopt(path, HELLO, 5)
    assert (kept.sha256, kept.size_bytes) == (HELLO, 5)
    assert await stored() == [HELLO]
    assert disk.path(HELLO).stat().st_ino == number
    assert await content_of(disk, HELLO) == b"hello"


async def test_equal_content_is_kept_once(storage, staged, stored):
    await storage.adopt(staged(b"hello"), HELLO, 5)
    await storage.adopt(staged(b"hello", "again"), HELLO, 5)
    assert await stored() == [HELLO]


async def test_what_is_gone_cannot_be_taken(storage, tmp_path):
    with pytest.raises(FileNotFoundError):
        await storage.adopt(tmp_path / "data" / "none", HELLO, 5)


async def test_it_follows_no_link(storage, staged, tmp_path):
    link = tmp_path / "data" / "link"
    link.symlink_to(staged(b"hello"))
    with pytest.raises(OSError, match="symbolic links"):
        await storage.adopt(link, HELLO, 5)
