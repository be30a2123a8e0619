"""The house's own rules: sizes, words that must not stand, packaging facts that must agree.

Exceptions are listed with the size they have. The list may only shrink: an entry that is no longer
needed, or that is larger than the truth, fails too.
"""

import ast
import functools
import subprocess
import tomllib
from pathlib import Path

import pytest

import www

ROOT = Path(__file__).parents[1]
FILE_LINES, FUNCTION_LINES, TEMPLATE_LINES, TEST_LINES = 500, 60, 200, 40

EXCEPTIONS: dict[str, int] = {}
"""Size by `path` or `path:function`; never add one, split the thing instead."""


def _tracked(*patterns):
    """List files of the tree that git knows or would take, without what is built or installed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in sorted(set(names.splitlines())) if (ROOT / name).is_file()]


def _lines(file):
    return len(file.read_text(encoding="utf-8").splitlines())


def _functions(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, _length(node)


def _length(node):
    """Count from `def` to the last line, docstring aside."""
    length = node.end_lineno - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        length -= first.end_lineno - first.lineno + 1
    return length


def _too_large(sizes, limit):
    """Compare with the limit and with the exceptions that were granted."""
    found = {name: size for name, size in sizes if size > EXCEPTIONS.get(name, limit)}
    return [f"{name} has {size} lines, {limit} are allowed" for name, size in found.items()]


@functools.cache
def _sizes():
    """Return limit and sizes for each kind of thing."""
    python = _tracked("*.py")
    tests = [file for file in python if file.is_relative_to(ROOT / "tests")]
    code = [file for file in python if file not in tests]
    return {
        "file": (FILE_LINES, [(_name(file), _lines(file)) for file in _tracked("*.py", "*.ts")]),
        "template": (TEMPLATE_LINES, [(_name(f), _lines(f)) for f in _tracked("www/templates/*")]),
        "function": (FUNCTION_LINES, _named(code)),
        "test": (TEST_LINES, _named(tests)),
    }


def _named(files):
    return [(f"{_name(file)}:{name}", size) for file in files for name, size in _functions(file)]


def _name(file):
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("kind", ["file", "template", "function", "test"])
def test_it_stays_small(kind):
    limit, sizes = _sizes()[kind]
    assert sizes, f"no {kind} was looked at"
    assert _too_large(sizes, limit) == []


def test_it_needs_every_exception():
    truth = {name: (size, limit) for limit, sizes in _sizes().values() for name, size in sizes}
    stale = [
        name
        for name, granted in EXCEPTIONS.items()
        if name not in truth or truth[name][0] < granted or granted <= truth[name][1]
    ]
    assert stale == []


def test_it_finds_what_is_too_large():
    assert _too_large([("a.py", FILE_LINES + 1)], FILE_LINES) == [
        "a.py has 501 lines, 500 are allowed"
    ]


def test_it_counts_functions_without_docstrings():
    node = ast.parse('def f():\n    """One.\n\n    Two.\n    """\n    return 1\n').body[0]
    assert _length(node) == 2


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "X" + "XX"])
def test_it_leaves_nothing_for_later(word):
    texts = {
        _name(f): f.read_text(encoding="utf-8")
        for f in _tracked("*.py", "*.ts", "*.html", "*.css", "*.md")
    }
    assert [name for name, text in texts.items() if word in text] == []


def test_it_has_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == www.__version__


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_it_pins_every_dependency_by_hash_alone(lock):
    """No address, no path: whoever installs chooses where from."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    packages = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert packages
    assert all("==" in line and line.endswith("\\") for line in packages)
    assert "://" not in text


@pytest.mark.parametrize("lock", _tracked("*package-lock.json"), ids=_name)
def test_it_locks_node_packages_without_addresses(lock):
    assert '"resolved"' not in lock.read_text(encoding="utf-8")
