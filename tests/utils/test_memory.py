"""The process gives large freed blocks back."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys, threading
from pathlib import Path
from www.utils.memory import give_back_freed_memory
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
if sys.argv[1] == "yes":
    print(give_back_freed_memory())
def work():
    blocks = [bytearray(1_000_000) for _ in range(40)]
    del blocks[::2]
    blocks.clear()
before = resident()
for _ in range(3):
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print(resident() - before)
"""


def test_it_gives_large_blocks_back():
    command = [sys.executable, "-c", PROGRAM, "yes"]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    worked, grown = done.stdout.split()
    assert worked == "True"
    assert int(grown) < 20_000_000
