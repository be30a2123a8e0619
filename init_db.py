"""Create the database, or bring it up to date: the same as `python3 -m www init-db`."""

import sys

from www.__main__ import run

if __name__ == "__main__":
    sys.exit(run(["init-db", *sys.argv[1:]]))
