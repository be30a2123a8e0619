"""Our server with a hash that costs nothing: what is left is the price of the bytes' way.

python -m bench.files.unhashed serve ...
"""

from __future__ import annotations

import secrets
import sys
from types import SimpleNamespace

from www.__main__ import run
from www.storage import incoming
from www.uploads import digests


class Unhashed:
    """Names every content by chance."""

    def __init__(self) -> None:
        """Draw the name."""
        self._name = secrets.token_hex(32)

    def update(self, data: object) -> None:
        """Look at nothing."""

    def hexdigest(self) -> str:
        """Return the name."""
        return self._name

    def copy(self) -> Unhashed:
        """Return one that can be gone back to."""
        return self


if __name__ == "__main__":
    for module in (incoming, digests):
        setattr(module, "hashlib", SimpleNamespace(sha256=Unhashed))  # noqa: B010  no other module's
    sys.exit(run(sys.argv[1:]))
