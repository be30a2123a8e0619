"""The program, which kills itself at one moment of an upload: python -m tests.files.killing WHERE ...

WHERE is MODULE:NAME:before or MODULE:NAME:after, NAME being a function or CLASS.METHOD.
"""

import functools
import importlib
import inspect
import os
import signal
import sys

from www.cli import main


def kill_at(where):
    module, name, moment = where.split(":")
    *owners, last = name.split(".")
    owner = functools.reduce(getattr, owners, importlib.import_module(module))
    original = getattr(owner, last)

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    def killed(*args, **kwargs):
        if moment == "before":
            die()
        original(*args, **kwargs)
        die()

    async def killed_later(*args, **kwargs):
        if moment == "before":
            die()
        await original(*args, **kwargs)
        die()

    setattr(owner, last, killed_later if inspect.iscoroutinefunction(original) else killed)


if __name__ == "__main__":
    kill_at(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
