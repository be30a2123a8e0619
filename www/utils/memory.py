"""What keeps the process small: glibc is told to give memory back.

Left alone, it keeps the 19 MiB blocks of password hashing and the texts that threads rendered in
an arena per thread: after 20 sign-ins and 10 large previews the server stood at 480 MB. With these
two settings large blocks are mapped, and unmapped when they are freed.
"""

import ctypes
import sys
from typing import Final

# mallopt(3): the names of the parameters are not exported.
M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
M_ARENA_MAX: Final = -8
SETTINGS: Final = {M_MMAP_THRESHOLD: 256 * 1024, M_TRIM_THRESHOLD: 128 * 1024, M_ARENA_MAX: 2}


def give_back_freed_memory() -> bool:
    """Set it up for this process; False where the C library is another one."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # such as musl
        return False
    return all([mallopt(parameter, value) == 1 for parameter, value in SETTINGS.items()])  # noqa: C419  set all, then tell
