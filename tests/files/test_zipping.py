"""The format alone: what is laid out is read by the standard library and by Info-ZIP."""

import io
import shutil
import subprocess
import zipfile
import zlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from www.files.arranging import Filed, arrange
from www.files.zipping import Archive, Entry

NOON = datetime(2026, 10, 20, 12, 30, 31, tzinfo=UTC)


def entry(name, content, modified=NOON):
    return Entry(name, f"hash of {content!r}", len(content), modified)


def write(archive, contents):
    """Return the archive as bytes; `contents` by hash."""
    out = io.BytesIO()
    checksums = {sha256: zlib.crc32(content) for sha256, content in contents.items()}
    for place in archive.places:
        assert out.tell() == place.offset
        out.write(place.header)
        if not place.entry.is_folder:
            out.write(contents[place.entry.sha256])
            out.write(archive.descriptor(place.entry, checksums[place.entry.sha256]))
        assert out.tell() == place.end
    assert out.tell() == archive.directory_at
    out.writelines(archive.directory(checksums))
    assert out.tell() == archive.size_bytes
    return out.getvalue()


def zipped(files, zone=UTC):
    entries = [entry(name, content) for name, content in files.items()]
    return write(Archive(entries, zone), {f"hash of {c!r}": c for c in files.values()})


FILES = {
    "a.txt": b"hello",
    "年报/图 1.png": b"\x89PNG" * 999,
    "年报/": b"",
    "empty": b"",
    "\U0001f600/ñ/é.txt": b"PK\x03\x04PK\x07\x08PK\x05\x06",
}


def test_it_is_read_by_the_standard_library():
    with zipfile.ZipFile(io.BytesIO(zipped(FILES))) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == FILES
        assert read.getinfo("a.txt").date_time == (2026, 10, 20, 12, 30, 30)
        assert read.getinfo("年报/").is_dir()


@pytest.mark.skipif(shutil.which("unzip") is None, reason="no unzip: install Info-ZIP's")
def test_it_is_unpacked_by_info_zip(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped(FILES))
    command = ["unzip", "-q", "a.zip", "-d", "out"]
    subprocess.run(command, cwd=tmp_path, check=True, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin"})
    out = tmp_path / "out"
    found = {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    assert found == {name: content for name, content in FILES.items() if not name.endswith("/")}
    assert (out / "a.txt").stat().st_mtime == NOON.timestamp()  # the extra field knows seconds
    assert (out / "a.txt").stat().st_mode & 0o777 == 0o644


def test_old_readers_see_the_times_of_the_site():
    east = timezone(timedelta(hours=8))
    with zipfile.ZipFile(io.BytesIO(zipped({"a": b""}, east))) as read:
        assert read.getinfo("a").date_time == (2026, 10, 20, 20, 30, 30)


@pytest.mark.parametrize(("year", "shown"), [(1, 1980), (1970, 1980), (2150, 2107)])
def test_dates_outside_of_the_format_are_the_nearest(year, shown):
    archive = Archive([entry("a", b"", datetime(year, 6, 1, tzinfo=UTC))])
    with zipfile.ZipFile(io.BytesIO(write(archive, {"hash of b''": b""}))) as read:
        assert read.getinfo("a").date_time[0] == shown


@pytest.mark.parametrize("size", [0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x100000000, 5 * 1024**3])
def test_it_goes_beyond_32_bits(tmp_path, size):
    entries = [Entry("big", "big", size, NOON), entry("after", b"hello")]
    archive = Archive(entries)
    big, after = archive.places
    with (tmp_path / "a.zip").open("wb") as out:  # the content is a hole
        out.write(big.header)
        out.seek(big.data_at + size)
        out.write(archive.descriptor(big.entry, 7))
        out.write(after.header + b"hello" + archive.descriptor(after.entry, zlib.crc32(b"hello")))
        out.writelines(archive.directory({"big": 7, after.entry.sha256: zlib.crc32(b"hello")}))
        assert out.tell() == archive.size_bytes
    with zipfile.ZipFile(tmp_path / "a.zip") as read:
        assert (read.getinfo("big").file_size, read.getinfo("big").CRC) == (size, 7)
        assert read.read("after") == b"hello"
        with read.open("big") as content:
            assert content.read(10) == b"\0" * 10


def test_it_holds_more_files_than_16_bits_count():
    files = {f"{n}.txt": str(n).encode() for n in range(65_536)}
    with zipfile.ZipFile(io.BytesIO(zipped(files))) as read:
        assert len(read.namelist()) == 65_536
        assert read.read("65535.txt") == b"65535"


def test_an_empty_one_is_valid():
    with zipfile.ZipFile(io.BytesIO(zipped({}))) as read:
        assert read.namelist() == []


def test_another_archive_has_another_tag():
    tags = {
        Archive(entries).etag
        for entries in (
            [],
            [entry("a", b"1")],
            [entry("b", b"1")],
            [entry("a", b"2")],
            [entry("a", b"1", NOON + timedelta(hours=1))],
            [entry("a", b"1"), entry("b", b"1")],
            [entry("b", b"1"), entry("a", b"1")],
        )
    }
    assert len(tags) == 7


def paths(*files):
    filed = [Filed(tuple(path.split("/")[:-1]), path.split("/")[-1], "", 0, NOON) for path in files]
    return [entry.name for entry in arrange(filed)]


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["a.txt", "a.txt", "a.txt"], ["a.txt", "a (2).txt", "a (3).txt"]),
        (["a.txt", "A.TXT"], ["a.txt", "A (2).TXT"]),
        (["a", "a (2)", "a"], ["a", "a (2)", "a (3)"]),
        ([".env", ".env"], [".env", ".env (2)"]),
        (["x/a.txt", "y/a.txt", "a.txt"], ["x/a.txt", "y/a.txt", "a.txt"]),
        (["x/a.txt", "x"], ["x/a.txt", "x (2)"]),
        (["é", "é"], ["é", "é (2)"]),
        (["../../etc/passwd"], ["file/file/etc/passwd"]),
    ],
)
def test_no_two_files_have_the_same_path(files, names):
    assert paths(*files) == names


@given(st.lists(st.text("aA/.é( 2)\\", min_size=1, max_size=6), max_size=12))
def test_no_path_is_taken_twice_or_leads_out(files):
    names = paths(*files)
    assert len({name.casefold() for name in names}) == len(files)
    for name in names:
        assert not name.startswith("/")
        assert not {"", ".", ".."} & set(name.split("/"))
        assert "\\" not in name
