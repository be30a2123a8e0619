"""Small files that were just sent, sent again: what was worked out is kept beside the row.

For every request the row is read and compared, undecoded, with the one that the answer came from.
Equal ones give the same answer, so a file that was closed, deleted, renamed or replaced, here or by
another process, is gone with that very change; nobody has to tell anybody. What differs from reader
to reader is not kept: private files, the owner's own pictures, ranges and conditions.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

from www import keys
from www.files import hot, http
from www.files.download import fixed
from www.models import Visibility
from www.ready import Kept, Ready

if TYPE_CHECKING:
    from aiohttp import web

    from www.db import StoredRow
    from www.files.download import Download
    from www.models import File
    from www.storage import Readable

_MOST: Final = 2048
"""Headers and rows, of about 3 kB a file."""


class Sent(NamedTuple):
    """What everybody gets for a file, as long as its row is `row`."""

    row: StoredRow[File]
    name: str
    but_for: int | None  # the owner, who gets another content
    kept: Kept
    storage: Readable
    sha256: str
    size_bytes: int


class SentFiles:
    """The files that were sent most recently, by their number."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._sent: OrderedDict[int, Sent] = OrderedDict()

    def find(self, id: int, row: StoredRow[File]) -> Sent | None:
        """Return what was sent for this very row."""
        sent = self._sent.get(id)
        if sent is None or sent.row != row:
            return None
        self._sent.move_to_end(id)
        return sent

    def keep(self, id: int, sent: Sent) -> None:
        """Keep it in place of what was sent for another row of this number."""
        self._sent[id] = sent
        self._sent.move_to_end(id)
        if len(self._sent) > self._most:
            self._sent.popitem(last=False)


async def answer(request: web.Request, id: int, row: StoredRow[File], name: str) -> Ready | None:
    """Return the answer that this address had the last time; None to work it out."""
    sent = request.app[keys.sent].find(id, row)
    if sent is None or sent.name != name or not http.asks_for_all(request.method, request.headers):
        return None
    user = request[keys.user]
    if user is not None and user.id == sent.but_for:
        return None
    content = await request.app[keys.hot].read(sent.storage, sent.sha256, sent.size_bytes)
    return Ready(sent.kept, content)


def keep(
    request: web.Request,
    file: File,
    row: StoredRow[File],
    storage: Readable,
    found: Download,
    *,
    but_for: int | None,
) -> None:
    """Keep what a file's answer is made of for the next time, if it is small and not private."""
    settings = request.app[keys.settings]
    if (
        file.visibility is Visibility.PRIVATE
        or found.size_bytes > hot.MAX_CONTENT_BYTES
        or settings.limits.download_bytes_per_s
    ):
        return
    validators, lines = fixed(found)
    kept = Kept(lines | validators.headers)
    name, sha256, size_bytes = found.name, found.sha256, found.size_bytes
    sent = Sent(row, name, but_for, kept, storage, sha256, size_bytes)
    request.app[keys.sent].keep(file.id, sent)
