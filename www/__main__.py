"""`python3 -m www`: the command line.

`make run` puts the libraries into `.venv`. A python3 that lacks them hands over to the one that has
them, so that the commands of the README work in a checkout without a thought about environments.
"""

import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NEEDED = "apsw"  # stands for all of them: the lists install together


def run(arguments: Sequence[str]) -> int:
    """Run the command line, here or in `.venv`."""
    if importlib.util.find_spec(NEEDED) is None:
        return _elsewhere(arguments)
    from www.cli import main

    return main(arguments)


def _elsewhere(arguments: Sequence[str]) -> int:
    """Become the python of `.venv`, which never returns; 1 if there is none."""
    python = ROOT / ".venv" / "bin" / "python"
    if not python.exists() or Path(sys.prefix) == ROOT / ".venv":
        sys.stderr.write("www: its libraries are missing: `make run` installs them\n")
        return 1
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    return os.execve(python, [str(python), "-m", "www", *arguments], environ)  # noqa: S606  no shell


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
