"""Contents in two levels of folders, `files/ab/cd/abcd...`, as they lay at first, come up one.

It may be killed anywhere, and several processes may do it at once: each rename is whole, and what
is left is done at the next start.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def flatten(files: Path) -> int:
    """Move what lies two folders deep below `files` one up; return how many contents that were.

    Where nothing is left to do, it looks at 256 folders and at nothing in them.
    """
    moved = 0
    for folder in files.glob("[0-9a-f][0-9a-f]"):
        if folder.stat().st_nlink == 2:  # none in it, where the file system counts (btrfs does not)
            continue
        for inner in [entry for entry in folder.iterdir() if len(entry.name) == 2]:
            for content in list(inner.iterdir()):
                with contextlib.suppress(FileNotFoundError):
                    content.rename(folder / content.name)
                    moved += 1
            sync_folder(folder)  # before what led to them until now is gone
            with contextlib.suppress(OSError):
                inner.rmdir()
    return moved


def sync_folder(folder: Path) -> None:
    """Have the folder's names survive a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
