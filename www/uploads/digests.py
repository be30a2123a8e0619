"""Hashes of what comes in: of a whole upload, kept while it is written, and of one request.

The hash of an upload follows the file: it is given the bytes as they are written, and where it has
not seen what is before them (after a restart) it reads that from the file, a few steps at a time,
so that little or nothing is left to do when the last byte is there.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, Self

from www.errors import BadRequest
from www.i18n import N_
from www.uploads.errors import ChecksumMismatch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from www.storage.base import Bytes

_READ_BYTES: Final = 1024 * 1024
_CATCH_UP_BYTES: Final = 4 * _READ_BYTES  # per piece, of at most 256 KiB: it gains
_TUS: Final = re.compile(r"([a-z0-9-]+) ([A-Za-z0-9+/]+={0,2})")
_MEMBER: Final = re.compile(r"([a-z*][a-z0-9_.*-]*)\s*=\s*:([A-Za-z0-9+/]*={0,2}):\s*")


class Digest:
    """The SHA-256 of the first `at` bytes of a file; used in threads, by one at a time."""

    def __init__(self) -> None:
        self.at = 0
        self._hash = hashlib.sha256()

    def follow(self, fd: int, chunk: Bytes, start: int, end: int) -> None:
        """Take `chunk`, which was written from `start` to `end`, or catch up with the file."""
        if self.at == start:
            self._hash.update(chunk)
            self.at = end
        else:
            self.catch_up(fd, min(end, self.at + _CATCH_UP_BYTES))

    def catch_up(self, fd: int, end: int) -> None:
        """Read from the file what is missing, up to `end`."""
        while self.at < end:
            part = os.pread(fd, min(_READ_BYTES, end - self.at), self.at)
            if not part:
                raise EOFError("the file is shorter than its length")
            self._hash.update(part)
            self.at += len(part)

    def copy(self) -> Digest:
        """Return what `rewind` needs."""
        copied = Digest()
        copied.rewind(self)
        return copied

    def rewind(self, earlier: Digest) -> None:
        """Go back to where `earlier` is."""
        self.at, self._hash = earlier.at, earlier._hash.copy()

    def hexdigest(self) -> str:
        """Return the hash."""
        return self._hash.hexdigest()


class _Hash(Protocol):
    def update(self, data: Bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc32:
    """CRC-32 with the face of hashlib; its four bytes are in network order."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: Bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4)


_ALGORITHMS: Final[Mapping[str, Callable[[], _Hash]]] = {
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "crc32": _Crc32,
}
TUS_ALGORITHMS: Final = tuple(_ALGORITHMS)
_FIELDS: Final[Mapping[str, Callable[[], _Hash]]] = {
    "sha-512": hashlib.sha512,
    "sha-256": hashlib.sha256,
}


@dataclass(slots=True)
class Checksum:
    """What the content of one request must come to."""

    _hash: _Hash
    _expected: bytes

    @classmethod
    def of_tus(cls, value: str) -> Self:
        """Read Upload-Checksum. Raises BadRequest."""
        found = _TUS.fullmatch(value)
        if found is None:
            raise BadRequest(N_("The checksum cannot be read."))
        if found[1] not in _ALGORITHMS:
            raise BadRequest(N_("This kind of checksum is not known here."))
        try:
            expected = base64.b64decode(found[2], validate=True)
        except binascii.Error as err:
            raise BadRequest(N_("The checksum cannot be read.")) from err
        return cls(_ALGORITHMS[found[1]](), expected)

    @classmethod
    def of_field(cls, value: str) -> Self | None:
        """Read Content-Digest (RFC 9530); None where it holds no algorithm that is known here."""
        digests = digests_of(value)
        for name, make in _FIELDS.items():
            if name in digests:
                return cls(make(), digests[name])
        return None

    def update(self, chunk: Bytes) -> None:
        """Take the next bytes."""
        self._hash.update(chunk)

    def verify(self) -> None:
        """Raise ChecksumMismatch unless everything came to what was announced."""
        if not hmac.compare_digest(self._hash.digest(), self._expected):
            raise ChecksumMismatch


def digests_of(value: str) -> dict[str, bytes]:
    """Read a dictionary of byte sequences (RFC 9530); what is malformed holds nothing."""
    digests: dict[str, bytes] = {}
    for item in value.split(","):
        found = _MEMBER.fullmatch(item.strip())
        if found is None:
            return {}
        try:
            digests[found[1]] = base64.b64decode(found[2], validate=True)
        except binascii.Error:
            return {}
    return digests
