"""The site's server, which kills itself (as `kill -9` does) at the step that it is told.

    python -m tests.uploads.dying STEP COUNT www-arguments...

STEP is `module:name` or `module:Class.name`, with `<` in front for before it and `>` for after it;
the COUNT-th call is the last one.
"""

import asyncio
import functools
import importlib
import os
import signal
import sys

from www.cli import main


def dies(function, *, after, count):
    """Return `function` with the end built in."""
    calls = 0

    def is_last():
        nonlocal calls
        calls += 1
        return calls >= count

    def end():
        os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(function)
    def plain(*args, **kwargs):
        last = is_last()
        if last and not after:
            end()
        result = function(*args, **kwargs)
        if last:
            end()
        return result

    @functools.wraps(function)
    async def waited(*args, **kwargs):
        last = is_last()
        if last and not after:
            end()
        result = await function(*args, **kwargs)
        if last:
            end()
        return result

    return waited if asyncio.iscoroutinefunction(function) else plain


def arm(step, count):
    """Build the end into one step of the program."""
    module, _, name = step[1:].partition(":")
    place = importlib.import_module(module)
    *outer, last = name.split(".")
    for part in outer:
        place = getattr(place, part)
    setattr(place, last, dies(getattr(place, last), after=step[0] == ">", count=count))


if __name__ == "__main__":
    arm(sys.argv[1], int(sys.argv[2]))
    sys.exit(main(sys.argv[3:]))
