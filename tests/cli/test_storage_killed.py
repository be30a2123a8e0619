"""`www storage move`, killed at each step: nothing is lost in either storage, and it goes on."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.files.door import sha256
from tests.s3 import settings_of
from www.storage.bucket import Bucket

ROOT = Path(__file__).parents[2]
STEPS = [
    "www.storage.s3:S3Storage.begin:after",
    "www.storage.bucket:Bucket.put_file:before",
    "www.storage.bucket:Bucket.put_file:after",
    "www.storage.s3:S3Storage.take:after",
    "www.storage.copying:copy:after",
]


@pytest.fixture
def site(www, folder):
    """A site with files in ./res; returns their hashes."""
    assert www("demo", "--blogs", "12").code == 0
    with closing(sqlite3.connect(folder / "res" / "www.db")) as connection:
        return {row[0] for row in connection.execute("SELECT sha256 FROM files")}


def move(folder, target, *where):
    module = ["tests.files.killing", *where] if where else ["www"]
    command = [sys.executable, "-m", *module, "storage", "move", "--to", target]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, env=environ, check=False, capture_output=True, text=True
    )


def here(folder):
    """Return the hashes of what lies in the folder, every one of them right."""
    paths = [path for path in (folder / "res/files").rglob("*") if len(path.name) == 64]
    assert all(sha256(path.read_bytes()) == path.name for path in paths)
    return {path.name for path in paths}


def there(bucket):
    """Return the hashes of what lies in the bucket, every one of them right."""

    async def look():
        opened = Bucket(bucket)
        found = await opened.below("files")
        for key, about in found.items():
            content = bytes(await opened.read(key, 0, about["size"])) if about["size"] else b""
            assert sha256(content) == key.rpartition("/")[2]
        return {key.rpartition("/")[2] for key in found}

    return asyncio.run(look())


@pytest.mark.parametrize("where", STEPS)
def test_it_goes_on_after_its_death(folder, site, bucket, where):
    target = folder / "there.yaml"
    target.write_text(json.dumps({"storage": settings_of(bucket)}))
    assert move(folder, str(target), where).returncode == -9
    assert here(folder) >= site
    assert there(bucket) <= site
    done = move(folder, str(target))
    assert done.returncode == 0, done.stderr
    assert here(folder) >= site  # it copies: the old storage is left to whoever moves
    assert there(bucket) == site
