"""The zip format, as far as a streamed archive of stored files needs it (APPNOTE 6.3.10).

Written here because the libraries know neither the order of what comes later nor where in the
archive a byte stands: without that a broken download could not go on, and no file could go out by
sendfile. Nothing is compressed, so that every length is known before the first byte. Checksums are
not: they follow each file (bit 3), and stand in the directory at the end.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256 as new_sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime, tzinfo

# From here on 64 bits are used; readers that take the older fields as signed get no surprise.
_LIMIT: Final = 0x7FFFFFFF
_MOST_FILES: Final = 0xFFFF
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_TIME: Final = struct.Struct("<2HBL")
_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64: Final = struct.Struct("<4sLQL")
_CHECKSUM_FOLLOWS_UTF8: Final = 0x0808
_UTF8: Final = 0x0800
_VERSION, _VERSION_64 = 20, 45
_UNIX: Final = 3 << 8
_FILE_MODE, _FOLDER_MODE = 0o100644 << 16, (0o040755 << 16) | 0x10
_FULL_16: Final = 0xFFFF
_FULL_32: Final = 0xFFFFFFFF
_MAX_CHECKSUMS: Final = 100_000


class Checksums(dict[str, int]):
    """CRC-32 by SHA-256 of contents that were read before; the oldest go first."""

    def keep(self, sha256: str, checksum: int) -> None:
        """Remember one more."""
        self[sha256] = checksum
        if len(self) > _MAX_CHECKSUMS:
            del self[next(iter(self))]


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the archive; a name with a slash at its end is an empty folder.

    `name` is a path with slashes that no other entry has; `modified` knows its time zone.
    """

    name: str
    sha256: str
    size_bytes: int
    modified: datetime

    @property
    def is_folder(self) -> bool:
        """Tell whether this is a folder."""
        return self.name.endswith("/")

    @property
    def is_long(self) -> bool:
        """Tell whether its length needs 64 bits."""
        return self.size_bytes > _LIMIT


@dataclass(frozen=True, slots=True)
class Place:
    """An entry, and where each part of it stands in the archive."""

    entry: Entry
    header: bytes
    offset: int

    @property
    def data_at(self) -> int:
        """Where its content begins."""
        return self.offset + len(self.header)

    @property
    def end(self) -> int:
        """Where the next entry begins."""
        return self.data_at + self.entry.size_bytes + _descriptor_length(self.entry)


class Archive:
    """An archive of `entries`, laid out: everything but the checksums is known.

    `zone` is that of the dates for readers that know no time zones.
    """

    def __init__(self, entries: Iterable[Entry] = (), zone: tzinfo = UTC) -> None:
        self._zone = zone
        self.places: list[Place] = []
        self.directory_at = 0
        self._directory_bytes = 0
        self._digest = new_sha256()
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Lay out one more entry behind the others; not once it is being sent."""
        name = entry.name.encode()
        place = Place(entry, self._header(entry, name), self.directory_at)
        self.places.append(place)
        size = entry.sha256.encode() + entry.size_bytes.to_bytes(8, "little")
        self._digest.update(place.header + size)
        self._directory_bytes += _CENTRAL.size + len(name) + _TIME.size
        if large := entry.is_long * 2 + (place.offset > _LIMIT):
            self._directory_bytes += 4 + 8 * large
        self.directory_at = place.end

    @property
    def size_bytes(self) -> int:
        """Its length."""
        length = self._directory_bytes
        return self.directory_at + length + len(self._end(length))

    @property
    def etag(self) -> str:
        """What is equal for two archives of the same bytes."""
        return f"zip-{self._digest.hexdigest()}"

    def descriptor(self, entry: Entry, checksum: int) -> bytes:
        """Return what follows the content."""
        if entry.is_folder:
            return b""
        lengths = struct.pack("<2Q" if entry.is_long else "<2L", *[entry.size_bytes] * 2)
        return struct.pack("<4sL", b"PK\7\10", checksum) + lengths

    def directory(self, checksums: Mapping[str, int]) -> Iterator[bytes]:
        """Yield the directory and the end; `checksums` are CRC-32 by SHA-256."""
        length = 0
        for place in self.places:
            line = self._central(place, checksums.get(place.entry.sha256, 0))
            length += len(line)
            yield line
        yield self._end(length)

    def _header(self, entry: Entry, name: bytes) -> bytes:
        extra = self._time(entry)
        size = 0
        if entry.is_long:
            extra += struct.pack("<2H2Q", 1, 16, 0, 0)  # the lengths follow with the checksum
            size = _FULL_32
        date, time = self._date(entry)
        version, flags = _version(entry.is_long), _flags(entry)
        lengths = (0, size, size, len(name), len(extra))
        return _LOCAL.pack(b"PK\3\4", version, flags, 0, time, date, *lengths) + name + extra

    def _central(self, place: Place, checksum: int) -> bytes:
        entry, offset = place.entry, place.offset
        name, size, large = entry.name.encode(), entry.size_bytes, []
        if entry.is_long:
            large += [size, size]
            size = _FULL_32
        if offset > _LIMIT:
            large.append(offset)
            offset = _FULL_32
        extra = self._time(entry)
        if large:
            extra += struct.pack(f"<2H{len(large)}Q", 1, 8 * len(large), *large)
        date, time = self._date(entry)
        version = _version(bool(large))
        mode = _FOLDER_MODE if entry.is_folder else _FILE_MODE
        kinds = (_UNIX | version, version, _flags(entry), 0, time, date)
        lengths = (checksum, size, size, len(name), len(extra), 0, 0, 0)
        return _CENTRAL.pack(b"PK\1\2", *kinds, *lengths, mode, offset) + name + extra

    def _end(self, length: int) -> bytes:
        count, at, end_64 = len(self.places), self.directory_at, b""
        if count >= _MOST_FILES or at > _LIMIT or length > _LIMIT:
            versions = (_UNIX | _VERSION_64, _VERSION_64, 0, 0)
            end_64 = _END_64.pack(b"PK\6\6", 44, *versions, count, count, length, at)
            end_64 += _LOCATOR_64.pack(b"PK\6\7", 0, at + length, 1)
        few = min(count, _FULL_16)
        length, at = (n if n <= _LIMIT else _FULL_32 for n in (length, at))
        return end_64 + _END.pack(b"PK\5\6", 0, 0, few, few, length, at, 0)

    def _date(self, entry: Entry) -> tuple[int, int]:
        """Date and time of MS-DOS: from 1980 to 2107, in steps of two seconds, somewhere."""
        at = entry.modified.astimezone(self._zone)
        if not 1980 <= at.year <= 2107:
            at = at.replace(year=min(max(at.year, 1980), 2107), month=1, day=1)
        date = (at.year - 1980) << 9 | at.month << 5 | at.day
        return date, at.hour << 11 | at.minute << 5 | at.second // 2

    def _time(self, entry: Entry) -> bytes:
        """The time as Unix counts it, which needs no time zone."""
        seconds = min(max(int(entry.modified.timestamp()), 0), _LIMIT)
        return _TIME.pack(0x5455, 5, 1, seconds)


def _descriptor_length(entry: Entry) -> int:
    if entry.is_folder:
        return 0
    return 24 if entry.is_long else 16


def _version(is_long: bool) -> int:  # noqa: FBT001
    return _VERSION_64 if is_long else _VERSION


def _flags(entry: Entry) -> int:
    return _UTF8 if entry.is_folder else _CHECKSUM_FOLLOWS_UTF8
