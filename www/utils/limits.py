"""How many files and connections a process may have open."""

from __future__ import annotations

import contextlib
from typing import Final

ENOUGH: Final = 4096
_MOST: Final = 65_536


def open_files() -> int:
    """Return how many this process may have open once it asked for all it may have."""
    try:
        import resource
    except ImportError:
        return _MOST
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return _MOST if hard == resource.RLIM_INFINITY else hard


def raise_open_files() -> None:
    """Ask for all it may have: shells and services start programs with 1,024."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = min(open_files(), _MOST)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
