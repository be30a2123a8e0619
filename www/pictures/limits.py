"""What the decoding of one picture may cost, and how a worker binds itself to it."""

from __future__ import annotations

import json
import os
import resource
from dataclasses import asdict, dataclass
from typing import Final

# The largest copy and what libvips may put aside; far more than either needs.
_FILE_BYTES: Final = 64 * 1024**2
# All that a worker's environment holds. One thread and one heap, because what the kernel counts is
# address space; no file where the memory does not suffice; no line in our log from a picture.
ENVIRON: Final = {
    "LC_ALL": "C.UTF-8",
    "MALLOC_ARENA_MAX": "1",
    "VIPS_CONCURRENCY": "1",
    "VIPS_DISC_THRESHOLD": "64g",
    "VIPS_WARNING": "0",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one job. Address space and CPU are held by the kernel, the wall clock by us."""

    pixels: int = 200_000_000
    frames: int = 1000
    memory_bytes: int = 1024**3
    cpu_s: int = 20
    wall_s: float = 60.0

    def dumps(self) -> str:
        """Return it as an argument for the worker."""
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, text: str) -> Limits:
        """Read what `dumps` wrote."""
        return cls(**json.loads(text))


def bind(limits: Limits) -> None:
    """Bind this process, before any library is loaded."""
    _lower(resource.RLIMIT_AS, limits.memory_bytes)
    _lower(resource.RLIMIT_FSIZE, _FILE_BYTES)
    _lower(resource.RLIMIT_CORE, 0)
    os.nice(10)  # pages come first


def begin_job(limits: Limits) -> None:
    """Allow the CPU time of one more job; the kernel kills who takes longer."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + limits.cpu_s + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))
