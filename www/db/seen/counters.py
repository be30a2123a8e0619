"""Figures per statement: how often, how long, how many rows, how many errors.

Kept by shape: lists of values count as one, whatever their length. The number of shapes is bounded;
where there are too many, a quarter of them, the least used, falls into one called "other". Counting
costs about 0.3 us a statement (bench/orm_seen.py), so it is written for that and not for beauty.
"""

from __future__ import annotations

import re
from asyncio import CancelledError
from bisect import bisect_left
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from www.db.drivers.base import went_to_thread
from www.db.seen import COMMANDS

if TYPE_CHECKING:
    from www.db.drivers.base import Params
    from www.db.seen import Observer

BOUNDS_S: Final = (
    0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025,
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
)  # fmt: skip
"""The histogram's upper bounds, in seconds; what took longer is in one more."""
OTHER: Final = "other"
SHAPES_MOST: Final = 200
TEXTS_MOST: Final = 2_000
_FIRST_S: Final = BOUNDS_S[0]
_LOOK_FROM_S: Final = 0.0005
"""What is quicker went to no thread, and its exact time is of no interest to `slowest_s`."""

_VERBS: Final = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", *COMMANDS})
_VALUE: Final = r"(?:\?|\$\d+(?:::[\w\[\]]+(?: [A-Z]+)*)?)"
_LIST: Final = re.compile(rf"\({_VALUE}(?:, {_VALUE})+\)")
_ROWS: Final = re.compile(r"\(…\)(?:, \(…\))+")
_COLUMNS: Final = re.compile(r"^SELECT .{24,}? FROM ")
_NUMBERED: Final = re.compile(r"\$\d+(?:::[\w\[\]]+(?: [A-Z]+)*)?")


class Figures:
    """The figures of one shape of statements; `buckets` belong to `BOUNDS_S`."""

    __slots__ = (
        "buckets", "cancelled", "errors", "fingerprint", "on_thread",
        "rows", "seconds", "slow_s", "sql",
    )  # fmt: skip

    def __init__(self, sql: str) -> None:
        """Start at nothing; `sql` is the shape."""
        self.sql = sql
        self.fingerprint = OTHER if sql == OTHER else sha256(sql.encode()).hexdigest()[:8]
        self.seconds = self.slow_s = 0.0
        self.rows = self.errors = self.cancelled = self.on_thread = 0
        self.buckets = [0] * (len(BOUNDS_S) + 1)

    @property
    def verb(self) -> str:
        """The first word, if it is one that statements begin with."""
        word = self.sql.split(" ", 1)[0].upper()
        return word if word in _VERBS else OTHER

    def brief(self, chars: int) -> str:
        """Return the beginning of the text, without quotes and without a long list of columns."""
        text = _COLUMNS.sub("SELECT … FROM ", self.sql.replace('"', ""))
        return text if len(text) <= chars else f"{text[: chars - 1]}…"

    @property
    def calls(self) -> int:
        """How often it ran, with errors and without."""
        return sum(self.buckets)

    @property
    def mean_s(self) -> float:
        """The average time."""
        return self.seconds / max(self.calls, 1)

    @property
    def slowest_s(self) -> float:
        """The longest time; below half a millisecond rounded up to a bound of the histogram."""
        if self.slow_s:
            return self.slow_s
        quick = zip(BOUNDS_S, self.buckets, strict=False)
        return max((bound for bound, count in quick if count), default=0.0)

    def percentile_s(self, part: float) -> float:
        """Return the bound of the histogram below which `part` (0 to 1) of the times lie."""
        left = part * self.calls
        for bound, count in zip(BOUNDS_S, self.buckets, strict=False):
            left -= count
            if left <= 0:
                return min(bound, self.slowest_s)
        return self.slowest_s

    def add(self, other: Figures) -> None:
        """Add another's figures."""
        self.seconds += other.seconds
        self.slow_s = max(self.slow_s, other.slow_s)
        self.rows += other.rows
        self.errors += other.errors
        self.cancelled += other.cancelled
        self.on_thread += other.on_thread
        self.buckets = [a + b for a, b in zip(self.buckets, other.buckets, strict=True)]


class Counters:
    """The figures of an engine's statements: `engine.observers.append(counters.observe)`."""

    def __init__(self, most: int = SHAPES_MOST, slow: Observer | None = None) -> None:
        """Keep at most `most` shapes apart, and "other".

        `slow` is told of what took more than half a millisecond: a log of slow statements costs
        nothing here, and 0.1 us a statement as an observer of its own.
        """
        self._slow = slow
        self.since = datetime.now(UTC)
        self._most = max(most, 4)
        self._by_text: dict[str, Figures] = {}
        self._by_shape: dict[str, Figures] = {}
        self._other = Figures(OTHER)
        self._dropped: dict[str, Figures] = {}
        self.observe: Observer = self._observer()

    def all(self) -> list[Figures]:
        """Return the figures of every shape; "other" comes last, if anything fell into it."""
        found = list(self._by_shape.values())
        return [*found, self._other] if self._other.calls else found

    def by_verb(self) -> dict[str, Figures]:
        """Return the figures of all statements by their first word, such as SELECT."""
        found: dict[str, Figures] = {}
        for verb, figures in list(self._dropped.items()):  # a thread may ask: see /metrics
            found.setdefault(verb, Figures(verb)).add(figures)
        for figures in list(self._by_shape.values()):
            found.setdefault(figures.verb, Figures(figures.verb)).add(figures)
        return found

    def reset(self) -> None:
        """Start again at nothing."""
        self.since = datetime.now(UTC)
        self._by_text.clear()
        self._by_shape.clear()
        self._dropped.clear()
        self._other = Figures(OTHER)

    def _observer(self) -> Observer:
        # A closure: attributes of self would cost a third more.
        by_text, new, slow = self._by_text, self._figures, self._slow

        def observe(  # noqa: PLR0917  as observers are called
            sql: str,
            params: Params,
            started: float,
            seconds: float,
            rows: int,
            error: BaseException | None,
        ) -> None:
            try:
                figures = by_text[sql]
            except KeyError:
                figures = by_text[sql] = new(sql)
            figures.seconds += seconds
            figures.rows += rows
            if seconds <= _FIRST_S:  # as most are on SQLite; bisect costs 0.07 us
                figures.buckets[0] += 1
            else:
                figures.buckets[bisect_left(BOUNDS_S, seconds)] += 1
                if seconds > _LOOK_FROM_S:
                    _look_closer(figures, started, seconds)
                    if slow is not None:
                        slow(sql, params, started, seconds, rows, error)
            if error is not None:
                _note_error(figures, error)

        return observe

    def _figures(self, sql: str) -> Figures:
        shape = shape_of(sql)
        if len(self._by_text) >= TEXTS_MOST:
            self._by_text.clear()
        figures = self._by_shape.get(shape)
        if figures is None:
            if len(self._by_shape) >= self._most:
                self._drop_least_used()
            figures = self._by_shape[shape] = Figures(shape)
        return figures

    def _drop_least_used(self) -> None:
        by_use = sorted(self._by_shape.values(), key=lambda figures: figures.calls)
        for figures in by_use[: self._most // 4]:
            self._other.add(figures)
            self._dropped.setdefault(figures.verb, Figures(figures.verb)).add(figures)
            del self._by_shape[figures.sql]
        self._by_text.clear()


def _look_closer(figures: Figures, started: float, seconds: float) -> None:
    figures.slow_s = max(figures.slow_s, seconds)
    figures.on_thread += went_to_thread(started)


def _note_error(figures: Figures, error: BaseException) -> None:
    if isinstance(error, CancelledError | GeneratorExit):
        figures.cancelled += 1
    else:
        figures.errors += 1


def shape_of(sql: str) -> str:
    """Return `sql` with lists of values, and lists of such lists, written as `(…)`."""
    if "?, ?" in sql or "$2" in sql:
        sql = _ROWS.sub("(…)", _LIST.sub("(…)", sql))
        # Behind a list the numbers differ with its length.
        sql = _NUMBERED.sub("$", sql) if "(…)" in sql else sql
    return sql
