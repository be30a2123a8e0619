"""ReplicaReads: the verbs that read, on copies of the database that may be a little behind."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from www.db import seen
from www.db.errors import StatementError
from www.db.verbs import Verbs

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from www.db.compile import Dialect
    from www.db.drivers.base import Driver, Params, Result, Row, Soon
    from www.db.seen import Observer

ONLY_READS = "a replica cannot change anything: use the engine itself"


class ReplicaReads(Verbs):
    """Reads for which it does not matter that the newest changes may be missing."""

    def __init__(
        self, driver: Driver, dialect: Dialect, observers: list[Observer], after: int
    ) -> None:
        """Take the engine's driver; copies that have not come to `after` are passed by."""
        self.dialect = dialect
        self.observers = observers
        self._driver = driver
        self._after = after

    def _read(self, sql: str, params: Params) -> Soon[list[Row]]:
        run = partial(self._driver.read_copy, after=self._after)
        return seen.read(self.observers, sql, params, run) if self.observers else run(sql, params)

    def _write(self, sql: str, params: Params, *, short: bool) -> Soon[Result]:  # noqa: ARG002
        raise StatementError(ONLY_READS)

    def _stream(self, sql: str, params: Params, chunk: int) -> AsyncGenerator[list[Row], None]:
        return self._driver.stream_copy(sql, params, chunk, self._after)
