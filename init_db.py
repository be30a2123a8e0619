"""Create the database, or bring it up to date: the same as `python3 -m www init-db`."""

import sys

from www.cli import main

if __name__ == "__main__":
    sys.exit(main(["init-db", *sys.argv[1:]]))
