"""Data folders whose contents lay in two levels of folders go on as if they never had."""

from pathlib import Path

import pytest

from tests.storage.keeping import store
from www.storage import LocalStorage
from www.storage.flattening import flatten


@pytest.fixture
async def old(tmp_path):
    """A data folder as it was; returns it and the contents in it."""
    async with LocalStorage(tmp_path) as disk:
        found = [(await store(disk, b"%d" % n)).sha256 for n in range(300)]
        for sha256 in found:
            deep = disk.path(sha256).parent / sha256[2:4]
            deep.mkdir(exist_ok=True)
            disk.path(sha256).rename(deep / sha256)
    return tmp_path, found


async def test_everything_is_found_again(old):
    folder, contents = old
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("files/??/??/*")}
    assert set(before) == set(contents)
    async with LocalStorage(folder) as disk:
        for n, sha256 in enumerate(contents):
            assert disk.path(sha256).read_bytes() == b"%d" % n
            assert disk.path(sha256).stat().st_mtime_ns == before[sha256]
    assert list(folder.glob("files/??/??")) == []


async def test_what_is_there_already_stays_right(old):
    folder, contents = old
    flat = folder / "files" / contents[0][:2] / contents[0]
    flat.write_bytes(b"0")
    assert flatten(folder / "files") == len(contents)
    assert flatten(folder / "files") == 0
    assert flat.read_bytes() == b"0"


async def test_it_goes_on_where_it_was_killed(old, monkeypatch):
    folder, contents = old
    renames = iter(range(100))

    def rename(path, to, unchanged=Path.rename):
        if next(renames, None) is None:
            raise KeyboardInterrupt
        return unchanged(path, to)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "rename", rename)
        flatten(folder / "files")
    async with LocalStorage(folder) as disk:
        assert all(disk.path(sha256).is_file() for sha256 in contents)
