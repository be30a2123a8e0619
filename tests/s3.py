"""An S3 server for the tests: Ceph's gateway where it is installed, else moto's server.

    server.bucket() -> Place   a new, empty bucket
    server.stop(), server.start()   the gateway goes away, and comes back

Ceph keeps everything in memory: one monitor, one OSD, the gateway, all on the loopback and without
authentication between them; up in about 10 s. Install it with
`apt-get install --no-install-recommends radosgw ceph-mon ceph-osd`. moto checks no signature, so the
tests that need a real server ask for `ceph`.
"""

import contextlib
import functools
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from itertools import count
from pathlib import Path

import pytest

from tests.postgres import free_port
from www.storage.bucket import Patience, Place

ACCESS_KEY, SECRET_KEY = "AKIATESTS", "secret/of+the/tests"
REGION = "us-east-1"
# Failures are to be seen soon, and a busy machine is still given time.
HASTE = Patience(connect_s=2, silence_s=10, request_s=20, retries=2, retries_s=5)

CONFIG = """
[global]
fsid = {fsid}
mon_host = v2:127.0.0.1:{mon}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_port_min = {mon_after}
ms_bind_port_max = {mon_last}
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
ms_cluster_mode = crc
ms_service_mode = crc
ms_client_mode = crc
ms_mon_cluster_mode = crc
ms_mon_service_mode = crc
ms_mon_client_mode = crc
run_dir = {folder}
admin_socket = {folder}/$name.asok
log_file = {folder}/$name.log
mon_cluster_log_file = {folder}/cluster.log
keyring = {folder}/keyring
mon_data = {folder}/mon
osd_data = {folder}/osd
osd_objectstore = memstore
memstore_device_bytes = 4294967296
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_data_avail_crit = 1
mon_data_avail_warn = 1
rgw_data = {folder}/rgw
rgw_frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
rgw_thread_pool_size = 32
rgw_gc_obj_min_wait = 5
rgw_gc_processor_period = 5
rgw_gc_processor_max_time = 5
"""


@pytest.fixture(scope="session")
def s3():
    """The server of this session."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def ceph(s3):
    """The server of this session, which checks signatures and works as Amazon's does."""
    if not isinstance(s3, Ceph):
        pytest.skip("needs Ceph: apt-get install radosgw ceph-mon ceph-osd")
    return s3


@pytest.fixture
def bucket(s3):
    """A new, empty bucket."""
    return s3.bucket()


def settings_of(place):
    """Return what stands under `storage` in the settings."""
    return {"kind": "s3", "bucket": place.bucket, "endpoint": place.endpoint, "region": place.region,
            "access_key": place.access_key, "secret_key": place.secret_key, "prefix": place.prefix,
            "path_style": place.path_style}  # fmt: skip


@contextlib.contextmanager
def running():
    """Give a server for as long as the block."""
    server = Ceph() if installed() else Moto()
    folder = tempfile.mkdtemp(prefix="www-s3-")
    try:
        server.create(Path(folder))
        yield server
    finally:
        server.end()
        shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def installed():
    tools = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
    return all(map(shutil.which, tools))


class Server:
    """What both have: an address, and buckets."""

    port: int

    def __init__(self):
        self._numbers = count(1)
        self._gateway: subprocess.Popen[bytes] | None = None

    def bucket(self):
        """Make an empty bucket."""
        name = f"test-{os.getpid()}-{next(self._numbers)}-{secrets.token_hex(3)}"
        place = Place(name, f"http://127.0.0.1:{self.port}", REGION, ACCESS_KEY, SECRET_KEY,
                      prefix="site/files", path_style=True, patience=HASTE)  # fmt: skip
        url = place.signer().url("PUT", "", expires_s=600)
        with urllib.request.urlopen(urllib.request.Request(url, data=b"", method="PUT")):
            return place

    def create(self, folder):
        """Make what the server needs, and start it."""
        self.port = free_port()
        self.start()

    def start(self):
        """Start the gateway, and wait until it answers."""
        self._gateway = self._started()
        end = time.monotonic() + 60
        while True:
            with contextlib.suppress(urllib.error.HTTPError):  # an answer all the same
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5).close()
                except urllib.error.URLError as err:
                    if isinstance(err, urllib.error.HTTPError):
                        err.close()
                        raise
                    assert self._gateway.poll() is None, self.told()
                    assert time.monotonic() < end, self.told()
                    time.sleep(0.05)
                    continue
            return

    def stop(self):
        """End the gateway at once. Ceph waits half a minute for one that was killed."""
        assert self._gateway is not None
        self._gateway.terminate()
        self._gateway.wait()

    def end(self):
        if self._gateway is not None:
            self.stop()

    def told(self):
        return "the S3 server does not start"

    def _started(self):
        raise NotImplementedError


class Moto(Server):
    """moto's server, from PyPI."""

    def _started(self):
        command = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "moto.server",
            "-H",
            "127.0.0.1",
            "-p",
            str(self.port),
        ]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Ceph(Server):
    """Ceph in a folder."""

    folder: Path

    def create(self, folder):
        self.folder = folder
        self.port, mon, fsid = free_port(), free_port(), uuid.uuid4()
        text = CONFIG.format(
            folder=folder, fsid=fsid, port=self.port, mon=mon, mon_after=mon + 1, mon_last=mon + 50
        )
        (folder / "ceph.conf").write_text(text)
        (folder / "keyring").touch()
        self._daemons = []
        for name in ("mon", "osd"):
            (folder / name).mkdir()
        monmap = f"{folder}/monmap"
        self._call(
            "monmaptool",
            "--create",
            "--fsid",
            str(fsid),
            "--addv",
            "a",
            f"[v2:127.0.0.1:{mon}]",
            monmap,
        )
        self._call("ceph-mon", "-i", "a", "--mkfs", "--monmap", monmap)
        self._daemons.append(self._begin("ceph-mon", "-i", "a"))
        self._call("ceph", "--connect-timeout", "20", "osd", "create")
        self._call("ceph-osd", "-i", "0", "--mkfs")
        self._daemons.append(self._begin("ceph-osd", "-i", "0"))
        self.start()
        self._call("radosgw-admin", "user", "create", "--uid=tests", "--display-name=tests",
                   f"--access-key={ACCESS_KEY}", f"--secret={SECRET_KEY}")  # fmt: skip

    def end(self):
        super().end()
        for daemon in reversed(self._daemons):
            daemon.send_signal(signal.SIGKILL)
            daemon.wait()

    def told(self):
        log = self.folder / "client.rgw.log"
        return log.read_text()[-2000:] if log.exists() else super().told()

    def _started(self):
        return self._begin("radosgw", "-n", "client.rgw")

    def _begin(self, *command):
        """Start a daemon in the foreground, so that it is our child and nobody else's."""
        whole = [*command, "-c", f"{self.folder}/ceph.conf", "-f"]
        return subprocess.Popen(whole, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _call(self, *command):
        environ = {**os.environ, "CEPH_CONF": f"{self.folder}/ceph.conf"}
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env=environ, timeout=60
        )
        assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
