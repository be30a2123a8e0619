"""The lane of short reads, on the loop's thread.

SQLite opens a read transaction for every statement and closes it again, which is two thirds of the
time of a read by key. Here the reads of one turn of the loop share one (`bench.orm`, test F: apsw
alone is slower). Nobody can tell, because no message from outside arrives within a turn:
it ends with the turn, and as soon as this process has committed something.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from www.db.drivers.sqlite.lane import Lane

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from www.db.drivers.base import Params, Row
    from www.db.drivers.sqlite.lane import Options

READS_MOST = 64  # of one turn, by all tasks together


class Quick(Lane):
    """Reads within the budget; the second read of a turn opens the transaction of the turn."""

    def __init__(self, options: Options, executor: Executor) -> None:
        """Open the connection; the running loop is the one whose turns count."""
        super().__init__(options, executor)
        self._call_soon = asyncio.get_running_loop().call_soon
        self._budget_s = options.loop_budget_s
        self._reads = 0  # of this turn
        self._reads_most = READS_MOST  # then the task that reads lets others go on
        self._waiting = 0  # tasks

    def find(self, sql: str, params: Params) -> list[Row]:
        """Return the rows, or raise Timeout when they take longer than the budget."""
        self._reads += 1
        if self._reads == 1:  # it is a transaction of its own
            self._call_soon(self._end_turn)
        elif self._reads == 2:
            self.rows("BEGIN", ())
        return self.rows(sql, params, self._budget_s)

    def close(self) -> None:
        """Close the connection; the turn, which may not have ended yet, has nothing to end."""
        self._reads = 0
        super().close()

    def has_read_enough(self) -> bool:
        """Tell whether the next read should let other tasks run first."""
        return self._reads >= self._reads_most

    async def next_turn(self) -> None:
        """Let other tasks run; then this one may read again, as often as each that waits."""
        self._waiting += 1
        try:
            await asyncio.sleep(0)
            self._reads_most = self._reads + max(1, READS_MOST // self._waiting)
        finally:
            self._waiting -= 1

    def refresh(self) -> None:
        """See from here on what has been committed meanwhile."""
        if self._reads > 1:
            self._reads = 1
            self.roll_back()

    def _end_turn(self) -> None:
        self.refresh()
        self._reads = 0
        self._reads_most = READS_MOST
