"""A finished file becomes a content without being copied."""

import hashlib

import pytest

HELLO = hashlib.sha256(b"hello").hexdigest()


@pytest.fixture
def staged(tmp_path):
    """Return a function that writes a file beside the contents, in the same data folder."""

    def write(content, name="staged"):
        path = tmp_path / "data" / name
        path.write_bytes(content)
        return path

    return write


async def content_of(storage, sha256):
    content = await storage.open(sha256)
    try:
        return await content.pread(0, content.size_bytes)
    finally:
        content.close()


async def test_it_takes_the_file_itself(storage, staged, stored_paths):
    path = staged(b"hello")
    number = path.stat().st_ino
    stored = await storage.adopt(path, HELLO, 5)
    assert (stored.sha256, stored.size_bytes) == (HELLO, 5)
    assert stored_paths() == [HELLO]
    assert storage.path(HELLO).stat().st_ino == number
    assert await content_of(storage, HELLO) == b"hello"


async def test_equal_content_is_kept_once(storage, staged, stored_paths):
    await storage.adopt(staged(b"hello"), HELLO, 5)
    await storage.adopt(staged(b"hello", "again"), HELLO, 5)
    assert stored_paths() == [HELLO]


async def test_what_is_gone_cannot_be_taken(storage, tmp_path):
    with pytest.raises(FileNotFoundError):
        await storage.adopt(tmp_path / "data" / "none", HELLO, 5)


async def test_it_follows_no_link(storage, staged, tmp_path):
    link = tmp_path / "data" / "link"
    link.symlink_to(staged(b"hello"))
    with pytest.raises(OSError, match="symbolic links"):
        await storage.adopt(link, HELLO, 5)
