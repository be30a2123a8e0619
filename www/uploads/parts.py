"""How an upload that goes to the bucket directly is cut: numbers, without the bucket's library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from www.models import Upload

MOST_LINKS: Final = 100
"""Addresses in one answer."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What a client says about a file before it sends it."""

    name: str
    size_bytes: int
    sha256: str | None = None
    claims: str = ""  # as Upload-Metadata


def count_of(upload: Upload) -> int:
    """Return how many parts an upload has; what is empty has one."""
    return max(1, -(-(upload.length or 0) // (upload.part_bytes or 1)))


def size_of(upload: Upload, number: int) -> int:
    """Return how many bytes a part must have; numbers begin with 1."""
    length, part_bytes = upload.length or 0, upload.part_bytes or 1
    return min(part_bytes, length - (number - 1) * part_bytes)
