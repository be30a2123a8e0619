"""How a list's address says which part of it is meant; the front page uses it too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from www import keys
from www.blogs.queries import Slice
from www.requests import cursor

if TYPE_CHECKING:
    from aiohttp import web


def part_of(request: web.Request) -> Slice:
    """Return what `?before=` asks for, as many rows as the settings want."""
    size = request.app[keys.settings].site.posts_per_page
    return Slice(cursor(request), size)
