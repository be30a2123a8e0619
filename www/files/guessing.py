"""A brake for whoever tries names: the address of an unlisted file is all that keeps it.

A network that has asked for a hundred different files by wrong names gets no unlisted file for a
quarter of an hour, not even by its right name, so nobody learns which guess was right. One broken
link counts once, however often it is followed. Each process counts for itself, in memory. What
comes from this machine is not counted: behind a proxy that `server.trusted_proxies` does not name,
that is everybody.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final

from www.auth.throttle import network

if TYPE_CHECKING:
    from collections.abc import Callable

FREE: Final = 100
HELD_S: Final = 900.0
_MOST_NETWORKS: Final = 2000


@dataclass(slots=True)
class _Guesser:
    since: float
    asked: set[int] = field(default_factory=set)


class Guesses:
    """Wrong names of files by network, the most recent ones."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Count from now on, by a clock that shows seconds."""
        self._clock = clock
        self._guessers: OrderedDict[str, _Guesser] = OrderedDict()

    def __len__(self) -> int:
        """How many networks have asked for anything by a wrong name: mostly none."""
        return len(self._guessers)

    def count(self, address: str, id: int, name: str) -> None:
        """Note that this client's address asked for a file by a name that it does not have."""
        place = network(address)
        if not place or ip_network(place).is_loopback:
            return
        guesser = self._guessers.get(place)
        if guesser is None or self._is_over(guesser):
            guesser = self._guessers[place] = _Guesser(self._clock())
            if len(self._guessers) > _MOST_NETWORKS:
                self._guessers.popitem(last=False)
        self._guessers.move_to_end(place)
        if len(guesser.asked) < FREE:
            guesser.asked.add(hash((id, name)))
            if len(guesser.asked) == FREE:
                guesser.since = self._clock()

    def wait_s(self, address: str) -> float:
        """Return for how many seconds this address gets no file by its name alone; mostly 0."""
        guesser = self._guessers.get(network(address))
        if guesser is None or len(guesser.asked) < FREE or self._is_over(guesser):
            return 0.0
        return guesser.since + HELD_S - self._clock()

    def _is_over(self, guesser: _Guesser) -> bool:
        return self._clock() >= guesser.since + HELD_S
