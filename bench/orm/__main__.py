"""`python -m bench.orm`: ours, the raw drivers and the peers over the same eleven tests.

Each library runs in a process of its own, on a fresh database; the rounds alternate between the
libraries, so that a noisy minute of the machine hits all of them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bench.orm import report
from bench.orm.libraries import CONTESTANTS
from bench.orm.model import TESTS, VARIANTS
from bench.orm.postgres import database, server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TASKS = {"sqlite": 1, "postgres": 10}
Rounds = dict[str, dict[str, list[float]]]  # library -> test -> rows/s of each round
PICK: dict[str, Callable[[list[float]], float]] = {"best": max, "median": statistics.median}


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.orm", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--variant", choices=VARIANTS, action="append")
    parser.add_argument("--only", default="", help="libraries, separated by commas")
    parser.add_argument("--without", default="", help="libraries to leave out")
    parser.add_argument("--rows", type=int, help="rows of each insert test (1000; quick 300)")
    parser.add_argument("--rounds", type=int, help="rounds (5; quick 2)")
    parser.add_argument("--tasks", type=int, help="tasks at once (SQLite 1, PostgreSQL 10)")
    parser.add_argument("--pick", choices=tuple(PICK), default="best")
    parser.add_argument("--quick", action="store_true", help="the small variant, few rounds")
    parser.add_argument("--folder", type=Path, help="where the SQLite files are made")
    parser.add_argument("--json", type=Path, help="also write the figures of every round")
    parser.add_argument("--markdown", type=Path, help="also write the tables as Markdown")
    options = parser.parse_args()
    options.variant = options.variant or (["small"] if options.quick else list(VARIANTS))
    options.rows = options.rows or (300 if options.quick else 1000)
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.tasks = options.tasks or TASKS[options.database]
    return options


def chosen(options: argparse.Namespace) -> list[str]:
    """Return the libraries that take part."""
    only = options.only.split(",") if options.only else list(CONTESTANTS)
    if unknown := (set(only) | set(options.without.split(","))) - set(CONTESTANTS) - {""}:
        raise SystemExit(f"unknown: {', '.join(unknown)}; there are {', '.join(CONTESTANTS)}")
    left_out = set(options.without.split(","))
    fit = (name for name in only if options.database in CONTESTANTS[name].databases)
    return [name for name in fit if name not in left_out]


@contextmanager
def fresh(options: argparse.Namespace, address: str) -> Iterator[str]:
    """Yield the address of an empty database."""
    if options.database == "postgres":
        with database(address, "bench_orm") as made:
            yield made
        return
    with TemporaryDirectory(prefix="bench-orm-", dir=options.folder) as folder:
        yield f"{folder}/bench.db"


def contest(options: argparse.Namespace, name: str, variant: str, address: str) -> dict[str, float]:
    """Run one library once; what goes wrong is said and leaves it out."""
    with fresh(options, address) as made:
        command = [sys.executable, "-m", "bench.orm.contest", name, variant]
        command += [options.database, made, str(options.rows), str(options.tasks)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=600)
    if done.returncode == 0 and done.stdout.strip():
        figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return figures
    reason = [line for line in done.stderr.splitlines() if line.strip()] or ["no output"]
    errors = [line for line in reason if "Error" in line] or reason
    print(f"{name}, {variant}: left out: {errors[-1]:.300}", file=sys.stderr)
    return {}


def variant_rounds(options: argparse.Namespace, variant: str, address: str) -> Rounds:
    """Run all rounds of one variant."""
    names, found = chosen(options), Rounds()
    for number in range(options.rounds):
        for name in list(names):
            progress = f"{variant}, round {number + 1} of {options.rounds}: {name}"
            print(f"\r\033[K{progress}", end="", file=sys.stderr, flush=True)
            figures = contest(options, name, variant, address)
            if not figures:
                names.remove(name)
                found.pop(name, None)
            for test, rate in figures.items():
                found.setdefault(name, {}).setdefault(test, []).append(rate)
    print("\r\033[K", end="", file=sys.stderr)
    return found


def main() -> None:
    """Run, print, and write what was asked for."""
    options = arguments()
    pick = PICK[options.pick]
    raw: dict[str, Rounds] = {}
    pages = []
    print(", ".join(f"{test}: {words}" for test, words in TESTS.items()))
    print(report.NOTE.format_map(vars(options)))
    with ExitStack() as stack:
        address = stack.enter_context(server()) if options.database == "postgres" else ""
        for variant in options.variant:
            rounds = raw[variant] = variant_rounds(options, variant, address)
            figures = {
                name: {test: pick(rates) for test, rates in tests.items()}
                for name, tests in rounds.items()
            }
            lines = report.table(figures)
            print(f"\n{options.database}, {variant}\n{report.as_text(lines)}")
            print(*report.verdicts(figures, options.database), sep="\n")
            pages.append(f"### {options.database}, {variant}\n\n{report.as_markdown(lines)}\n")
    if options.json:
        options.json.write_text(json.dumps(raw, indent=1))
    if options.markdown:
        options.markdown.write_text("\n".join(pages))


if __name__ == "__main__":
    main()
