"""What counts as a download of a share link.

Counted is an answer that sends content: 200 or 206, at the moment when the content is open and the
header has not gone out yet. HEAD, 304, 412, 416, pages and errors count nothing; where not one byte
of the content went out, because the storage failed after all, the download is given back.

Who was counted gets a cookie for this file (www/sharing/grants.py), and with it may **go on**:

- with pieces: `Range: bytes=5000-` of a download that is taken up again (curl -C, a browser), the
  segments of download managers, the jumps of a film's player, what a viewer of PDF looks up;
- with the whole from its beginning as long as not all of it was sent: a download that broke and is
  started anew, a browser that asks and hands the address on to a download manager. Players ask for
  the whole as a range, `bytes=0-`, also after they have asked for it otherwise or looked at its
  first bytes; so a range of a film or of sound is always a piece.

Everything else is the next download, and is counted. Each answer takes its length from what the
counted download may still fetch, at first twice the size of the content; what did not go out is
given back. So whoever goes on and on, or splits the file into pieces, gets no more than twice the
file in one download, and that only with the cookie of one browser. Clients that keep no cookie are
counted again for each request. An answer of up to 256 KiB, and one that the proxy in front sends
(X-Accel-Redirect), passes as sent, because nobody tells us how far it came.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from www import keys
from www.db import DatabaseError
from www.errors import Gone
from www.sharing import actions, grants, queries
from www.sharing.queries import State

if TYPE_CHECKING:
    from aiohttp import web

    from www.files.http import Decision
    from www.models import ShareLink

_log: Final = logging.getLogger("www.sharing")

_TIMES: Final = 2
"""How often one download may fetch the whole, in bytes."""


@dataclass(slots=True)
class Counting:
    """Counts one answer; a `Meter` of www/files/metering.py.

    `grant` names what is fetched, `path` is where the browser brings its cookie, and `plays` tells
    that players ask for it.
    """

    request: web.Request
    link: ShareLink
    grant: str
    path: str
    plays: bool = False
    _id: int | None = None
    _is_new: bool = False
    _taken: int = 0
    _unused: int = 0

    @property
    def is_strict(self) -> bool:
        """Whether nobody else may send it: a bucket's address can be used any number of times."""
        return self.link.downloads_left is not None

    async def begin(self, decision: Decision, size_bytes: int) -> None:
        """Count the answer, or let it go on with a counted download. Raises Gone."""
        now = datetime.now(UTC)
        self._taken = sum(part.length for part in decision.parts)
        # More than the whole is left only as long as some of it was not sent.
        again = _is_whole(decision, size_bytes) and not (self.plays and decision.status == 206)
        at_least = size_bytes + 1 if again else self._taken
        id = grants.download_id(self.request, self.link, self.grant, now)
        async with self.request.app[keys.engine].transaction() as conn:
            if id is not None and await actions.go_on(
                conn, self.link, id, self._taken, at_least=at_least, now=now
            ):
                self._id = id
                return
            if not await actions.count(conn, self.link, now=now):
                raise Gone(queries.WHY[State.USED_UP])
            self._unused = _TIMES * size_bytes - self._taken
            until = now + grants.DOWNLOAD_LIFETIME
            download = await actions.remember(conn, self.link, self._unused, until=until)
        self._id, self._is_new = download.id, True
        grants.give_download(
            self.request, self.link, self.grant, download.id, path=self.path, until=until
        )

    async def end(self, sent_bytes: int) -> None:
        """Give back what did not go out, and the download where that is all."""
        unsent = self._taken - sent_bytes
        if self._id is None or unsent <= 0:
            return
        tasks = self.request.app[keys.tasks]
        giving = asyncio.create_task(self._give_back(self._id, sent_bytes, unsent))
        tasks.add(giving)
        giving.add_done_callback(tasks.discard)
        await asyncio.shield(giving)  # for the request of a client that left may be cancelled

    async def _give_back(self, id: int, sent_bytes: int, unsent: int) -> None:
        nothing = self._is_new and not sent_bytes
        try:
            async with self.request.app[keys.engine].transaction() as conn:
                if not (nothing and await actions.uncount(conn, self.link, id, self._unused)):
                    await actions.give_back(conn, id, unsent)
        except DatabaseError as err:
            _log.warning("what was not sent could not be given back: %s", err)


def _is_whole(decision: Decision, size_bytes: int) -> bool:
    return any(part.offset == 0 and part.length == size_bytes for part in decision.parts)
