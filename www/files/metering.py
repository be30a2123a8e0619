"""Somebody who counts what is sent, and may still refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from www.files.http import Decision


class Meter(Protocol):
    """Is told of one answer that sends content; HEAD, 304, 412 and 416 send none."""

    @property
    def is_strict(self) -> bool:
        """Whether the content must not be fetched elsewhere, where nobody counts."""

    async def begin(self, decision: Decision, size_bytes: int) -> None:
        """Take note, or raise a domain error: the content is open and nothing has been sent.

        `size_bytes` is that of the whole content.
        """

    async def end(self, sent_bytes: int) -> None:
        """Learn how much of the content went out; not called where nobody can know that."""
