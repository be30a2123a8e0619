"""Static files, from memory: read and fingerprinted once at start, compressed in the background.

`assets.url("style.css")` names the content (`?v=`), so browsers may keep it for a year. A path is
only ever a key of a dict that was filled from the folder: there is nothing to traverse.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

import brotli  # type: ignore[import-untyped]  # ships none

FOLDER: Final = Path(__file__).resolve().parent / "static"
_MIN_COMPRESSED: Final = 400
"""Below this the headers outweigh what is saved."""

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_COMPRESSIBLE: Final = ("text/", "application/json", "application/manifest", "image/svg")


@dataclass(slots=True)
class Asset:
    """One file: its bytes, and in `encoded` the same by content coding, the best first."""

    body: bytes
    content_type: str
    fingerprint: str
    encoded: dict[str, bytes] = field(default_factory=dict)

    def compress(self) -> None:
        """Add br and gzip where they are shorter; 20 ms for a style sheet, so not in the loop."""
        if len(self.body) < _MIN_COMPRESSED or not self.content_type.startswith(_COMPRESSIBLE):
            return
        found = {
            "br": brotli.compress(self.body, quality=11),
            "gzip": gzip.compress(self.body, 9, mtime=0),
        }
        self.encoded = {name: body for name, body in found.items() if len(body) < len(self.body)}

    def chosen(self, accept_encoding: str) -> tuple[bytes, str | None]:
        """Return the bytes to send and their content coding."""
        if self.encoded and accept_encoding:
            wanted = _codings(accept_encoding)
            for name, body in self.encoded.items():
                if name in wanted:
                    return body, name
        return self.body, None


class Assets:
    """All files under one folder by their path within it."""

    def __init__(self, files: dict[str, Asset]) -> None:
        self._files = files
        self._urls = {
            path: f"/static/{quote(path)}?v={asset.fingerprint}" for path, asset in files.items()
        }

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Assets:
        """Read every file under `folder`, hidden ones aside."""
        files = {}
        for file in sorted(folder.rglob("*")):
            path = file.relative_to(folder)
            if file.is_file() and not any(part.startswith(".") for part in path.parts):
                body = file.read_bytes()
                fingerprint = hashlib.sha256(body).hexdigest()[:16]
                files[path.as_posix()] = Asset(body, _content_type(file), fingerprint)
        return cls(files)

    def get(self, path: str) -> Asset | None:
        """Return the file at `path`, if there is one."""
        return self._files.get(path)

    def url(self, path: str) -> str:
        """Return the address that names the content; KeyError for a file that does not exist."""
        return self._urls[path]

    def compress(self) -> None:
        """Compress all; meant for a thread, requests are served uncompressed meanwhile."""
        for asset in self._files.values():
            asset.compress()


def _content_type(file: Path) -> str:
    known = _TYPES.get(file.suffix.lower())
    return known or mimetypes.guess_type(file.name)[0] or "application/octet-stream"


def _codings(accept_encoding: str) -> set[str]:
    """Return the codings that are accepted: named, and not with q=0."""
    wanted = set()
    for item in accept_encoding[:300].lower().split(","):
        name, _, params = item.strip().partition(";")
        if params.replace(" ", "").rstrip("0") not in {"q=", "q=0."}:
            wanted.add(name.strip())
    return wanted
