"""An original as the walks read it, and what they say shall remain of it."""

from __future__ import annotations

import base64
import os
import re
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from www.pictures.pieces import Written

_STEP_BYTES: Final = 1024 * 1024
_OVERLAP: Final = 64
_MOST_COMPARED_BYTES: Final = 8 * 1024**2
MOST_PIECES: Final = 20_000
"""A clean file of more is not made: each is looked at when a part of the file is asked for."""
# How metadata begins, wherever it may lie.
_SIGNS: Final = re.compile(
    rb"Exif\x00\x00|eXIf|EXIF..\x00\x00|XMP ..\x00\x00|http://ns\.adobe\.com/|Photoshop 3\.0"
    rb"|<x:xmpmeta",
    re.DOTALL,
)


class NotUnderstoodError(Exception):
    """The bytes from here on are not what the format says."""


class Source:
    """Reads here and there; a part that is not there is not understood."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.size_bytes = os.fstat(fd).st_size

    def read(self, at: int, size_bytes: int) -> bytes:
        """Return so many bytes. Raises NotUnderstoodError where there are fewer."""
        found = os.pread(self._fd, size_bytes, at)
        if len(found) < size_bytes:
            raise NotUnderstoodError
        return found

    def number(self, form: str, at: int) -> int:
        """Return an unsigned number by its format of `struct`."""
        return int(struct.unpack(form, self.read(at, struct.calcsize(form)))[0])

    def find(self, pattern: re.Pattern[bytes], at: int) -> int | None:
        """Return where the first match (of less than 64 bytes) begins."""
        for start, chunk in self._chunks(at):
            if match := pattern.search(chunk):
                return start + match.start()
        return None

    def shows_metadata(self, at: int) -> bool:
        """Tell whether something behind `at` looks like metadata."""
        return self.find(_SIGNS, at) is not None

    def _chunks(self, at: int) -> Iterator[tuple[int, bytes]]:
        while chunk := os.pread(self._fd, _STEP_BYTES, at):
            yield at, chunk
            at += max(1, len(chunk) - _OVERLAP) if len(chunk) == _STEP_BYTES else len(chunk)


class Edit(NamedTuple):
    """Bytes of the original in whose place stand `new` ones, and zeros behind these."""

    begin: int
    end: int
    new: bytes = b""


class Plan:
    """The pieces of the clean file, in order; what was kept and follows each other is one piece."""

    def __init__(self, source: Source, *, is_whole: bool = True) -> None:
        self._source = source
        self._is_whole = is_whole
        self.unseen: list[tuple[int, int]] = []  # spans that are zeros here where it is not whole
        self._pieces: list[Written] = []
        self.orientation = 1
        self.at = 0  # how far the walk has understood the original
        self._compared_bytes = 0
        self.rest_may_stay = is_whole  # where nothing in it looks like metadata

    def keep(self, at: int, size_bytes: int) -> None:
        """Keep bytes of the original."""
        last = self._pieces[-1] if self._pieces else None
        if size_bytes <= 0:
            return
        if last is not None and last[0] == "kept" and last[1] + last[2] == at:
            self._pieces[-1] = ("kept", last[1], last[2] + size_bytes)
        else:
            self._pieces.append(("kept", at, size_bytes))

    def put(self, new: bytes) -> None:
        """Write bytes of our own."""
        self._pieces.append(("new", base64.b64encode(new).decode(), len(new)))

    def blank(self, size_bytes: int) -> None:
        """Write zeros, so that what follows stays where it was."""
        last = self._pieces[-1] if self._pieces else None
        if size_bytes > 0 and last is not None and last[0] == "blank":
            self._pieces[-1] = ("blank", 0, last[2] + size_bytes)
        elif size_bytes > 0:
            self._pieces.append(("blank", 0, size_bytes))

    def rewrite(self, edits: Iterable[Edit], end: int) -> None:
        """Keep the original up to `end` but for `edits`, so that all stays where it was.

        Where edits overlap, the one that begins first stands. Raises NotUnderstoodError.
        """
        at = 0
        for edit in sorted(edits):
            begin, until = max(at, edit.begin), min(edit.end, end)
            if begin >= until:
                continue
            new = edit.new if begin == edit.begin and len(edit.new) <= until - begin else b""
            if self._says(begin, until, new):
                continue
            self.keep(at, begin - at)
            if new:
                self.put(new)
            self.blank(until - begin - len(new))
            at = until
            if len(self._pieces) > MOST_PIECES:
                self._pieces.clear()
                raise NotUnderstoodError
        self.keep(at, end - at)

    def _says(self, begin: int, end: int, new: bytes) -> bool:
        """Tell whether these bytes are already what they would become, as far as that is cheap."""
        self._compared_bytes += end - begin
        if self._compared_bytes > _MOST_COMPARED_BYTES:
            return False
        if not self._is_whole and any(at < end and begin < until for at, until in self.unseen):
            return False
        return self._source.read(begin, end - begin) == new.ljust(end - begin, b"\x00")

    def pieces(self) -> list[Written] | None:
        """Return all of it, None where that is the original; no pieces: nothing may remain."""
        whole = [("kept", 0, self._source.size_bytes)] if self._source.size_bytes else []
        return None if self._pieces == whole else self._pieces
