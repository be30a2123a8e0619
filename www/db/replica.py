"""ReplicaReads: the verbs that read, on copies of the database that may be a little behind."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from www.db.errors import StatementError
from www.db.verbs import Verbs

if TYPE_CHECKING:
    from www.db.compile import Compiled, Dialect
    from www.db.connection import Observer
    from www.db.drivers.base import Driver, Result, Row


class ReplicaReads(Verbs):
    """Reads for which it does not matter that the newest changes may be missing."""

    def __init__(
        self, driver: Driver, dialect: Dialect, observers: list[Observer], after: int
    ) -> None:
        """Take the engine's driver; copies that have not come to `after` are passed by."""
        self.dialect = dialect
        self._driver = driver
        self._observers = observers
        self._after = after

    async def _read(self, compiled: Compiled) -> list[Row]:
        started = perf_counter()
        try:
            return await self._driver.read_copy(compiled.text, compiled.params, self._after)
        finally:
            for observer in self._observers:
                observer(compiled.text, perf_counter() - started)

    async def _write(self, compiled: Compiled, *, short: bool) -> Result:  # noqa: ARG002
        raise StatementError("a replica cannot change anything: use the engine itself")
