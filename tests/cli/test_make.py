"""`make run` in a copy of the tree as git sees it: it needs nothing that lies only on one machine."""

import os
import re
import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path):
    """What git does not ignore, with the libraries of this machine: their download is not tested."""
    if not (ROOT / ".git").exists():
        pytest.skip("only a checkout knows which files belong to it")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    for name in listed.stdout.decode().split("\0")[:-1]:
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    venv, bundle = tmp_path / ".venv", tmp_path / "frontend" / "node_modules"
    for folder in (venv, bundle):
        folder.mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        (venv / part).symlink_to(ROOT / ".venv" / part)
    (venv / ".run").touch()
    (bundle / ".built").touch()
    return tmp_path


def test_make_run_leads_to_the_first_page(copy):
    # GNU make hands its own flags on to the makes below it; this one shall be the first.
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "WWW_"))
    }
    command = ["make", "--silent", "run", "ARGS=--host 127.0.0.1 --port 0"]
    with subprocess.Popen(
        command, cwd=copy, env=own, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            assert process.stdout
            said, found = "", None
            while found is None and (line := process.stdout.readline()):
                said += line
                found = re.match(r"Serving on (http://\S+) ", line)
            assert found, said
            with urllib.request.urlopen(found[1], timeout=20) as answer:
                page = answer.read().decode()
        finally:
            process.terminate()
        process.communicate(timeout=20)
    assert "<h1" in page
    assert {path.name for path in (copy / "res").iterdir()} >= {"www.db"}
