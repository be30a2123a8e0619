"""More than four gigabytes, where every count of 32 bits has ended: each way in, and each way out."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from bench.files.servers import ROOT, Ours

SIZE = 2**32 + 65_537
SPARE = 3 * 2**30
GROWTH_MIB = 16

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("WWW_TEST_SLOW" not in os.environ, reason="asks for WWW_TEST_SLOW=1"),
    pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="asks for Linux"),
]


class Huge(Ours):
    """The program, one sparse source, and a curl that is signed in."""

    def __init__(self, folder):
        self.source = folder / "source"
        with self.source.open("wb") as file:
            file.write(b"begin")
            file.seek(2**32 - 4)  # holes: only what the server makes of it takes space
            file.write(b"the border")
            file.seek(SIZE - 3)
            file.write(b"end")
        with self.source.open("rb") as file:
            self.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        super().__init__(folder / "site")

    def curl(self, path, *options, into=None):
        """Return the header and the body; with `into` a file takes the body."""
        command = ["curl", "-fsS", "--cookie", self.cookie, "-D", str(self.folder / "head")]
        command += ["-o", str(into)] if into else []
        done = subprocess.run(
            [*command, *options, self.url + path], check=True, cwd=ROOT, capture_output=True
        )
        return (self.folder / "head").read_text().lower(), done.stdout

    def part(self, start, size):
        with self.source.open("rb") as file:
            file.seek(start)
            return file.read(size)


@pytest.fixture(scope="module")
def huge(tmp_path_factory):
    folder = tmp_path_factory.mktemp("huge")
    if shutil.disk_usage(folder).free < 2 * SIZE + SPARE:
        pytest.skip("the disk is too small")
    server = Huge(folder)
    yield server
    server.stop()
    shutil.rmtree(folder)


def by_form(huge):
    form = ["-F", f"file=@{huge.source}", "-H", "Accept: application/json"]
    return json.loads(huge.curl("/upload", *form)[1])["files"][0]


def by_tus(huge):
    tus = ["-H", "Tus-Resumable: 1.0.0"]
    head, _ = huge.curl("/uploads", "-X", "POST", *tus, "-H", f"Upload-Length: {SIZE}")
    at = re.findall(r"/uploads/[0-9a-f]{32}", head)[0]
    fields = ["-H", "Upload-Offset: 0", "-H", "Content-Type: application/offset+octet-stream"]
    head, _ = huge.curl(at, "-X", "PATCH", "-T", str(huge.source), *tus, *fields)
    assert f"upload-offset: {SIZE}\n" in head.replace("\r", "")
    return json.loads(huge.curl(at, *tus)[1])["file"]


def by_draft(huge):
    fields = ["-H", "Upload-Complete: ?1", "-H", 'Content-Disposition: attachment; filename="a"']
    _, body = huge.curl("/uploads", "-X", "POST", "-T", str(huge.source), *fields)
    return json.loads(body)["files"][0]


@pytest.mark.parametrize("way", [by_form, by_tus, by_draft])
def test_it_takes_more_than_four_gigabytes(huge, way):
    with huge.measured() as cost:
        file = way(huge)
    assert (file["size"], file["sha256"]) == (SIZE, huge.sha256)
    stored = huge.folder / "res/files" / huge.sha256[:2] / huge.sha256
    assert subprocess.run(["cmp", huge.source, stored], check=False).returncode == 0
    assert cost.growth_mib < GROWTH_MIB
    assert not [path for path in (huge.folder / "res/incoming").iterdir() if path.is_file()]


@pytest.fixture(scope="module")
def address(huge):
    return by_form(huge)["url"]


def test_it_sends_more_than_four_gigabytes(huge, address):
    with huge.measured() as cost:
        head, _ = huge.curl(address, into=huge.folder / "copy")
    assert f"content-length: {SIZE}\n" in head.replace("\r", "")
    copy = huge.folder / "copy"
    assert subprocess.run(["cmp", huge.source, copy], check=False).returncode == 0
    assert cost.growth_mib < GROWTH_MIB
    copy.unlink()


@pytest.mark.parametrize(
    ("asked", "start", "size"),
    [
        ("4294967290-4294967301", 4294967290, 12),
        (f"{SIZE - 3}-", SIZE - 3, 3),
        ("-65541", SIZE - 65_541, 65_541),
        (f"{2**32 - 500_000}-{2**32 + 50_000}", 2**32 - 500_000, 550_001),
    ],
)
def test_it_sends_what_lies_beyond(huge, address, asked, start, size):
    head, body = huge.curl(address, "-r", asked)
    assert body == huge.part(start, size)
    assert f"content-range: bytes {start}-{start + size - 1}/{SIZE}" in head


def test_it_sends_several_ranges_from_both_sides(huge, address):
    _, body = huge.curl(address, "-r", "0-4,4294967292-4294967301,-3")
    for content in (b"begin", b"the border", b"end"):
        assert body.count(b"\r\n\r\n" + content + b"\r\n") == 1


def test_an_archive_has_its_exact_length(huge, address):
    """Beyond four gigabytes, and with an entry that begins there (zip64)."""
    small = huge.folder / "small"
    small.write_bytes(b"small")
    form = ["-F", f"file=@{small};filename=z.txt", "-H", "Accept: application/json"]
    number = json.loads(huge.curl("/upload", *form)[1])["files"][0]["id"]
    path = f"/files/archive?id={address.split('/')[2]}&id={number}"
    archive = huge.folder / "archive.zip"
    with huge.measured() as cost:
        head, _ = huge.curl(path, into=archive)
    assert f"content-length: {archive.stat().st_size}\n" in head.replace("\r", "")
    assert cost.growth_mib < GROWTH_MIB
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        assert sorted(one.file_size for one in opened.infolist()) == [5, SIZE]
        assert opened.read("z.txt") == b"small"
    _, tail = huge.curl(path, "-r", "-300")
    with archive.open("rb") as file:
        file.seek(-300, os.SEEK_END)
        assert file.read() == tail
    archive.unlink()
