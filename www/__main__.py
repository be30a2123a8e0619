"""`python3 -m www`: the command line."""

import sys

from www.cli import main

if __name__ == "__main__":
    sys.exit(main())
