"""What uploads cost: our server and nginx's PUT in turns, with curl as the client.

    python -m bench.files.intake [--mib N] [--rounds N] [--folder FOLDER] [PART ...]

The parts: big (one file), many (200 files of 1 MiB at once), pages (beside 8 uploads), hostile.
CPU seconds per GiB are the steady figure; MB/s depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.files.hostile import hostile
from bench.files.pages import pages
from bench.files.servers import Cost, Nginx, Ours, Tus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.files.servers import Server

MIB: Final = 1024 * 1024
MANY: Final = 200
SPARE_BYTES: Final = 4 * 1024 * MIB


def big(folder: Path, size_mib: int, rounds: int) -> None:
    """One file after the other, every server once per round."""
    source = random_file(folder, size_mib)
    servers: dict[str, Server] = {
        "nginx PUT": Nginx(folder / "nginx"),
        "form": Ours(folder / "form"),
        "form, no hash": Ours(folder / "unhashed", "bench.files.unhashed"),
        "tus": Tus(folder / "tus"),
        "tus, no hash": Tus(folder / "tus-unhashed", "bench.files.unhashed"),
    }
    costs: dict[str, list[Cost]] = {name: [] for name in servers}
    try:
        for _ in range(rounds):
            for name, server in servers.items():
                source.open("r+b").write(name.encode().ljust(20) + bytes([len(costs[name])]))
                with server.measured() as cost:
                    curl([*server.sending(source), server.address(source)])
                costs[name].append(cost)
                empty(server.folder)
    finally:
        for server in servers.values():
            server.stop()
    print(f"\n{size_mib} MiB, median of {rounds}")
    table(costs, size_mib / 1024, size_mib)


def many(folder: Path, rounds: int) -> None:
    """200 files of 1 MiB, all at the same time."""
    sources = [random_file(folder, 1, f"small-{number}") for number in range(MANY)]
    servers: dict[str, Server] = {
        "nginx PUT": Nginx(folder / "nginx"),
        "form": Ours(folder / "form"),
    }
    costs: dict[str, list[Cost]] = {name: [] for name in servers}
    try:
        for _ in range(rounds):
            for name, server in servers.items():
                lines = folder / "curl.conf"
                lines.write_text("next\n".join(_lines(server, one) for one in sources))
                for source in sources:
                    _renew(source)
                with server.measured() as cost:
                    curl(["--parallel", "--parallel-max", str(MANY), "-K", str(lines)])
                costs[name].append(cost)
                empty(server.folder, delete=False)
    finally:
        for server in servers.values():
            server.stop()
    print(f"\n{MANY} files of 1 MiB at once, median of {rounds}")
    table(costs, MANY / 1024, MANY)
    ratio = _median(costs["nginx PUT"], "wall_s") / _median(costs["form"], "wall_s")
    print(f"throughput against nginx's: {ratio:.2f}")


def _lines(server: Server, source: Path) -> str:
    """Return one transfer as lines of curl's configuration."""
    words = iter(server.sending(source))
    lines = [f'{word.removeprefix("--")} = "{next(words)}"\n' for word in words]
    return (
        "".join(lines) + f'url = "{server.address(source)}"\noutput = "/dev/null"\nfail\nsilent\n'
    )


def table(costs: dict[str, list[Cost]], gib: float, size_mib: int) -> None:
    """Print the medians and the ratios against the first line."""
    first: float | None = None
    for name, measured in costs.items():
        cpu_s = _median(measured, "cpu_s") / gib
        first = first or cpu_s
        speed = size_mib * MIB / _median(measured, "wall_s") / 1e6
        growth = max(cost.growth_mib for cost in measured)
        print(
            f"{name:<20} {cpu_s:6.2f} s CPU per GiB  {cpu_s / first:5.2f} x nginx"
            f" {speed:7.0f} MB/s {growth:6.1f} MiB more memory"
        )


def _median(costs: Sequence[Cost], name: str) -> float:
    return statistics.median(float(getattr(cost, name)) for cost in costs)


def random_file(folder: Path, size_mib: int, name: str = "source") -> Path:
    """Write a file that no server has seen."""
    path = folder / name
    with path.open("wb") as file, Path("/dev/urandom").open("rb") as chance:
        for _ in range(size_mib):
            file.write(chance.read(MIB))
    return path


def curl(arguments: Sequence[str]) -> None:
    """Run it; SystemExit where a transfer fails."""
    command = ["curl", "--fail", "--silent", "--show-error", "--output", "/dev/null", *arguments]
    if subprocess.run(command, check=False).returncode:
        raise SystemExit("curl failed")


def _renew(source: Path) -> None:
    """Make another content of it, which no server has."""
    with source.open("r+b") as file:
        file.write(os.urandom(32))


def empty(folder: Path, *, delete: bool = True) -> None:
    """Delete what was stored, so that the disk does not fill, or only cut it off.

    ext4 passes over the inodes of files that were deleted within minutes one by one: whoever
    makes 200 files behind 200 that were deleted pays for each pair, and more with every round.
    """
    for name in ("stored", "res/files"):
        for path in (folder / name).rglob("*"):
            if path.is_file() and path.name != ".lock":
                if delete:
                    path.unlink()
                else:
                    os.truncate(path, 0)


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["big", "many", "pages", "hostile"])
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--folder", type=Path, help="where everything is stored, default: temporary"
    )
    asked = parser.parse_args()
    parts: dict[str, Callable[[Path], None]] = {
        "big": lambda at: big(at, asked.mib, asked.rounds),
        "many": lambda at: many(at, asked.rounds),
        "pages": lambda at: pages(at, random_file(at, asked.mib // 4 or 1)),
        "hostile": hostile,
    }
    for name in asked.parts:
        with tempfile.TemporaryDirectory(prefix="www-bench-", dir=asked.folder) as text:
            if shutil.disk_usage(text).free < SPARE_BYTES:
                raise SystemExit("too little space on the disk for this benchmark")
            parts[name](Path(text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
