"""What the import of the data layer costs, beside asyncio alone and the other libraries.

Medians over fresh processes that find their bytecode, in turn; the start of Python is left out.
The libraries are those of build/bench (`make bench-venv`), as far as they are installed there.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
OTHERS = ROOT / "build/bench/bin/python"
MOST_MS = 60.0
PROGRAM = """
import time
started, used = time.perf_counter(), time.process_time()
import {}
print(time.perf_counter() - started, time.process_time() - used)
"""
PEERS = {
    "sqlalchemy.ext.asyncio, sqlalchemy.orm": "SQLAlchemy",
    "tortoise": "Tortoise",
    "piccolo.table, piccolo.columns, piccolo.engine.sqlite": "Piccolo",
    "peewee": "Peewee (sync)",
    "pony.orm": "Pony (sync)",
    "oxyde": "Oxyde",
    "yara_orm": "yara-orm",
    "django.db.models": "Django (sync)",
}


def measure(python: str, modules: str, cache: str) -> list[float]:
    """Import `modules` in a fresh process: seconds, and of CPU; nothing if they are not there."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    own |= {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": cache}
    command = [python, "-c", PROGRAM.format(modules)]
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    return [float(seconds) for seconds in done.stdout.split()] if done.returncode == 0 else []


def main() -> None:
    """Print a line per library."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--quick", action="store_true", help="three rounds")
    options = parser.parse_args()
    rounds = 3 if options.quick else options.rounds
    measured = {"www.db": (sys.executable, "this"), "asyncio": (sys.executable, "asyncio alone")}
    if OTHERS.exists():
        measured |= {modules: (str(OTHERS), name) for modules, name in PEERS.items()}
    times: dict[str, list[list[float]]] = {}
    with TemporaryDirectory() as cache:
        for number in range(rounds + 1):
            for modules, (python, name) in measured.items():
                took = measure(python, modules, cache)
                if took and number:  # the first one writes the bytecode
                    times.setdefault(name, []).append(took)
    medians = {
        name: [median(kind) * 1000 for kind in zip(*runs, strict=True)]
        for name, runs in times.items()
    }
    own = medians["this"][0]
    print(f"{'import of':16}      ms  ms of CPU  times this")
    for name, (wall, cpu) in medians.items():
        print(f"{name:16} {wall:7.1f} {cpu:10.1f} {wall / own:11.2f}")
    print(f"goal: at most {MOST_MS:.0f} ms, {'met' if own <= MOST_MS else 'missed'}")


if __name__ == "__main__":
    main()
