"""A self-hosted publishing and file-sharing server: `python3 -m www`.

Only the version lives here, so that importing any part of the program costs nothing more.
"""

from typing import Final

__version__: Final = "0.1.0"
