"""What keeps the process small and its pauses short: glibc and the collector are told how.

Left alone, it keeps the 19 MiB blocks of password hashing and the texts that threads rendered in
an arena per thread: after 20 sign-ins and 10 large previews the server stood at 480 MB. With these
two settings large blocks are mapped, and unmapped when they are freed.

The collector of cycles looks at everything that has lived for long, now and then: 68,000 objects of
the program itself, which stay in any case, take it 20 to 40 ms in which nobody is answered.
"""

import ctypes
import gc
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


def keep_what_is_there() -> None:
    """Spare the collector everything that exists now: what a program is made of when it starts."""
    gc.freeze()
