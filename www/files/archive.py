"""Many files as one zip that is made while it is sent: any size, flat memory, exact length.

The same files give the same bytes, so that a broken download goes on where it stopped. What a
content's checksum is, is learnt when it is first read and kept; with it the content can be skipped,
or sent by sendfile, without reading it.
"""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING, Final

from aiohttp import web
from isal import isal_zlib

from www import keys
from www.errors import NotFound, TooLarge, WwwError
from www.files import http
from www.files.download import ATTACHMENT_HEADERS, PreconditionFailed
from www.files.ranges import Part
from www.files.sending import STEP_BYTES, Pace, Sending
from www.i18n import N_
from www.utils import disposition
from www.utils.turns import turns

if TYPE_CHECKING:
    from www.files.metering import Meter
    from www.files.zipping import Archive, Checksums, Entry, Place
    from www.storage import Content, Readable

MAX_ENTRIES: Final = 100_000
"""More in one archive are refused; each takes about a kilobyte of memory while it is sent."""


async def respond(
    request: web.Request,
    storage: Readable,
    name: str,
    archive: Archive,
    *,
    meter: Meter | None = None,
) -> web.StreamResponse:
    """Answer with a zip called `name`; a GET may be resumed.

    Raises TooLarge, NotFound, PreconditionFailed, Unavailable, and what `meter`
    does.
    """
    require_few(len(archive.places))
    decision = _decide(request, archive)
    if decision.status == 412:
        raise PreconditionFailed
    headers = {**ATTACHMENT_HEADERS, **decision.headers}
    if decision.status in {304, 416}:
        return web.Response(status=decision.status, headers=headers)
    # Where the storage is away that becomes a page, and not a broken file.
    if not all([await storage.exists(sha256) for sha256 in _first_content(archive)]):
        raise NotFound
    headers["Content-Type"] = "application/zip"
    headers["Content-Disposition"] = disposition.build("attachment", name)
    answer = web.StreamResponse(status=decision.status, headers=headers)
    [part] = decision.parts
    answer.content_length = part.length
    pace = Pace.of(request, request.app[keys.settings].limits.download_bytes_per_s)
    sending = Sending(request, answer, pace)
    if request.method == "HEAD":
        await sending.start()
        await sending.end()
        return answer
    if meter is not None:
        await meter.begin(decision, archive.size_bytes)
    window = _Window(sending, part)
    writer = _Writer(storage, archive, request.app[keys.checksums], window)
    try:
        await sending.start()
        await writer.run()
        await sending.end()
    finally:
        if meter is not None:
            await meter.end(sending.sent_bytes)
    return answer


def require_few(files: int) -> None:
    """Raise TooLarge for more files than one archive holds."""
    if files > MAX_ENTRIES:
        text = N_("These are %(found)s files; one archive holds at most %(max)s.")
        raise TooLarge(text, found=files, max=MAX_ENTRIES)


def _first_content(archive: Archive) -> list[str]:
    files = (place.entry for place in archive.places if not place.entry.is_folder)
    return [entry.sha256 for entry in islice(files, 1)]


def _decide(request: web.Request, archive: Archive) -> http.Decision:
    """Conditions and one range of a GET; a POST is answered anew each time."""
    # No date: which files there are can change without a newer file among them.
    validators = http.Validators(archive.size_bytes, archive.etag, None)
    if request.method == "POST":
        return http.Decision(200, (Part(0, archive.size_bytes),))
    decision = http.decide(request.method, request.headers, validators)
    if len(decision.parts) > 1:
        return http.decide(request.method, request.headers, validators, whole=True)
    return decision


class _Window:
    """The part of the archive that is wanted: what lies outside is not sent."""

    def __init__(self, sending: Sending, part: Part) -> None:
        self.at = 0
        self._sending = sending
        self._start, self.end = part.offset, part.offset + part.length
        self._held: list[bytes] = []
        self._held_bytes = 0

    def wants(self, size_bytes: int) -> bool:
        """Tell whether any of the next bytes is wanted."""
        return self.at < self.end and self.at + size_bytes > self._start

    def skip(self, size_bytes: int) -> None:
        """Pass over bytes of which none is wanted."""
        self.at += size_bytes

    async def write(self, data: bytes) -> None:
        """Send what is wanted of `data`, small pieces together."""
        wanted = data[max(0, self._start - self.at) : max(0, self.end - self.at)]
        self.at += len(data)
        if wanted:
            self._held.append(wanted)
            self._held_bytes += len(wanted)
        if self._held_bytes >= STEP_BYTES:
            await self.flush()

    async def send(self, content: Content, size_bytes: int) -> None:
        """Send what is wanted of the first `size_bytes` of `content`."""
        await self.flush()
        first = min(max(0, self._start - self.at), size_bytes)
        last = min(max(first, self.end - self.at), size_bytes)
        self.at += size_bytes
        if first < last:
            await self._sending.send(content, first, last - first)

    async def flush(self) -> None:
        """Send what was held back."""
        data, self._held, self._held_bytes = b"".join(self._held), [], 0
        if data:
            await self._sending.write(data)


class _Writer:
    """Writes an archive into a window."""

    def __init__(
        self, storage: Readable, archive: Archive, checksums: Checksums, window: _Window
    ) -> None:
        self._storage, self._archive = storage, archive
        self._checksums, self._window = checksums, window
        self._known: dict[str, int] = {}  # of this archive: the shared ones may be forgotten

    async def run(self) -> None:
        """Send everything that is wanted. Raises ConnectionError where a content is lost."""
        async for place in turns(self._archive.places):
            if self._window.wants(place.end - place.offset):
                await self._entry(place)
            else:
                self._window.skip(place.end - place.offset)
        if self._window.at < self._window.end:
            await self._learn_rest()
            async for line in turns(self._archive.directory(self._known)):
                await self._window.write(line)
        await self._window.flush()

    async def _entry(self, place: Place) -> None:
        entry, window = place.entry, self._window
        await window.write(place.header)
        if entry.is_folder:
            return
        checksum = self._checksums.get(entry.sha256)
        if checksum is None:
            checksum = await self._read(entry, send=True)
        elif window.wants(entry.size_bytes):
            content = await self._open(entry)
            try:
                await self._piece(content, entry)
            finally:
                content.close()
        else:
            window.skip(entry.size_bytes)
        self._known[entry.sha256] = checksum
        await window.write(self._archive.descriptor(entry, checksum))

    async def _piece(self, content: Content, entry: Entry) -> None:
        if entry.size_bytes > STEP_BYTES:
            await self._window.send(content, entry.size_bytes)
        else:
            await self._window.write(await _whole(content, 0, entry.size_bytes))

    async def _read(self, entry: Entry, *, send: bool) -> int:
        """Read a content for its checksum, and send what is wanted of it."""
        checksum, at = 0, 0
        content = await self._open(entry)
        try:
            while at < entry.size_bytes:
                chunk = await _whole(content, at, min(STEP_BYTES, entry.size_bytes - at))
                checksum = isal_zlib.crc32(chunk, checksum)
                at += len(chunk)
                if send:
                    await self._window.write(chunk)
                await asyncio.sleep(0)  # what is in memory makes nobody wait: others want a turn
        finally:
            content.close()
        self._checksums.keep(entry.sha256, checksum)
        return checksum

    async def _learn_rest(self) -> None:
        """Learn the checksums of what was passed over: the directory holds all."""
        async for place in turns(self._archive.places):
            entry = place.entry
            if entry.is_folder or entry.sha256 in self._known:
                continue
            checksum = self._checksums.get(entry.sha256)
            if checksum is None:
                checksum = await self._read(entry, send=False)
            self._known[entry.sha256] = checksum

    async def _open(self, entry: Entry) -> Content:
        try:
            return await self._storage.open(entry.sha256)
        except WwwError as err:
            # The length is promised: only a closed connection tells that this is less.
            raise ConnectionResetError("a file of the archive cannot be read") from err


async def _whole(content: Content, offset: int, size_bytes: int) -> bytes:
    chunk = await content.pread(offset, size_bytes)
    if len(chunk) < size_bytes:
        raise ConnectionResetError("the stored content is shorter than its row says")
    return chunk
