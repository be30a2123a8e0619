"""GIF (89a): a header, then blocks of images and extensions, whose data comes in small lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from www.pictures.cleaning.source import NotUnderstoodError

if TYPE_CHECKING:
    from www.pictures.cleaning.source import Plan, Source

_SIGNS: Final = (b"GIF87a", b"GIF89a")
_HEADER_BYTES: Final = 13
_IMAGE: Final = 0x2C
_EXTENSION: Final = 0x21
_END: Final = 0x3B
_CONTROL: Final = 0xF9  # how long the next image is shown, and what of it is transparent
_APPLICATION: Final = 0xFF
_NEEDED: Final = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"})
_STEP_BYTES: Final = 1024 * 1024


def walk(source: Source, plan: Plan) -> None:
    """Keep images, their timing, loops and colour profiles; comments, XMP and texts go."""
    if source.read(0, 6) not in _SIGNS:
        raise NotUnderstoodError
    plan.rest_may_stay = False
    lengths = _Lengths(source)
    at = _HEADER_BYTES + _colours(source.number("B", 10))
    plan.keep(0, min(at, source.size_bytes))
    while True:
        kind = source.number("B", at)
        if kind == _IMAGE:
            data = at + 11 + _colours(source.number("B", at + 9))
            end = lengths.skip(data)
            plan.keep(at, end - at)
        elif kind == _EXTENSION:
            end = lengths.skip(at + 2)
            if _is_needed(source, at):
                plan.keep(at, end - at)
        elif kind == _END:
            plan.keep(at, 1)
            return
        else:
            raise NotUnderstoodError
        at = end


def _colours(flags: int) -> int:
    """Return how many bytes of colours follow these flags."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _is_needed(source: Source, at: int) -> bool:
    label = source.number("B", at + 1)
    if label == _APPLICATION:
        return source.read(at + 2, 12) in {b"\x0b" + name for name in _NEEDED}
    return label == _CONTROL


class _Lengths:
    """Passes over data in pieces of at most 255 bytes, with few reads of the file."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._start, self._data = 0, b""

    def skip(self, at: int) -> int:
        """Return where the data that begins at `at` ends; what is cut ends with the file."""
        end = self._source.size_bytes
        while at < end:
            if not self._start <= at < self._start + len(self._data):
                self._start = at
                self._data = self._source.read(at, min(_STEP_BYTES, end - at))
            length = self._data[at - self._start]
            at += 1 + length
            if not length:
                return at
        return end
