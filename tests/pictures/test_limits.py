"""What costs too much is refused or killed, and what comes next works."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.files.door import until
from tests.pictures import samples
from www.errors import Unavailable
from www.pictures import pool as pools
from www.pictures.limits import Limits
from www.pictures.pool import BrokenPicture, Pool

COPY = {"do": "copy", "width": 160, "form": "webp"}
FACTS = {"do": "facts"}
ENOUGH = Limits()


@pytest.fixture
def given(tmp_path):
    """Open some bytes for a worker."""
    opened: list[int] = []

    def descriptor(content):
        path = tmp_path / f"{len(opened)}"
        path.write_bytes(content)
        opened.append(os.open(path, os.O_RDONLY))
        return opened[-1]

    yield descriptor
    for fd in opened:
        os.close(fd)


def peak_bytes(pid):
    [line] = [x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in x]
    return int(line.split()[1]) * 1024


def cpu_s(pid):
    """User and system time so far; behind the name, which may hold anything."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def gone(pid):
    return not Path(f"/proc/{pid}").exists()


BOMBS = {
    "png": lambda: samples.bomb_png(30_000, 30_000),
    "frames": lambda: samples.gif(10_000),
    "canvas": lambda: samples.gif(1, 65_535, 65_535, whole=True),
    "animation": lambda: samples.moving(".webp", 1100, 16, 16),
    "svg": lambda: b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "tiff": lambda: samples.encoded(samples.quarters(), ".tif"),
    "truncated jpeg": lambda: samples.encoded(samples.noisy(300, 200), ".jpg")[:9000],
    "truncated png": lambda: samples.encoded(samples.noisy(300, 200), ".png")[:9000],
    "truncated webp": lambda: samples.encoded(samples.noisy(300, 200), ".webp")[:2000],
    "html": lambda: b"GIF89a<script>alert(1)</script>",
    "psd": lambda: b"8BPS\0\1" + bytes(6) + b"\0\3\0\0\xff\xff\0\0\xff\xff\0\x08\0\3" + bytes(60),
    "heic": lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200),
    "claim of a jpeg": lambda: b"\xff\xd8\xff\xe0" + bytes(3000),
    "nothing": lambda: b"",
    "noise": lambda: os.urandom(5000),
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("job", [COPY, FACTS], ids=["copy", "facts"])
async def test_it_refuses_cheaply(given, name, job):
    async with Pool(1, ENOUGH) as pool:
        await pool.run(COPY, given(samples.jpeg()))
        [pid] = pool.idle_pids
        spent, peak = cpu_s(pid), peak_bytes(pid)
        with pytest.raises(BrokenPicture):
            await pool.run(job, given(BOMBS[name]()))
        assert pool.idle_pids == [pid]  # refused by itself, and not killed
        assert peak_bytes(pid) < peak + 32 * 1024**2
        assert cpu_s(pid) < spent + 0.5


async def test_it_accepts_polyglots_as_what_they_show(given):
    """A picture with a script or a zip behind its end: only pixels come out."""
    async with Pool(1, ENOUGH) as pool:
        for tail in (b"<script>alert(1)</script>", b"PK\x03\x04" + bytes(50)):
            made = await pool.run(COPY, given(samples.png() + tail))
            assert tail not in made["body"]
            assert made["body"].startswith(b"RIFF")


async def test_it_is_bounded_in_memory(given):
    """An interlaced picture must be decoded as a whole: 430 MB, of which it gets 256."""
    bomb = given(samples.interlaced_bomb(12_000, 12_000))
    async with Pool(1, Limits(memory_bytes=1024**3)) as pool:
        assert (await pool.run(COPY, bomb))["body"]  # it is no worse than that
        assert peak_bytes(pool.idle_pids[0]) > 400 * 1024**2
    async with Pool(1, Limits(memory_bytes=256 * 1024**2)) as pool:
        with pytest.raises(BrokenPicture):
            await pool.run(COPY, bomb)
        assert all(peak_bytes(pid) < 256 * 1024**2 for pid in pool.idle_pids)
        assert (await pool.run(COPY, given(samples.jpeg())))["body"]


async def test_it_is_bounded_in_cpu_time(given):
    """The kernel kills who computes for too long; another one does the next job."""
    async with Pool(1, Limits(cpu_s=1, pixels=10**10)) as pool:
        await pool.run(FACTS, given(samples.jpeg()))
        [worker] = pool._idle
        with pytest.raises(BrokenPicture):
            await pool.run(COPY, given(samples.bomb_png(90_000, 90_000)))
        assert worker.process.returncode == -signal.SIGXCPU
        assert (await pool.run(COPY, given(samples.jpeg())))["body"]
        assert pool.idle_pids != [worker.pid]


async def test_it_is_bounded_by_the_clock(given):
    """Who does nothing at all is killed too."""
    async with Pool(1, Limits(wall_s=1)) as pool:
        await pool.run(FACTS, given(samples.jpeg()))
        [pid] = pool.idle_pids
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(BrokenPicture):
            await pool.run(COPY, given(samples.jpeg()))
        assert gone(pid)
        assert (await pool.run(COPY, given(samples.jpeg())))["body"]


async def test_it_replaces_who_was_killed(given):
    async with Pool(1, ENOUGH) as pool:
        await pool.run(FACTS, given(samples.jpeg()))
        [pid] = pool.idle_pids
        os.kill(pid, signal.SIGKILL)
        await until(lambda: gone(pid))
        assert (await pool.run(COPY, given(samples.jpeg())))["body"]
        assert pool.idle_pids != [pid]


async def test_it_kills_for_whoever_is_cancelled(given):
    async with Pool(1, ENOUGH) as pool:
        await pool.run(FACTS, given(samples.jpeg()))
        [pid] = pool.idle_pids
        os.kill(pid, signal.SIGSTOP)
        asking = asyncio.create_task(pool.run(COPY, given(samples.jpeg())))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        assert asking.cancelled()
        assert gone(pid)


async def test_it_ends_idle_workers(given):
    async with Pool(1, ENOUGH, idle_s=0.05) as pool:
        await pool.run(FACTS, given(samples.jpeg()))
        [pid] = pool.idle_pids
        await until(lambda: gone(pid))
        assert pool.idle_pids == []


async def test_it_starts_no_more_than_it_may(given):
    async with Pool(2, ENOUGH) as pool:
        assert pool.idle_pids == []
        await asyncio.gather(*(pool.run(FACTS, given(samples.jpeg())) for _ in range(8)))
        assert len(pool.idle_pids) == 2
        pids = pool.idle_pids
    assert all(map(gone, pids))


async def test_it_rejects_more_than_can_wait(given, monkeypatch):
    monkeypatch.setattr(pools, "MAX_WAITING", 3)
    async with Pool(1, ENOUGH) as pool:
        fd = given(samples.jpeg())
        results = await asyncio.gather(
            *(pool.run(FACTS, fd) for _ in range(5)), return_exceptions=True
        )
        assert [type(result) for result in results] == [dict, dict, dict, Unavailable, Unavailable]


async def test_it_knows_no_secret(given, monkeypatch):
    """Neither the environment nor the descriptors of the server reach a worker."""
    monkeypatch.setenv("WWW_DB__PASSWORD", "a secret of the server")
    async with Pool(1, ENOUGH) as pool:
        await pool.run(FACTS, given(samples.jpeg()))
        [pid] = pool.idle_pids
        assert b"a secret" not in Path(f"/proc/{pid}/environ").read_bytes()
        held = [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
        [only] = [name for name in held if name != "/dev/null"]
        assert only.startswith("socket:")
