"""A site whose pages send to a bucket behind a door."""

import asyncio
from dataclasses import replace

import pytest

from tests.s3 import HASTE, settings_of
from tests.storage.trouble import Door
from www import keys
from www.settings import Settings
from www.storage.bucket import Bucket
from www.storage.opening import place_of


@pytest.fixture
def given():
    """What stands under `limits` in the settings."""
    return {}


@pytest.fixture
async def door(bucket):
    async with Door(bucket) as opened:
        yield opened


@pytest.fixture
def presigned():
    return True


@pytest.fixture
def settings(tmp_path, database, door, given, presigned, monkeypatch):
    hasty = lambda settings: replace(place_of(settings), patience=replace(HASTE, retries=1))  # noqa: E731
    monkeypatch.setattr("www.storage.opening.place_of", hasty)
    storage = {**settings_of(door.place), "presign_uploads": presigned}
    return Settings.model_validate(
        {"data": tmp_path / "res", "db": database, "storage": storage, "limits": given}
    )


@pytest.fixture
def direct(app, server):
    return app[keys.direct]


class Held(asyncio.Event):
    def __init__(self):
        super().__init__()
        self.reached = asyncio.Event()


@pytest.fixture
def held(direct, monkeypatch):
    """What arrived is read once this event is set; `held.reached` tells that somebody wants to."""
    read, go = direct._read, Held()

    async def wait(*args):
        go.reached.set()
        await go.wait()
        return await read(*args)

    monkeypatch.setattr(direct, "_read", wait)
    return go


@pytest.fixture
def objects(bucket):
    """Return what is in the bucket below a folder."""

    async def names(folder="files"):
        return sorted(key.rpartition("/")[2] for key in await Bucket(bucket).below(folder))

    return names
