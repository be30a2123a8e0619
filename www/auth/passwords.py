"""Passwords: Argon2id with OWASP's parameters, in threads, a few at a time.

One hash takes 19 MiB and 18 ms of a core, so a queue bounds how many run: a flood of sign-ins
waits, and is refused above a length of the queue or after five seconds, while the pages stay quick.
New passwords have a queue of their own: whoever registers in masses keeps nobody from signing in.
The surprise: `verify` hashes even when there is no account, so that nobody can tell from the time.
"""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from base64 import b64encode
from typing import TYPE_CHECKING, Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from www.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

MAX_BYTES: Final = 1024
_MAX_INSIDE: Final = 200
_PATIENCE_S: Final = 5.0


class Passwords:
    """Hashes and checks passwords; tests lower the parameters, nothing else should."""

    def __init__(
        self, *, time_cost: int = 2, memory_kib: int = 19_456, patience_s: float = _PATIENCE_S
    ) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._to_verify = _Queue(at_once=2, patience_s=patience_s)
        self._to_hash = _Queue(at_once=1, patience_s=patience_s)
        salt, digest = (b64encode(secrets.token_bytes(size)).rstrip(b"=") for size in (16, 32))
        # No password's hash: comparing with it takes as long as with a real one.
        self._nobody = (
            f"$argon2id$v=19$m={memory_kib},t={time_cost},p=1${salt.decode()}${digest.decode()}"
        )

    async def hash(self, password: str) -> str:
        """Return the hash with its parameters and salt, ready for the database."""
        return await self._to_hash.run(lambda: self._hasher.hash(_prepared(password)))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Return whether `password` fits; None (no such account) takes the same time."""
        if password_hash is None:
            await self._to_verify.run(lambda: self._fits(self._nobody, password))
            return False
        return await self._to_verify.run(lambda: self._fits(password_hash, password))

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


class _Queue:
    """Runs work in threads, `at_once` pieces at a time, in the order in which it came."""

    def __init__(self, *, at_once: int, patience_s: float) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._patience_s = patience_s
        self._inside = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns; raises Unavailable if its turn does not come soon."""
        if self._inside >= _MAX_INSIDE:
            raise Unavailable
        self._inside += 1
        try:
            await self._turn()
            try:
                return await asyncio.to_thread(work)
            finally:
                self._turns.release()
        finally:
            self._inside -= 1

    async def _turn(self) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                await self._turns.acquire()
        except TimeoutError as err:
            raise Unavailable from err


def _prepared(password: str) -> bytes:
    """Return the bytes that are hashed: the same for é typed on a Mac and on a PC (RFC 8265).

    Cut above MAX_BYTES, which no account has: forms refuse what is longer, and a sign-in with it
    must fail and not cost more.
    """
    text = unicodedata.normalize("NFKC", password[: MAX_BYTES + 1])
    return text.encode("utf-8", "surrogatepass")[: 4 * MAX_BYTES]
