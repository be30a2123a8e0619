"""How a list's address says which part of it is meant; the front page uses it too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from www import keys
from www.blogs.queries import Slice
from www.requests import query_text

if TYPE_CHECKING:
    from aiohttp import web

_MAX_CURSOR: Final = 1000


def part_of(request: web.Request) -> Slice:
    """Return what `?before=` asks for; a cursor that no page has written is a 400 later."""
    size = request.app[keys.settings].site.posts_per_page
    return Slice(query_text(request, "before", _MAX_CURSOR) or None, size)
