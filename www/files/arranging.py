"""Which path each file gets in an archive: its folders are kept, and no two are the same.

Two paths count as the same where a file system says so that knows no case; then one gets a number.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from www.files.zipping import Entry
from www.utils.names import numbered_name, portable_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime


class Filed(NamedTuple):
    """A file and the names of the folders that it lies in, from the outermost."""

    folders: tuple[str, ...]
    name: str
    sha256: str
    size_bytes: int
    modified: datetime


def arrange(files: Sequence[Filed]) -> Iterator[Entry]:
    """Yield the entries of an archive, in the order of `files`."""
    portable = {folders: tuple(map(portable_name, folders)) for folders in _folders(files)}
    # A file may not take the name of a folder; folders of the same name are one.
    taken = {_key(path[:n]) for path in portable.values() for n in range(1, len(path) + 1)}
    numbers: dict[str, int] = {}
    for file in files:
        folders, name = portable[file.folders], portable_name(file.name)
        path = "/".join((*folders, name))
        key = first = _key((path,))
        while key in taken:
            numbers[first] = numbers.get(first, 1) + 1
            path = "/".join((*folders, numbered_name(name, numbers[first])))
            key = _key((path,))
        taken.add(key)
        yield Entry(path, file.sha256, file.size_bytes, file.modified)


def _folders(files: Iterable[Filed]) -> set[tuple[str, ...]]:
    return {file.folders for file in files}


def _key(path: Sequence[str]) -> str:
    text = "/".join(path)
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
