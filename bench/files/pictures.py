"""What a thumbnail costs: our workers against calling pyvips directly, in ms and CPU ms each.

    python bench/files/pictures.py [PHOTO] [--rounds N]

Without a photograph one of 12 megapixels is made of noise. Each round makes every size once here by
pyvips, with libvips's own threads turned off as in a worker, and once through `Pictures` with one
worker and an empty cache; the two take turns. Figures are medians. What a worker adds is the way
there and back, the limits, and the fsync-free write into the cache.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

os.environ["VIPS_CONCURRENCY"] = "1"

import pyvips

from www.pictures import vips
from www.pictures.formats import FORMATS, WIDTHS
from www.pictures.limits import Limits
from www.pictures.maker import Pictures
from www.storage import LocalStorage

_CASES: Final = [(width, form) for form in FORMATS for width in WIDTHS]


def photograph() -> bytes:
    """Return a JPEG of 4000 by 3000 pixels with soft shapes and grain."""
    soft = [pyvips.Image.perlin(4000, 3000, cell_size=size) * 120 + 128 for size in (900, 512, 128)]
    grain = pyvips.Image.gaussnoise(4000, 3000, sigma=6, mean=0)
    bands = [band + grain for band in soft]
    image = bands[0].bandjoin(bands[1:]).cast("uchar").copy(interpretation="srgb")
    return bytes(image.jpegsave_buffer(Q=88))


def cpu_s(pid: int) -> float:
    """Return user and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def own_cpu_s() -> float:
    """Return user and system time of this process so far, in full resolution."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def direct(path: Path, width: int, form: str) -> tuple[float, float]:
    """Make one here; return seconds and CPU seconds."""
    fd = os.open(path, os.O_RDONLY)
    began, used = time.perf_counter(), own_cpu_s()
    try:
        vips.thumbnail(fd, Limits(), width=width, form=form)
    finally:
        os.close(fd)
    return time.perf_counter() - began, own_cpu_s() - used


async def ours(pictures: Pictures, sha256: str, width: int, form: str) -> tuple[float, float]:
    """Make one in a worker; return seconds, and CPU seconds of both processes."""
    [worker] = pictures.pool.idle_pids
    began, used = time.perf_counter(), own_cpu_s() + cpu_s(worker)
    await pictures.copy(sha256, width, form)
    return time.perf_counter() - began, own_cpu_s() + cpu_s(worker) - used


async def measure(original: bytes, folder: Path, rounds: int) -> None:
    """Print a line for each size and format."""
    found: dict[tuple[int, str], list[tuple[float, float, float, float]]] = {}
    path, first_s = folder / "original", 0.0
    sha256 = hashlib.sha256(original).hexdigest()
    for number in range(rounds):
        data = folder / str(number)
        async with (
            LocalStorage(data) as files,
            Pictures(files, data, workers=1) as pictures,
        ):
            incoming = await files.begin()
            await incoming.write(original)
            await incoming.commit()
            started = time.perf_counter()
            await pictures.facts(sha256)
            first_s = time.perf_counter() - started
            for width, form in _CASES:
                line = (*direct(path, width, form), *await ours(pictures, sha256, width, form))
                found.setdefault((width, form), []).append(line)
    print(f"start of a worker and facts: {first_s * 1000:.0f} ms; {rounds} rounds")
    print("            direct ms   CPU ms   worker ms   CPU ms   CPU ratio")
    for (width, form), lines in found.items():
        here, here_cpu, there, there_cpu = (
            1000 * statistics.median(column) for column in zip(*lines, strict=True)
        )
        ratio = there_cpu / here_cpu
        figures = f"{here:>11.0f} {here_cpu:>8.0f} {there:>11.0f} {there_cpu:>8.0f}"
        print(f"{form:>4} {width:>5} {figures} {ratio:>11.2f}")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    original = asked.photo.read_bytes() if asked.photo else photograph()
    vips.prepare()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "original").write_bytes(original)
        asyncio.run(measure(original, Path(folder), asked.rounds))


if __name__ == "__main__":
    main()
