"""Space that uploads take before they have rows, so that many at once keep within one quota.

This counts for one process; what several servers take at the same moment is found when the rows
are written (`www.files.actions`).
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Final

from www.errors import QuotaExceeded, TooLarge
from www.i18n import N_, Formats

if TYPE_CHECKING:
    from collections.abc import Iterator

_FRESH_S: Final = 0.1


def no_room(size_bytes: int | None, left_bytes: int, quota_bytes: int) -> QuotaExceeded:
    """Say with all figures that an upload does not fit; None where its size is not known."""
    figures = {
        "left": written(left_bytes),
        "used": written(quota_bytes - left_bytes),
        "quota": written(quota_bytes),
    }
    if size_bytes is None:
        text = N_("This will not fit: only %(left)s are left, as %(used)s of %(quota)s are taken.")
        return QuotaExceeded(text, **figures)
    text = N_("%(size)s will not fit: only %(left)s are left, as %(used)s of %(quota)s are taken.")
    return QuotaExceeded(text, size=written(size_bytes), **figures)


def too_large(name: str, limit_bytes: int) -> TooLarge:
    """Say how large a file may be."""
    text = N_("The file “%(name)s” is larger than %(limit)s.")
    return TooLarge(text, name=name, limit=written(limit_bytes))


def written(size_bytes: int) -> str:
    """Write a size as all pages do: the same in every language."""
    return Formats("en", UTC).size(size_bytes)


@dataclass(slots=True)
class _Account:
    """What is going on for one person, for as long as an upload of theirs runs."""

    uploads: int = 0
    incoming_bytes: int = 0
    stored_bytes: int = 0  # got their rows since this account was opened
    limit_bytes: int = 0  # as it was told last, and when
    quota_bytes: int = 0
    told_s: float = -math.inf
    lock: Lock = field(default_factory=Lock)  # bytes are taken in threads


@dataclass(slots=True)
class Reservation:
    """One upload's part of its owner's space."""

    _account: _Account
    _limit_bytes: int = 0
    _claimed_bytes: int = 0  # set aside, and not taken yet
    _taken_bytes: int = 0
    _kept: bool = False

    def limit(self, quota_bytes: int, used_bytes: int, *, since: int) -> None:
        """Tell how much the person may have and has; `since` is `mark()` from before asking."""
        self._limit_bytes = quota_bytes - used_bytes + since
        self._account.quota_bytes = quota_bytes
        self._account.limit_bytes, self._account.told_s = self._limit_bytes, monotonic()

    def is_known_to_fit(self, size_bytes: int) -> bool:
        """Take the limit that another upload of the person was told a moment ago, if it will do.

        False where there is none, or where it has no room for `size_bytes`: then it must be asked
        for. So what has changed meanwhile never refuses anything that fits.
        """
        self._limit_bytes = self._account.limit_bytes
        return monotonic() - self._account.told_s < _FRESH_S and size_bytes <= self.left_bytes

    @property
    def quota_bytes(self) -> int:
        """What the person may have, as it was told last."""
        return self._account.quota_bytes

    def mark(self) -> int:
        """Return what tells, later on, which uploads were complete at this moment."""
        return self._account.stored_bytes

    @property
    def left_bytes(self) -> int:
        """What this and all other uploads of the person may still bring."""
        account = self._account
        return max(0, self._limit_bytes - account.stored_bytes - account.incoming_bytes)

    def claim(self, size_bytes: int) -> None:
        """Set aside what is announced, as far as there is any: who comes first, uploads first."""
        with self._account.lock:
            claimed = min(size_bytes, self.left_bytes)
            self._account.incoming_bytes += claimed
        self._claimed_bytes += claimed

    def take(self, size_bytes: int) -> None:
        """Take space for what is about to be written, in any thread. Raises QuotaExceeded."""
        claimed = min(size_bytes, self._claimed_bytes)
        if size_bytes > claimed:
            with self._account.lock:
                if size_bytes - claimed > self.left_bytes:
                    raise no_room(None, self.left_bytes, self.quota_bytes)
                self._account.incoming_bytes += size_bytes - claimed
        self._claimed_bytes -= claimed
        self._taken_bytes += size_bytes

    def keep(self) -> None:
        """Note that the rows are written: from now on the database counts."""
        self._kept = True

    def close(self) -> None:
        """Give back what was taken."""
        with self._account.lock:
            self._account.incoming_bytes -= self._taken_bytes + self._claimed_bytes
            if self._kept:
                self._account.stored_bytes += self._taken_bytes


class Space:
    """The accounts of everybody who is uploading."""

    def __init__(self) -> None:
        self._accounts: dict[int, _Account] = {}

    @contextmanager
    def reserve(self, owner_id: int) -> Iterator[Reservation]:
        """Open a reservation for one upload."""
        account = self._accounts.setdefault(owner_id, _Account())
        account.uploads += 1
        reservation = Reservation(account)
        try:
            yield reservation
        finally:
            reservation.close()
            account.uploads -= 1
            if not account.uploads:
                del self._accounts[owner_id]
