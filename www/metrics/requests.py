"""Requests by route, method and status, with the time that they took.

The labels are bounded: what meets no route is one route, and what is no method of HTTP one method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from prometheus_client import Gauge, Histogram

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Requests:
    """Counts what was answered; `open` is what is being answered now."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._histogram = Histogram(
            "www_http_request_seconds",
            "Time until the handler was done, which for a download is the last byte.",
            ("route", "method", "status"),
            buckets=BOUNDS_S,
            registry=registry,
        )
        # `labels()` costs 1.5 us with its lock and its checks.
        self._children: dict[tuple[str, str, int], Any] = {}
        self.open = 0
        gauge = Gauge("www_http_requests_open", "Requests being answered.", registry=registry)
        gauge.set_function(lambda: self.open)

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request."""
        child = self._children.get((route, method, status))
        if child is None:
            known = method if method in METHODS else "other"
            child = self._histogram.labels(route, known, str(status))
            if known == method:  # else anybody could fill the memory with names
                self._children[route, method, status] = child
        child.observe(seconds)
