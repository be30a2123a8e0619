"""A full disk, and files that one cannot use: clear errors, nothing lost, and on it goes."""

import subprocess
import sys
from contextlib import closing
from functools import cache
from pathlib import Path

import apsw
import pytest

ROOT = Path(__file__).parents[3]
SMALL = 'mount -t tmpfs -o size=%s none "$0" && exec "$@"'
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'


def alone(mount: str, place: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command that alone sees something else mounted at `place`."""
    start = ["unshare", "--mount", "--map-root-user", "--", "sh", "-c", mount, str(place)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}
    return subprocess.run(
        [*start, *command], check=False, capture_output=True, text=True, env=environment
    )


def python(script: str, *arguments: str) -> list[str]:
    path = str(ROOT / "tests/db/sqlite" / script)
    return [sys.executable, "-X", "dev", "-W", "error", path, *arguments]


@cache
def may_mount() -> bool:
    try:
        return alone(SMALL % "1m", Path("/mnt"), "true").returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture(autouse=True)
def _mounts() -> None:
    if not may_mount():
        pytest.skip("only where a process may have mounts of its own")


@pytest.mark.parametrize("size", ["3m", "16m"])
@pytest.mark.parametrize("durability", ["normal", "full"])
def test_a_full_disk_loses_nothing_and_is_told(tmp_path: Path, durability: str, size: str):
    done = alone(SMALL % size, tmp_path, *python("full_disk.py", str(tmp_path), durability))
    assert (done.returncode, done.stderr) == (0, "")


CANNOT = "ConnectionLost: the database cannot be written: let this user write the file"


@pytest.mark.parametrize("what", ["test.db", "test.db-wal", "test.db-shm", "."])
def test_it_reads_what_it_cannot_write_and_says_so(path: Path, what: str):
    with closing(apsw.Connection(str(path))) as other:  # the files beside it stay while it is open
        other.execute("INSERT INTO authors (name) VALUES ('Ada')")
        done = alone(READ_ONLY, path.parent / what, *python("unwritable.py", str(path)))
    assert done.stderr == ""
    count, error = done.stdout.splitlines()
    assert (count, error[: len(CANNOT)]) == ("1", CANNOT)


def test_it_says_that_it_can_make_no_file(tmp_path: Path):
    done = alone(READ_ONLY, tmp_path, *python("unwritable.py", str(tmp_path / "new.db")))
    assert done.stderr == ""
    assert f"{tmp_path}/new.db: the database cannot be opened" in done.stdout
    assert "Read-only file system" in done.stdout
