"""Which bytes of an original are metadata: where it was taken, by whom, with what, and previews.

The pixels are not touched and nothing is encoded again. Kept is what says how the picture must be
shown: its orientation (written anew, alone), colour profiles, transparency, animation. Each format
has one walk over its parts, by an allow-list: what is not known to be needed goes, and so does
everything behind the end. The walks run in a worker, because they read hostile bytes; they read
what they need and hold none of the picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from www.pictures.cleaning import film, gif, jpeg, png, tiff, webp
from www.pictures.cleaning.source import NotUnderstoodError, Plan, Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from www.pictures.pieces import Written

_WALKS: Final[dict[str, Callable[[Source, Plan], None]]] = {
    "image/jpeg": jpeg.walk,
    "image/png": png.walk,
    "image/webp": webp.walk,
    "image/gif": gif.walk,
    "image/tiff": tiff.walk,
    **dict.fromkeys(("image/avif", "image/heic", "image/heif"), film.walk),
    **dict.fromkeys(("video/mp4", "video/quicktime"), film.walk),
}
KINDS: Final = frozenset(_WALKS)
"""Content types of what is cleaned."""
FILMS: Final = frozenset({"video/mp4", "video/quicktime"})
"""Those that may be far larger than what is read of them."""
VERSION: Final = 2
"""Part of every cached plan and ETag: higher when the same original would become another file."""


def plan(fd: int, kind: str, *, is_whole: bool = True) -> list[Written] | None:
    """Return the clean file in pieces, None where the original holds nothing to remove.

    Of what is not whole only the outline is here, with zeros in place of pictures and sound.

    What is not understood at all stays as it is, unless metadata can be seen in it. What begins as
    its format says ends where it no longer does; where everything is addressed by its place, that
    is the beginning, and there are no pieces.
    """
    source = Source(fd)
    found = Plan(source, is_whole=is_whole)
    try:
        _WALKS[kind](source, found)
    except NotUnderstoodError:
        if found.rest_may_stay and not source.shows_metadata(found.at):
            found.keep(found.at, source.size_bytes - found.at)
    return found.pieces()
