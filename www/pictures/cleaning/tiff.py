"""TIFF 6.0 and BigTIFF: directories of tagged values, which lie anywhere in the file.

Everything is addressed by its offset, so nothing is taken out: each directory is written anew in
its place with the entries that show the picture, and whatever these do not refer to becomes zeros.
So goes, too, what an editor left behind when it wrote the metadata somewhere else.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from www.pictures.cleaning import tiff_tags as tags
from www.pictures.cleaning.source import Edit, NotUnderstoodError
from www.pictures.cleaning.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from www.pictures.cleaning.source import Plan, Source

_MOST_DIRECTORIES: Final = 10_000  # pages of a fax, or levels of a pyramid
_MOST_ENTRIES: Final = 1000  # of one directory; the richest camera writes some hundred
_MOST_STRIPS: Final = 4_000_000
_SIZES: Final = {
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8,
    18: 8,
}  # fmt: skip
_FORMS: Final = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Byte order, and how wide counts and offsets are."""

    order: str
    count: str  # of entries in a directory
    word: str  # offsets, and counts of values
    first: int  # where the offset of the first directory stands

    @property
    def entry_bytes(self) -> int:
        """How long an entry is: tag, type, count, value."""
        return 4 + 2 * self.word_bytes

    @property
    def word_bytes(self) -> int:
        """How long an offset is; a value that is no longer stands in its entry."""
        return struct.calcsize(self.word)

    @property
    def count_bytes(self) -> int:
        """How long the count of entries is."""
        return struct.calcsize(self.count)


@dataclass(frozen=True, slots=True)
class Entry:
    """A tag with its values, wherever they lie."""

    tag: int
    kind: int
    count: int
    raw: bytes
    begin: int
    end: int
    is_inside: bool


@dataclass(slots=True)
class Directory:
    """What is read of a directory; EXIF is one that shows nothing."""

    at: int
    end: int
    entries: dict[int, Entry]
    following: int
    is_exif: bool = False


def walk(source: Source, plan: Plan) -> None:
    """Write the directories anew, keep what they refer to, and overwrite all else."""
    layout = _layout(source)
    plan.rest_may_stay = False
    found = _Reading(source, layout).all()
    if not found:
        raise NotUnderstoodError
    writing = _Writing(source, layout, found)
    plan.rewrite(writing.edits(), source.size_bytes)


def _layout(source: Source) -> Layout:
    order = {b"II": "<", b"MM": ">"}.get(source.read(0, 2))
    if order is None:
        raise NotUnderstoodError
    version = source.number(f"{order}H", 2)
    if version == 42:
        return Layout(order, "H", "I", 4)
    if version == 43 and source.number(f"{order}H", 4) == 8:
        return Layout(order, "Q", "Q", 8)
    raise NotUnderstoodError


class _Reading:
    """Follows the directories, each once."""

    def __init__(self, source: Source, layout: Layout) -> None:
        self._source = source
        self._layout = layout
        self._seen: dict[int, Directory] = {}

    def all(self) -> dict[int, Directory]:
        """Return every directory that can be reached and read, by its offset."""
        first = self._source.number(self._layout.order + self._layout.word, self._layout.first)
        waiting = [(first, False)]
        while waiting:
            at, is_exif = waiting.pop()
            if at == 0 or at in self._seen:
                continue
            if len(self._seen) == _MOST_DIRECTORIES:
                raise NotUnderstoodError
            try:
                found = self._read(at)
            except NotUnderstoodError:
                continue  # whoever points to it will point to zeros
            found.is_exif = is_exif
            self._seen[at] = found
            if is_exif:
                continue
            waiting.append((found.following, False))
            for tag, leads_to_exif in ((tags.SUB_DIRECTORIES, False), (tags.EXIF, True)):
                if tag in found.entries:
                    offsets = numbers(self._source, self._layout, found.entries[tag])
                    waiting += [(offset, leads_to_exif) for offset in offsets]
        return self._seen

    def _read(self, at: int) -> Directory:
        layout, order = self._layout, self._layout.order
        count = self._source.number(order + layout.count, at)
        if count > _MOST_ENTRIES:
            raise NotUnderstoodError
        first = at + layout.count_bytes
        last = first + count * layout.entry_bytes
        entries: dict[int, Entry] = {}
        raw = self._source.read(first, last - first)
        for start in range(0, len(raw), layout.entry_bytes):
            entry = self._entry(raw[start : start + layout.entry_bytes], first + start)
            if entry is not None:
                entries[entry.tag] = entry
        try:
            following = self._source.number(order + layout.word, last)
        except NotUnderstoodError:  # some writers forget it at the end of the file
            following = 0
        end = min(last + layout.word_bytes, self._source.size_bytes)
        return Directory(at, end, entries, following)

    def _entry(self, raw: bytes, at: int) -> Entry | None:
        """Return an entry, None for one whose values are not in the file."""
        layout = self._layout
        tag, kind, count = struct.unpack_from(f"{layout.order}HH{layout.word}", raw)
        size_bytes = _SIZES.get(kind, 0) * count
        begin = at + 4 + layout.word_bytes
        is_inside = size_bytes <= layout.word_bytes
        if not is_inside:
            (begin,) = struct.unpack_from(f"{layout.order}{layout.word}", raw, begin - at)
        if size_bytes == 0 or begin + size_bytes > self._source.size_bytes:
            return None
        return Entry(tag, kind, count, raw, begin, begin + size_bytes, is_inside)


def numbers(source: Source, layout: Layout, entry: Entry) -> tuple[int, ...]:
    """Return the values of an entry as unsigned numbers. Raises NotUnderstoodError."""
    form = _FORMS.get(entry.kind)
    if form is None or entry.count > _MOST_STRIPS:
        raise NotUnderstoodError
    data = source.read(entry.begin, entry.end - entry.begin)
    return struct.unpack(f"{layout.order}{entry.count}{form}", data)


class _Writing:
    """What the clean file keeps of the original, and what it says instead."""

    def __init__(self, source: Source, layout: Layout, found: dict[int, Directory]) -> None:
        self._source = source
        self._layout = layout
        self._found = found
        self._kept = Spans(source.size_bytes)
        self._new: list[Edit] = []
        self._strips_left = _MOST_STRIPS
        self._is_raw = source.read(8, 2) == b"CR" or any(map(self._is_sensor, found.values()))

    def edits(self) -> list[Edit]:
        """Return what overwrites all but the kept. Raises NotUnderstoodError."""
        head_bytes = self._layout.first + self._layout.word_bytes
        self._kept.add(0, max(head_bytes, 16) if self._is_raw else head_bytes)
        for directory in self._found.values():
            if directory.is_exif and not self._is_raw:
                continue
            entries = [one for one in directory.entries.values() if self._stays(directory, one)]
            for entry in entries:
                if not entry.is_inside:
                    self._kept.add(entry.begin, entry.end)
            if not directory.is_exif:
                self._keep_pixels(directory)
            self._write(directory, entries)
        return [*self._new, *self._blanks()]

    def _is_sensor(self, directory: Directory) -> bool:
        """Tell whether it is a camera's raw picture, which is developed by what the maker notes."""
        entry = directory.entries.get(tags.PHOTOMETRIC)
        if entry is None or directory.is_exif:
            return False
        return numbers(self._source, self._layout, entry)[0] in tags.SENSOR

    def _stays(self, directory: Directory, entry: Entry) -> bool:
        if directory.is_exif:
            return entry.tag in tags.EXIF_OF_RAW
        return entry.tag in tags.SHOWN or (self._is_raw and tags.is_of_raw(entry.tag))

    def _write(self, directory: Directory, entries: list[Entry]) -> None:
        layout = self._layout
        following = directory.following if directory.following in self._found else 0
        new = struct.pack(layout.order + layout.count, len(entries))
        new += b"".join(entry.raw for entry in sorted(entries, key=lambda one: one.tag))
        new += struct.pack(layout.order + layout.word, following)
        room = directory.end - directory.at
        self._kept.add(directory.at, directory.end)
        self._new.append(Edit(directory.at, directory.end, new[:room]))

    def _keep_pixels(self, directory: Directory) -> None:
        for starts, lengths in tags.PIXELS:
            if starts not in directory.entries:
                continue
            begins = numbers(self._source, self._layout, directory.entries[starts])
            self._strips_left -= len(begins)
            if self._strips_left < 0 or lengths not in directory.entries:
                raise NotUnderstoodError
            sizes = numbers(self._source, self._layout, directory.entries[lengths])
            for begin, size_bytes in zip(begins, sizes, strict=False):
                self._kept.add(begin, begin + size_bytes)
        for tag, size_bytes in tags.TABLES.items():
            if tag in directory.entries:
                for begin in numbers(self._source, self._layout, directory.entries[tag])[:8]:
                    self._kept.add(begin, begin + size_bytes)

    def _blanks(self) -> Iterator[Edit]:
        at = 0
        for begin, end in self._kept.all():
            if begin > at:
                yield Edit(at, begin)
            at = end
        if at < self._source.size_bytes:
            yield Edit(at, self._source.size_bytes)
