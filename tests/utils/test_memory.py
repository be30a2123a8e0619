"""The process gives large freed blocks back, and its pauses are short."""

import os
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


STARTED = """
import gc, threading, time
from www.__main__ import run
def look():
    while not gc.get_freeze_count():
        time.sleep(0.01)
    gc.collect()
    frozen, objects = gc.get_freeze_count(), len(gc.get_objects())
    print(f"\\nfrozen {frozen} looked at {objects}\\n", end="", flush=True)
threading.Thread(target=look, daemon=True).start()
run(["serve", "--host", "127.0.0.1", "--port", "0"])
"""


def test_the_collector_passes_over_what_was_there_at_the_start(tmp_path):
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", STARTED]
    environ = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, text=True
    ) as serving:
        assert serving.stdout is not None
        said = next(line.split() for line in serving.stdout if line.startswith("frozen"))
        serving.terminate()
    assert int(said[1]) > 50_000
    assert int(said[4]) < 5_000
