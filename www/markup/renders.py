"""Rendering beside the requests: in one thread, where people take turns.

Half of a render is Python and the other half keeps the interpreter lock, so a second thread would
not be quicker, and every thread holds up the loop: while 24 people previewed 400 kB over and over,
the front page took 0.8 s with threads for all, and takes 11 ms with one (0.3 s at worst). The
surprise: turns go from person to person, so that whoever sends many texts waits for them alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self, TypeVar

from www.errors import RateLimited, Unavailable
from www.i18n import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from www.markup.base import Renderer

T = TypeVar("T")

MAX_WAITING_CHARS: Final = 16_000_000  # 20 s of work
MAX_WAITING_CHARS_OF_ONE: Final = 2_000_000
_RETRY_AFTER_S: Final = 3


@dataclass(slots=True, eq=False)
class _Turn:
    """Somebody who waits; `come` is done when it is their turn."""

    come: asyncio.Future[None]
    chars: int
    preview: bool


class Renders:
    """The one way to a renderer in a running site: `async with` it, then `run`."""

    def __init__(self, renderer: Renderer) -> None:
        """Take what renders; its thread starts with the first text."""
        self._renderer = renderer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="markup")
        self._busy = False
        self._lines: dict[int, deque[_Turn]] = {}  # by person; none is empty

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._thread.shutdown(wait=True)

    async def run(
        self, work: Callable[[Renderer], T], *, person_id: int, chars: int, preview: bool = False
    ) -> T:
        """Do `work` on a text of `chars` characters in the thread, when it is this person's turn.

        A preview takes the place of an older one of the same person that still waits, which then
        raises RateLimited. So does a person of whom too much waits; Unavailable if all together
        are too much.
        """
        await self._turn(person_id, chars, preview=preview)
        try:
            return await asyncio.wrap_future(self._thread.submit(work, self._renderer))
        finally:
            self._pass_on()

    async def _turn(self, person_id: int, chars: int, *, preview: bool) -> None:
        if not self._busy:
            self._busy = True
            return
        turn = self._line_up(person_id, chars, preview=preview)
        try:
            await turn.come
        except asyncio.CancelledError:
            if turn.come.cancelled():
                self._leave(person_id, turn)
            elif turn.come.exception() is None:  # it had come already
                self._pass_on()
            raise

    def _line_up(self, person_id: int, chars: int, *, preview: bool) -> _Turn:
        line = self._lines.get(person_id, deque())
        turn = _Turn(asyncio.get_running_loop().create_future(), chars, preview)
        older = next((waiting for waiting in line if preview and waiting.preview), None)
        if older is not None:
            line[line.index(older)] = turn
            if not older.come.done():
                text = N_("A newer preview has taken the place of this one.")
                older.come.set_exception(RateLimited(_RETRY_AFTER_S, text))
            return turn
        if chars + _chars(line) > MAX_WAITING_CHARS_OF_ONE:
            text = N_("Several of your texts are still being worked on. Please try again soon.")
            raise RateLimited(_RETRY_AFTER_S, text)
        if chars + sum(map(_chars, self._lines.values())) > MAX_WAITING_CHARS:
            raise Unavailable
        line.append(turn)
        self._lines[person_id] = line
        return turn

    def _leave(self, person_id: int, turn: _Turn) -> None:
        line = self._lines.get(person_id, deque())
        if turn in line:
            line.remove(turn)
            if not line:
                del self._lines[person_id]

    def _pass_on(self) -> None:
        """Give the thread to the next person, who then goes to the end of the line of people."""
        while self._lines:
            person_id = next(iter(self._lines))
            line = self._lines.pop(person_id)
            turn = line.popleft()
            if line:
                self._lines[person_id] = line
            if not turn.come.done():
                turn.come.set_result(None)
                return
        self._busy = False


def _chars(line: Iterable[_Turn]) -> int:
    return sum(turn.chars for turn in line)
