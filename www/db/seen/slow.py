"""The log of slow statements: one line each, without a single value.

The same statement gets a line at most every so many seconds; the next line says how many were kept
back and how long the slowest of them took, so that a flood does not drown the log.
"""

from __future__ import annotations

import logging
from asyncio import CancelledError
from time import monotonic
from typing import TYPE_CHECKING, Final

from www.db.drivers.base import went_to_thread
from www.db.seen.counters import shape_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from www.db.drivers.base import Params

EVERY_S: Final = 10.0
SHAPES_MOST: Final = 500
CHARS_MOST: Final = 2_000
_log: Final = logging.getLogger("www.db.slow")


class SlowLog:
    """Writes a line for what takes `slow_s` seconds or longer: add `observe` to the observers.

    `origin` tells where the statement that has just ended came from, such as a request's id; its
    values stand beside the line for programs and at its end for people.
    """

    def __init__(
        self,
        slow_s: float,
        origin: Callable[[], Mapping[str, object]] = dict,
        *,
        every_s: float = EVERY_S,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Take the limit, and how often one statement may have a line."""
        self._slow_s = slow_s
        self._origin = origin
        self._every_s = every_s
        self._clock = clock
        self._quiet: dict[str, _Quiet] = {}

    def observe(  # noqa: PLR0917  as observers are called
        self,
        sql: str,
        params: Params,  # noqa: ARG002 - values are never written
        started: float,
        seconds: float,
        rows: int,
        error: BaseException | None,
    ) -> None:
        """Write a line if that was slow."""
        if seconds < self._slow_s:
            return
        shape, now = shape_of(sql), self._clock()
        quiet = self._quiet.get(shape)
        if quiet is not None and now < quiet.until:
            quiet.count += 1
            quiet.slowest_s = max(quiet.slowest_s, seconds)
            return
        if len(self._quiet) >= SHAPES_MOST:
            self._forget(now)
        self._quiet[shape] = _Quiet(now + self._every_s)
        self._write(shape, _how(started, seconds, rows, error), quiet, seconds)

    def _write(self, shape: str, how: str, quiet: _Quiet | None, seconds: float) -> None:
        fields: dict[str, object] = {"ms": round(seconds * 1000, 1), **self._origin()}
        if quiet is not None and quiet.count:
            more = f"{quiet.count} more since the last line"
            how += f"; {more}, up to {quiet.slowest_s * 1000:.0f} ms"
            fields["kept_back"] = quiet.count
        where = f" in {fields['route']}" if "route" in fields else ""
        text = f"{shape[:CHARS_MOST]}…" if len(shape) > CHARS_MOST else shape
        _log.warning("%s%s: %s", how, where, text, extra={"fields": fields})

    def _forget(self, now: float) -> None:
        """Let go of those that may have a line again anyway; of all, if they are too many."""
        self._quiet = {shape: q for shape, q in self._quiet.items() if q.until > now}
        if len(self._quiet) >= SHAPES_MOST:
            self._quiet.clear()


class _Quiet:
    """A statement that has had its line: until when, and what was kept back since."""

    __slots__ = ("count", "slowest_s", "until")

    def __init__(self, until: float) -> None:
        self.until = until
        self.count, self.slowest_s = 0, 0.0


def _how(started: float, seconds: float, rows: int, error: BaseException | None) -> str:
    how = f"slow statement, {seconds * 1000:.0f} ms, {rows} row{'' if rows == 1 else 's'}"
    if went_to_thread(started):
        how += ", on a thread"
    if isinstance(error, CancelledError | GeneratorExit):
        return how + ", cancelled"
    return how if error is None else f"{how}, {type(error).__name__}"
