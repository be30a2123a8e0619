"""Secret tokens: 256 random bits for whoever holds them, a hash for the database.

A plain SHA-256 is enough here: nobody can try 2**256 values, so there is nothing to slow down.
"""

import hashlib
import re
import secrets
from typing import Final

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """Return 43 characters that are safe in an address and in a cookie."""
    return secrets.token_urlsafe(32)


def is_token(text: str) -> bool:
    """Return whether `text` can be a token at all; what cannot is not looked up."""
    return _TOKEN.fullmatch(text) is not None


def hash_token(token: str) -> bytes:
    """Return what the database keeps of `token`: 32 bytes."""
    return hashlib.sha256(token.encode()).digest()
