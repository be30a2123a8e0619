"""docs/db: every example runs on both databases, and prints or raises what stands below it.

A block ```python runs, in the order of its page, in the page's own namespace, on a fresh database.
A block ```text behind it is what it prints, then what it raises. ```python postgres (or sqlite)
runs on that database alone; `...` is anything; ```python program is a program of its own, run as one. What stands in
a block of another language does not run.
"""

import ast
import asyncio
import contextlib
import inspect
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from www.db import Engine

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "db"
BLOCK = re.compile(
    r"^```python *(\w*)\n(.*?)^```$(?:\n+^```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL
)
FENCED = re.compile(r"^(`{3,}).*?^\1`*$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


class Example(NamedTuple):
    line: int
    where: str  # the word behind "python"
    code: str
    printed: str


def examples(page: Path) -> list[Example]:
    text = page.read_text("utf-8")
    return [
        Example(text.count("\n", 0, found.start(2)) + 1, found[1], found[2], found[3] or "")
        for found in BLOCK.finditer(text)
    ]


PAGES = {page.stem: page for page in sorted(FOLDER.glob("*.md")) if examples(page)}


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """What makes an empty database and returns its address."""
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        return lambda: str(server.database())
    numbers = count()
    return lambda: str(tmp_path / f"library{next(numbers)}.db")


@pytest.mark.parametrize("page", PAGES)
async def test_the_examples_of_a_page_run(
    page: str, empty: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.chdir(tmp_path)
    database = await asyncio.to_thread(empty)
    async with Engine(database) as engine:
        names: dict[str, Any] = {"__name__": page, "engine": engine, "empty": empty}
        for example in examples(PAGES[page]):
            if example.where not in {"", engine.dialect.name, "program"}:
                continue
            run = as_program if example.where == "program" else in_page
            said = await run(example, PAGES[page], names)
            where = f"{page}.md:{example.line} said\n{said}"
            assert fits(said, example.printed), where


def fits(said: str, printed: str) -> bool:
    """Tell whether `said` is what the page shows, where `...` stands for anything."""
    pieces = map(re.escape, printed.strip().split("..."))
    return re.fullmatch(".*".join(pieces), said.strip(), re.DOTALL) is not None


async def in_page(example: Example, page: Path, names: dict[str, Any]) -> str:
    """Run a block; return what it printed, and what it raised if the page says that it does."""
    code = compile(
        "\n" * (example.line - 1) + example.code,
        str(page),
        "exec",
        flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
    )
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            running = eval(code, names)
            if inspect.iscoroutine(running):
                await running
    except Exception as err:
        last = f"{type(err).__name__}: {err}"
        if not example.printed:
            raise
        return out.getvalue() + last
    return out.getvalue()


async def as_program(example: Example, page: Path, names: dict[str, Any]) -> str:
    """Run a block as a newcomer does: from a file; `library.db` is where the database stands."""
    address = await asyncio.to_thread(names["empty"])
    code = example.code.replace('"library.db"', repr(address))
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": f"{ROOT}{os.pathsep}{FOLDER}", "PYTHONUTF8": "1"},
    )
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def test_every_page_is_on_the_index():
    index = (FOLDER / "README.md").read_text("utf-8")
    assert {page.name for page in FOLDER.glob("*.md")} - {"README.md"} <= set(LINK.findall(index))


def test_links_between_pages_lead_somewhere():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    dead = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in LINK.findall(FENCED.sub("", page.read_text("utf-8")))
        if "://" not in link and not leads_somewhere(page, link)
    ]
    assert dead == []


def leads_somewhere(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (page.parent / name) if name else page
    if not target.exists():
        return False
    return not anchor or anchor in anchors(target.read_text("utf-8"))


def anchors(text: str) -> set[str]:
    """Return the headings as GitHub and others name them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }
