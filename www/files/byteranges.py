"""Several ranges in one body, multipart/byteranges (RFC 9110, section 14.6)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from www.files import http
from www.files.ranges import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

Piece: TypeAlias = bytes | Part
"""What a body is made of: text of ours, or a part of the content."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body in pieces, and its type where that is not the file's."""

    pieces: tuple[Piece, ...]
    content_type: str | None = None

    @property
    def size_bytes(self) -> int:
        """The length of all pieces together."""
        return sum(len(p) if isinstance(p, bytes) else p.length for p in self.pieces)


def build(parts: Sequence[Part], content_type: str, size: int) -> Body:
    """Return the body for `parts` of a content of `size` bytes; a single one goes as it is."""
    if len(parts) == 1:
        return Body(tuple(parts))
    boundary = secrets.token_hex(16)  # drawn anew: no content can hold it on purpose
    pieces: list[Piece] = []
    delimiter = ""
    for part in parts:
        head = (
            f"{delimiter}--{boundary}\r\n"
            f"Content-Type: {content_type}\r\n"
            f"Content-Range: {http.content_range(part, size)}\r\n\r\n"
        )
        pieces += [head.encode(), part]
        delimiter = "\r\n"
    pieces.append(f"\r\n--{boundary}--\r\n".encode())
    return Body(tuple(pieces), f"multipart/byteranges; boundary={boundary}")
