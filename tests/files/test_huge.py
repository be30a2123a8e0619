"""More than four gigabytes, where every count of 32 bits has ended."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bench.files.servers import ROOT, Ours

SIZE = 2**32 + 65_537
SPARE = 3 * 2**30


@pytest.mark.slow
@pytest.mark.skipif("WWW_TEST_SLOW" not in os.environ, reason="asks for WWW_TEST_SLOW=1")
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="asks for Linux")
def test_it_takes_more_than_four_gigabytes(tmp_path):
    if shutil.disk_usage(tmp_path).free < SIZE + SPARE:
        pytest.skip("the disk is too small")
    source = tmp_path / "source"
    with source.open("wb") as file:
        file.write(b"begin")
        file.truncate(SIZE - 3)  # a hole: only the copy takes space
        file.seek(0, os.SEEK_END)
        file.write(b"end")
    server = Ours(tmp_path / "site")
    try:
        with server.measured() as cost:
            command = ["curl", "-fsS", *server.sending(source), server.url + server.path]
            subprocess.run(command, check=True, cwd=ROOT)
        with source.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        stored = server.folder / "res/files" / sha256[:2] / sha256[2:4] / sha256
        assert subprocess.run(["cmp", source, stored], check=False).returncode == 0
        assert cost.growth_mib < 16
    finally:
        server.stop()
        shutil.rmtree(server.folder / "res/files")
