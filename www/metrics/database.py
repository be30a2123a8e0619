"""The database's part of /metrics: statements by shape, and what the driver is doing.

The statements' figures are kept by the data layer (`www.db.seen.counters`), which bounds how many
there are; here they only get their names. A statement's label is the hash of its text, stable from
start to start, with the text's beginning beside it for people.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)

from www.db.seen.counters import BOUNDS_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prometheus_client.metrics_core import Metric

    from www.db import Engine
    from www.db.drivers.base import Activity
    from www.db.seen.counters import Counters, Figures

TEXT_CHARS: Final = 80
SHOWN_S: Final = (0.0001, 0.0005, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5)
"""The bounds that leave the house: a line each for every statement."""
_PLACES: Final = [BOUNDS_S.index(bound) for bound in SHOWN_S]
_GROUPS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_LABELS: Final = ("statement", "text")
_COUNTS: Final = {
    "rows": "Rows that came back or were changed, by statement.",
    "errors": "Statements that the database refused or that broke off.",
    "cancelled": "Statements whose task was cancelled.",
}


class DatabaseCollector:
    """Asked by the registry whenever somebody reads /metrics."""

    def __init__(self, engine: Engine, counters: Counters) -> None:
        self._engine = engine
        self._counters = counters

    def collect(self) -> Iterator[Metric]:
        """Yield all families."""
        statements = self._counters.all()
        yield _times(statements)
        for name, about in _COUNTS.items():
            family = CounterMetricFamily(f"www_db_statement_{name}", about, labels=_LABELS)
            for figures in statements:
                family.add_metric(_labels(figures), getattr(figures, name))
            yield family
        yield self._by_place()
        yield from _doings(self._engine.driver.activity())

    def _by_place(self) -> Metric:
        """All statements; SQLite runs them on the loop's thread if it can."""
        about = "Statements by first word, and whether they went to a thread."
        family = CounterMetricFamily("www_db_statements", about, labels=("verb", "place"))
        here = "loop" if self._engine.dialect.name == "sqlite" else "server"
        for verb, figures in sorted(self._counters.by_verb().items()):
            family.add_metric((verb, here), figures.calls - figures.on_thread)
            if here == "loop":
                family.add_metric((verb, "thread"), figures.on_thread)
        return family


def _labels(figures: Figures) -> tuple[str, str]:
    return figures.fingerprint, figures.brief(TEXT_CHARS)


def _times(statements: Sequence[Figures]) -> Metric:
    about = "Time of statements, as the program waited for it."
    family = HistogramMetricFamily("www_db_statement_seconds", about, labels=_LABELS)
    for figures in statements:
        sums = list(accumulate(figures.buckets))
        buckets = [(str(bound), sums[at]) for bound, at in zip(SHOWN_S, _PLACES, strict=True)]
        family.add_metric(_labels(figures), [*buckets, ("+Inf", sums[-1])], figures.seconds)
    return family


def _doings(activity: Activity) -> Iterator[Metric]:
    for name, value in activity.now.items():
        text = f"{name.replace('_', ' ').capitalize()}, now."
        yield GaugeMetricFamily(f"www_db_{name}", text, value=value)
    for name, value in activity.ever.items():
        text = f"{name.replace('_', ' ').capitalize()}, since the start."
        yield CounterMetricFamily(f"www_db_{name}", text, value=value)
    if activity.group_sizes:
        yield _groups(activity.group_sizes)


def _groups(sizes: Sequence[int]) -> Metric:
    about = "How many single changes shared a commit."
    sums = list(accumulate(sizes))
    buckets = [(str(float(size)), sums[min(size, len(sums) - 1)]) for size in _GROUPS]
    changes = sum(size * count for size, count in enumerate(sizes))
    family = HistogramMetricFamily("www_db_group_commit_changes", about)
    family.add_metric((), [*buckets, ("+Inf", sums[-1])], changes)
    return family
