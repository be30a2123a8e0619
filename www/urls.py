"""Addresses by the names of routes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from aiohttp import web


class Urls:
    """Addresses by route name: `urls("blogs.detail", id=1, slug="x")`.

    aiohttp's own `url_for` leaves a slash inside a value as it is, and so misses the route.
    """

    def __init__(self, router: web.UrlDispatcher) -> None:
        """Read the patterns of all named routes."""
        self._patterns = {
            name: info.get("formatter") or info["path"].replace("{", "{{").replace("}", "}}")
            for name, resource in router.named_resources().items()
            if (info := resource.get_info())
        }

    def __call__(self, name: str, /, **params: object) -> str:
        """Return the path; raises KeyError for an unknown name or a missing parameter."""
        quoted = {key: quote(str(value), safe="@:~") for key, value in params.items()}
        return self._patterns[name].format_map(quoted)
