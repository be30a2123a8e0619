"""How many files may be open, in a process of its own: limits cannot be taken back."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
soft, hard = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
from www.utils.limits import raise_open_files
raise_open_files()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(("soft", "hard"), [(256, 900), (900, 900)])
def test_it_asks_for_all_it_may_have(soft, hard):
    command = [sys.executable, "-c", PROGRAM, str(soft), str(hard)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "900 900\n"
