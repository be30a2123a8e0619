"""Which bytes of an original are metadata: where it was taken, by whom, with what, and previews.

The pixels are not touched and nothing is encoded again. Kept is what says how the picture must be
shown: its orientation (written anew, alone), colour profiles, transparency, animation. Each format
has one walk over its parts, by an allow-list: what is not known to be needed goes, and so does
everything behind the end. The walks run in a worker, because they read hostile bytes; they read
what they need and hold none of the picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from www.pictures.cleaning import heif, jpeg, png, webp
from www.pictures.cleaning.source import NotUnderstoodError, Plan, Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from www.pictures.pieces import Written

_WALKS: Final[dict[str, Callable[[Source, Plan], None]]] = {
    "image/jpeg": jpeg.walk,
    "image/png": png.walk,
    "image/webp": webp.walk,
    "image/avif": heif.walk,
    "image/heic": heif.walk,
    "image/heif": heif.walk,
}
KINDS: Final = frozenset(_WALKS)
"""Content types of what is cleaned. GIF has no place for coordinates; films are not read here."""


def plan(fd: int, kind: str) -> list[Written] | None:
    """Return the clean file in pieces, None where the original holds nothing to remove.

    What is not understood stays as it is, unless metadata can be seen in it: then the file ends
    there (a HEIF is emptied of everything, for its parts lie anywhere).
    """
    source = Source(fd)
    found = Plan(source)
    try:
        _WALKS[kind](source, found)
    except NotUnderstoodError:
        if not source.shows_metadata(found.at):
            found.keep(found.at, source.size_bytes - found.at)
    return found.pieces()
