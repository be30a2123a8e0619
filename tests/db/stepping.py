"""Runs a coroutine and cancels its task at the k-th of its awaits, in each of three ways."""

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any

WAYS = ("at once", "with the answer", "twice")


class Stepped:
    """Awaits `work` and cancels whoever does so at the await number `step`.

    "at once": when it begins to wait. "with the answer": when what it waits for is there, but it
    has not heard of it yet. "twice": at once, and again while it cleans up.
    """

    def __init__(self, work: Coroutine[Any, Any, Any], step: int, way: str) -> None:
        self._work, self._step, self._way = work, step, way
        self.steps = 0
        self.fired = False

    async def run(self) -> Any:
        return await self._driven()

    @types.coroutine
    def _driven(self) -> Generator[Any, Any, Any]:
        task = asyncio.current_task()
        assert task is not None
        resume, value = self._work.send, None
        while True:
            try:
                waits_for = resume(value)
            except StopIteration as done:
                return done.value
            self.steps += 1
            if self.steps == self._step:
                self._fire(task, waits_for)
            elif self._way == "twice" and self.steps == self._step + 1:
                task.cancel()
            try:
                value, resume = (yield waits_for), self._work.send
            except BaseException as err:  # noqa: BLE001 - the coroutine decides
                value, resume = err, self._work.throw

    def _fire(self, task: asyncio.Task[Any], waits_for: Any) -> None:
        self.fired = True
        if waits_for is None or self._way != "with the answer":
            task.cancel()
        else:  # called before the task's own callback, which stands behind it
            waits_for.add_done_callback(lambda _: task.cancel())


async def outcome(work: Coroutine[Any, Any, Any] | asyncio.Task[Any]) -> Any:
    """Wait for `work` and return what came of it, be it an error."""
    results: Any = await asyncio.gather(work, return_exceptions=True)
    return results[0]
