"""Passwords: Argon2id with OWASP's parameters, in threads, a few at a time.

One hash takes 19 MiB and 18 ms of a core, so a semaphore bounds how many run: a flood of sign-ins
waits, and above a length of the queue it is refused, while the pages stay quick. The surprise:
`verify` hashes even when there is no account, so that nobody can tell from the time.
"""

from __future__ import annotations

import asyncio
import unicodedata
from typing import TYPE_CHECKING, Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from www.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

MAX_BYTES: Final = 1024
_AT_ONCE: Final = 2
_MAX_WAITING: Final = 200  # times 9 ms: nobody waits longer than two seconds for a refusal


class Passwords:
    """Hashes and checks passwords; tests lower the parameters, nothing else should."""

    def __init__(self, *, time_cost: int = 2, memory_kib: int = 19_456) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._dummy: str | None = None

    async def hash(self, password: str) -> str:
        """Return the hash with its parameters and salt, ready for the database."""
        return await self._in_turn(lambda: self._hasher.hash(_prepared(password)))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Return whether `password` fits; None (no such account) takes the same time."""
        if password_hash is None:
            await self._in_turn(lambda: self._fits(self._any_hash(), password))
            return False
        return await self._in_turn(lambda: self._fits(password_hash, password))

    def is_outdated(self, password_hash: str) -> bool:
        """Return whether the parameters have changed since; the next sign-in hashes again."""
        try:
            return self._hasher.check_needs_rehash(password_hash)
        except InvalidHashError:
            return False

    def _fits(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, _prepared(password))
        except (VerificationError, InvalidHashError):
            return False

    def _any_hash(self) -> str:
        """Return the hash of nobody's password; made once, when the first stranger comes."""
        if self._dummy is None:
            self._dummy = self._hasher.hash("nobody has this password")
        return self._dummy

    async def _in_turn(self, work: Callable[[], T]) -> T:
        if self._waiting >= _MAX_WAITING:
            raise Unavailable
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def _prepared(password: str) -> bytes:
    """Return the bytes that are hashed: the same for é typed on a Mac and on a PC (RFC 8265).

    Cut above MAX_BYTES, which no account has: forms refuse what is longer, and a sign-in with it
    must fail and not cost more.
    """
    text = unicodedata.normalize("NFKC", password[: MAX_BYTES + 1])
    return text.encode("utf-8", "surrogatepass")[: 4 * MAX_BYTES]
