"""A clamd for the tests: the real one with a signature of our own where it is installed, and a small
server that speaks its protocol.

The only virus that either knows is EICAR's test file, which every scanner takes for one.
"""

import asyncio
import contextlib
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

# In two halves, so that no scanner takes this file for one.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
MOST_BYTES = 1024**2

CONFIG = """
Foreground yes
LocalSocket {folder}/socket
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
StreamMaxLength 1M
OfficialDatabaseOnly no
"""


@pytest.fixture(scope="session")
def _clamd():
    """The socket of a real clamd."""
    if not shutil.which("clamd"):
        pytest.skip("needs clamd: apt-get install clamav-daemon")
    folder = Path(tempfile.mkdtemp(prefix="www-clamd-"))
    (folder / "signatures").mkdir()
    (folder / "signatures" / "test.ndb").write_text(f"Eicar-Test:0:*:{EICAR.hex()}\n")
    (folder / "clamd.conf").write_text(CONFIG.format(folder=folder))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            ["clamd", "-c", str(folder / "clamd.conf")], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        end = time.monotonic() + 60
        while not (folder / "socket").exists():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < end, (folder / "log").read_text()
            time.sleep(0.05)
        yield str(folder / "socket")
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["clamd", "small"])
async def clamd(request):
    """The address of a scanner: the real one, and ours."""
    if request.param == "clamd":
        yield request.getfixturevalue("_clamd")
        return
    async with Small() as small:
        yield small.address


class Small:
    """Speaks INSTREAM and PING as clamd does; `answer` replaces every verdict, `silent` gives none."""

    def __init__(self, answer=None, *, silent=False):
        self._answer = answer
        self._silent = silent
        self.scanned = []

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._server.close()

    async def _serve(self, reader, writer):
        with (
            contextlib.suppress(ConnectionError, asyncio.IncompleteReadError),
            contextlib.closing(writer),
        ):
            command = await reader.readuntil(b"\0")
            verdict = b"PONG" if command == b"zPING\0" else await self._verdict(reader)
            if self._silent:
                await reader.read()
                return
            writer.write((self._answer or verdict) + b"\0")
            await writer.drain()

    async def _verdict(self, reader):
        content = b""
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            content += await reader.readexactly(size)
            if len(content) > MOST_BYTES:
                return b"INSTREAM size limit exceeded. ERROR"
        self.scanned.append(content)
        return b"stream: Eicar-Test FOUND" if EICAR in content else b"stream: OK"
