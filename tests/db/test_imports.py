"""What an engine on SQLite does not pay for."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
import www.database
from www.db import Engine
Engine("www.db")
print([name for name in sys.modules if name.startswith("asyncpg")])
"""


def test_it_imports_asyncpg_only_for_postgresql():
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
