"""Long work on the event loop, in steps so short that nobody waits for it.

A thread would not do: it holds the interpreter for five milliseconds at a time, each time that the
loop wants it back.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

_T = TypeVar("_T")

STEP_S: Final = 0.001


async def turns(items: Iterable[_T], *, step_s: float = STEP_S) -> AsyncIterator[_T]:
    """Yield the items, and let others have their turn whenever `step_s` seconds have passed.

    What the caller does between two items counts, and so does what makes them.
    """
    end = perf_counter() + step_s
    for item in items:
        yield item
        if perf_counter() > end:
            await asyncio.sleep(0)
            end = perf_counter() + step_s
