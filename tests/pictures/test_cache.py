"""Made pictures on the disk: bounded, swept, never half."""

import asyncio
import os
import time

import pytest

from www.pictures.cache import Cache

A, B, C = ("a" * 64, "b" * 64, "c" * 64)


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path, 1000)


def names(tmp_path):
    return sorted(path.name[:1] for path in tmp_path.rglob("*") if path.is_file())


async def test_it_works(cache):
    assert cache.get(A, "w160.webp") is None
    await cache.put(A, "w160.webp", b"made")
    assert cache.get(A, "w160.webp") == b"made"
    assert cache.get(A, "w320.webp") is None


async def test_it_stays_within_its_bound(cache, tmp_path):
    hashes = [f"{number:064x}" for number in range(30)]
    for number, sha256 in enumerate(hashes):
        await cache.put(sha256, "w160.webp", bytes(100))
        os.utime(cache._path(sha256, "w160.webp"), (number, number))
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert sum(path.stat().st_size for path in files) <= 1000
    assert cache.get(hashes[0], "w160.webp") is None
    assert cache.get(hashes[-1], "w160.webp") is not None


async def test_it_evicts_what_is_used_least(cache, tmp_path):
    old = time.time() - 100_000
    for sha256, at in ((A, old), (B, old + 1)):
        await cache.put(sha256, "w160.webp", bytes(400))
        os.utime(cache._path(sha256, "w160.webp"), (at, at))
    assert cache.get(A, "w160.webp")
    await cache.put(C, "w160.webp", bytes(400))
    assert names(tmp_path) == ["a", "c"]


async def test_it_counts_what_was_there_before(cache, tmp_path):
    await cache.put(A, "w160.webp", bytes(600))
    os.utime(cache._path(A, "w160.webp"), (1, 1))
    await Cache(tmp_path, 1000).put(B, "w160.webp", bytes(600))
    assert names(tmp_path) == ["b"]


async def test_it_sweeps_what_nobody_uses(cache, tmp_path):
    for sha256 in (A, B):
        await cache.put(sha256, "w160.webp", b"made")
    (tmp_path / "pictures" / "aa" / "0123.part").write_bytes(b"half")
    os.utime(tmp_path / "pictures" / "aa" / "0123.part", (1, 1))

    async def in_use(hashes):
        assert list(hashes) == [A, B]
        return {A}

    assert await cache.sweep(in_use) == 2
    assert names(tmp_path) == ["a"]


async def test_it_is_safe_when_two_write_at_once(tmp_path):
    """Two servers share the folder: whoever reads gets one of them whole, or nothing."""
    one, two = Cache(tmp_path, 10**7), Cache(tmp_path, 10**7)
    bodies = {bytes([number]) * 100_000 for number in range(20)}
    writing = [
        asyncio.create_task(cache.put(A, "w160.webp", body))
        for body in bodies
        for cache in (one, two)
    ]
    while not all(task.done() for task in writing):
        assert one.get(A, "w160.webp") in {None, *bodies}
        await asyncio.sleep(0)
    await asyncio.gather(*writing)
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("name", ["../x", "w160/webp", "", "W160.webp", "x" * 30])
async def test_it_rejects_paths(cache, name):
    with pytest.raises(ValueError):
        await cache.put(A, name, b"")
    with pytest.raises(ValueError):
        cache.get("../" + "a" * 61, "w160.webp")


async def test_it_takes_what_is_empty_for_missing(cache):
    await cache.put(A, "w160.webp", b"made")
    cache._path(A, "w160.webp").write_bytes(b"")
    assert cache.get(A, "w160.webp") is None
