"""File names as people give them, made harmless to show and to send back.

Content on disk is named by its hash, so what comes out of here never becomes a path. The surprise:
it must be a fixed point, because names make round trips (downloaded, then uploaded again).
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import Final

MAX_BYTES: Final = 255  # NAME_MAX of every file system that a download may be saved on
_MAX_EXTENSION_BYTES: Final = 32
_FALLBACK: Final = "file"
_RANDOM_CHARS: Final = 8
# Crockford's digits: 32, so that each is five bits, and none is taken for another.
_DIGITS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_NOT_ON_WINDOWS: Final = re.compile(r'[<>:"|?*]')
_DEVICE: Final = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)", re.IGNORECASE
)
# Nearly all names: nothing in them has to be changed for anybody, unless it is a device's.
_PLAIN: Final = re.compile(
    r"[\w!#$%&'()+,;=@\[\]^`{}~.-]+(?: [\w!#$%&'()+,;=@\[\]^`{}~.-]+)*", re.ASCII
)
_WINDOWS_PATH: Final = re.compile(r"(?:[A-Za-z]:|\.\.?)?\\")
_FOLDERS: Final = frozenset({"", ".", ".."})
# Control, format (bidi overrides, joiners) and surrogates: invisible, or a lie about the rest.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs"})


def safe_name(name: str) -> str:
    """Return what remains of `name`: one visible line of at most 255 bytes in UTF-8, never empty.

    Folders before it are cut, also those of a whole path of Windows; in any other name a backslash
    is a letter, of which "_" remains. The extension survives the shortening. What browsers take for
    folders in an address, "." and "..", is no name.
    """
    return _harmless(name) or _FALLBACK


def file_name(name: str) -> str:
    """Return `safe_name` of what somebody calls a file; one that nobody can guess where it is none.

    For an unlisted file the name is what keeps its address from being guessed.
    """
    return _harmless(name) or f"{_FALLBACK}-{_random()}"


def _random() -> str:
    """Return 40 random bits; the uploader does so too (frontend/src/uploads/gather.ts)."""
    return "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM_CHARS))


def _harmless(name: str) -> str:
    """Return what remains of `name`, "" where nothing does."""
    visible = "".join(c for c in name if c.isspace() or unicodedata.category(c) not in _HIDDEN)
    one_line = unicodedata.normalize("NFC", " ".join(visible.split()))
    slashed = one_line.replace("\\", "/" if _WINDOWS_PATH.match(one_line) else "_")
    base = slashed.rstrip("/").rpartition("/")[2]
    kept = _shortened(base.strip())
    return "" if kept in _FOLDERS else kept


def portable_name(name: str) -> str:
    """Return `safe_name`, changed so that Windows can save it too: for what others unpack.

    It takes no `a:b` (a stream inside a file), no CON.txt (a device) and no dot at the end.
    """
    if _PLAIN.fullmatch(name) and name[-1] != "." and len(name) <= MAX_BYTES:
        return _shortened(f"_{name}") if _DEVICE.match(name) else name
    plain = _NOT_ON_WINDOWS.sub("_", safe_name(name)).rstrip(". ") or _FALLBACK
    return _shortened(f"_{plain}") if _DEVICE.match(plain) else plain


def numbered_name(name: str, number: int) -> str:
    """Return `name` with a number before its extension, in as many bytes as a name may have."""
    stem, dot, last = name.rpartition(".")
    if not stem or len(last.encode()) >= _MAX_EXTENSION_BYTES:
        stem, dot, last = name, "", ""
    tail = f" ({number}){dot}{last}"
    return _cut(stem, MAX_BYTES - len(tail.encode())).rstrip() + tail


def extension(name: str) -> str:
    """Return the lower-case letters behind the last dot, without it; empty when there are none."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if stem and dot else ""


def _shortened(name: str) -> str:
    if len(name.encode()) <= MAX_BYTES:
        return name
    stem, dot, last = name.rpartition(".")
    tail = dot + last
    if not stem or len(tail.encode()) > _MAX_EXTENSION_BYTES:
        return _cut(name, MAX_BYTES).rstrip()
    return _cut(stem, MAX_BYTES - len(tail.encode())) + tail


def _cut(text: str, size_bytes: int) -> str:
    return text.encode()[:size_bytes].decode(errors="ignore")
