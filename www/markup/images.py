"""Pictures of this site in a post: in the sizes that there are, in their place before they come."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from www.markup.base import Pictures
from www.markup.frames import start_tag

CLASSES: Final = frozenset(
    {"likeness"}
    | {f"{axis}{step}" for axis, steps in (("l", 4), ("a", 7), ("b", 7)) for step in range(steps)}
    | {f"c{cell}-{step}" for cell in range(6) for step in range(4)}
)
"""The classes that a likeness is put together from: www/pictures/placeholder.py."""
# The text is as wide as its column, or as a small screen without its margins.
SIZES: Final = "(min-width: 42rem) 39rem, 92vw"
_ADDRESS: Final = re.compile(r"/files/([1-9][0-9]{0,17})/([^?#]+)")
_FALLBACK: Final = "image/webp"


def refused(source: str, pictures: Pictures) -> str | None:
    """Return the name of a picture that no page shows, None for any other."""
    address = _ADDRESS.match(source)
    if address is None:
        return None
    name = unquote(address[2])
    found = pictures.get((int(address[1]), name))
    return name if found is not None and not found.width else None


def tags(source: str, alt: str, title: str | None, pictures: Pictures) -> str:
    """Return the tags of the picture at `source`, an address of this site."""
    attributes: dict[str, str | None] = {"src": source, "alt": alt, "title": title}
    attributes |= {"loading": "lazy", "decoding": "async"}
    address = _ADDRESS.match(source)
    found = pictures.get((int(address[1]), unquote(address[2]))) if address else None
    if found is None:
        return start_tag("img", attributes)
    attributes |= {"width": str(found.width), "height": str(found.height)}
    attributes |= {"class": found.classes or None}
    if not found.sources:
        return start_tag("img", attributes)
    attributes |= {"srcset": found.sources[_FALLBACK], "sizes": SIZES}
    others = "".join(_source(kind, found.sources) for kind in found.sources if kind != _FALLBACK)
    return f"<picture>{others}{start_tag('img', attributes)}</picture>"


def _source(kind: str, sources: Mapping[str, str]) -> str:
    return start_tag("source", {"type": kind, "srcset": sources[kind], "sizes": SIZES})
