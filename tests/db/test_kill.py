"""kill -9 in the middle of writing, again and again: what was acknowledged is there, and whole."""

import asyncio
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import apsw
import pytest

from tests.db.conftest import Author
from www.db import Engine

ROOT = Path(__file__).parents[2]
ROUNDS = 4


@contextmanager
def writing(
    address: Path | str, durability: str, prefix: str, tasks: int, rounds: int = 0
) -> Iterator[subprocess.Popen[str]]:
    script = ROOT / "tests/db/writing_process.py"
    arguments = [str(address), durability, prefix, str(tasks), str(rounds)]
    process = subprocess.Popen(
        [sys.executable, str(script), *arguments],
        stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            process.kill()


def acknowledged(process: subprocess.Popen[str], lines: int) -> list[str]:
    """Kill the process when it has told so many lines; return every name that it told."""
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(lines)]
    process.kill()
    return " ".join([*told, process.stdout.read()]).split()


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("durability", ["normal", "full"])
async def test_what_was_acknowledged_survives_kill_9(address, durability, processes):
    chance = random.Random(3)
    told: list[str] = []
    for number in range(ROUNDS):
        with ExitStack() as stack:
            running = [
                stack.enter_context(writing(address, durability, f"r{number}p{p}t", 5))
                for p in range(processes)
            ]
            for process in running:
                told += acknowledged(process, chance.randrange(1, 60))
        async with Engine(address) as engine:
            stored = await engine.scalars(Author.select(Author.name))
            assert await engine.insert(Author(name=f"after {number}"))
        assert set(told) <= set(stored)
        assert len(stored) == len(set(stored))
        whole(stored)
        if isinstance(address, Path):
            assert_intact(address)
    assert len(told) > ROUNDS * processes


def whole(stored: list[str]) -> None:
    """Of what was written together nothing is there alone."""
    groups = Counter(found[1] for name in stored if (found := re.match(r"(.+-\d+[abc])\d?$", name)))
    for name, rows in groups.items():
        if name.endswith("c"):
            assert rows == 3, name
        else:
            assert groups[name[:-1] + "a"] == groups[name[:-1] + "b"] == 1, name


def assert_intact(file: Path) -> None:
    with closing(apsw.Connection(str(file))) as stranger:
        assert stranger.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_that_write_at_once_lose_nothing(address: Path | str, processes: int):
    tasks, rounds = 4, 30
    with ExitStack() as stack:
        running = [
            stack.enter_context(writing(address, "normal", f"p{p}t", tasks, rounds))
            for p in range(processes)
        ]
        told = [process.communicate()[0].split() for process in running]
        assert [process.returncode for process in running] == [0] * processes
    names = sorted(name for each in told for name in each)
    assert len(names) == processes * tasks * (1 + 2 + 3) * rounds // 3
    assert sorted(stored_in(address)) == names


def stored_in(address: Path | str) -> list[str]:
    async def read() -> list[str]:
        async with Engine(address) as engine:
            return await engine.scalars(Author.select(Author.name))

    return asyncio.run(read())
