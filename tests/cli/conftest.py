"""Commands run in an empty folder; `www` calls them in this process, `start` in one of their own."""

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from www.cli import main

ROOT = Path(__file__).parents[2]
PASSWORD = "four unrelated words"


class Terminal(io.StringIO):
    """Somebody sits in front of it."""

    def isatty(self):
        return True


class Answer(NamedTuple):
    """What a command leaves behind."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Be in an empty folder, so that the default settings put everything there."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("WWW_")]:
        monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def www(capsys, monkeypatch):
    """Run a command: `www("user", "list").out`; `stdin` is what is piped into it."""

    def run(*arguments, stdin="", terminal=False):
        monkeypatch.setattr(sys, "stdin", Terminal() if terminal else io.StringIO(stdin))
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        return Answer(code, *capsys.readouterr())

    return run


@pytest.fixture
def start(folder):
    """Start a Python process in the folder: `start("-m", "www", "serve")`; it never outlives the test."""
    processes = []

    def run(*arguments):
        command = [sys.executable, "-W", "error", *arguments]
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            command, cwd=folder, env=environ, stdout=pipe, stderr=pipe, text=True
        )
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.communicate()
