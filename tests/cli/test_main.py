"""`python3 -m www` and `python3 init_db.py` with a python that has no libraries."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout without `.venv`, and beside it a python without libraries."""
    for name in ("www", "config"):
        shutil.copytree(
            ROOT / name, tmp_path / "site" / name, ignore=shutil.ignore_patterns("*.pyc")
        )
    shutil.copy(ROOT / "init_db.py", tmp_path / "site")
    venv.create(tmp_path / "bare", with_pip=False)
    return tmp_path / "site"


def call(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(checkout.parent / "bare" / "bin" / "python"), *words]
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        command, cwd=checkout, env=environ, capture_output=True, text=True, check=False
    )


def test_it_says_what_installs_the_libraries(checkout: Path):
    for words in (("-m", "www", "check"), ("init_db.py",)):
        done = call(checkout, *words)
        assert done.returncode == 1
        assert done.stderr == "www: its libraries are missing: `make run` installs them\n"


def test_it_hands_over_to_the_environment_of_the_checkout(checkout: Path):
    (checkout / ".venv" / "bin").mkdir(parents=True)
    handed = checkout / ".venv" / "bin" / "python"
    handed.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    handed.chmod(0o755)
    done = call(checkout, "init_db.py")
    assert done.stderr == ""
    assert "res/www.db is ready" in done.stdout
    assert call(checkout, "-m", "www", "--version").stdout.startswith("www ")
