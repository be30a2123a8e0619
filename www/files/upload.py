"""The way in: a form with files becomes stored contents, with flat memory whatever the size.

Nothing is committed before the last boundary has been read and every bound was kept: a broken or
refused upload leaves nothing behind. The caller writes the rows afterwards, and withdraws the
contents if that fails; after a crash in between the storage's sweep removes them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from www.bodies import TooLong
from www.bodies.multipart import Data, Malformed, Part, Scanner, TooMany, boundary_of
from www.errors import BadRequest, Invalid, QuotaExceeded, TooLarge, UnsupportedType
from www.files import types
from www.files.space import no_room, too_large, written
from www.i18n import N_
from www.utils.names import file_name, safe_name

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from www.bodies import Bodies
    from www.storage import Incoming, Storage

FIELD: Final = "file"
MAX_FILES: Final = 100
# What boundaries, part headers and text fields may add to the bytes of the files.
_OVERHEAD_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one form may hold. Every open file costs a descriptor until the form is complete."""

    file_bytes: int
    quota_left_bytes: int
    quota_bytes: int
    files: int = MAX_FILES
    fields: int = 100
    field_bytes: int = 64 * 1024
    idle_s: float = 60.0

    @property
    def body_bytes(self) -> int:
        """The longest body that can keep all other bounds."""
        return min(self.files * self.file_bytes, self.quota_left_bytes) + _OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class Received:
    """A file whose content is stored and durable."""

    name: str
    content_type: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Form:
    """What came in."""

    files: list[Received]
    fields: dict[str, list[str]]
    _incoming: list[Incoming] = field(default_factory=list)

    async def withdraw(self) -> None:
        """Undo the storing of all files, because their rows could not be written."""
        await _all(incoming.withdraw() for incoming in self._incoming)

    def settle(self) -> None:
        """Say that the rows of all files are committed."""
        for incoming in self._incoming:
            incoming.settle()


async def receive(
    request: web.Request,
    bodies: Bodies,
    storage: Storage,
    bounds: Bounds,
    take: Callable[[int], None] | None = None,
    *,
    texts: dict[str, list[str]] | None = None,
) -> Form:
    """Read a multipart/form-data request and store the files of its field `file`.

    `take` is called in a thread with every number of bytes before they are written, and may refuse
    them. `texts` gets the text fields as they come, also where the form is refused.

    Raises UnsupportedType, BadRequest (malformed or cut off), TooLarge, QuotaExceeded, Invalid
    (no file), StorageFull. What still comes after an early answer is read for 10 s and forgotten,
    so that a browser which is still sending shows our message and not a reset.
    """
    scanner = _scanner(request, bounds)
    intake = _Intake(scanner, storage, bounds, take, {} if texts is None else texts)
    try:
        await bodies.pour(
            request,
            intake.feed,
            max_bytes=bounds.body_bytes,
            idle_s=bounds.idle_s,
            last=intake.seal,
        )
        return await intake.commit()
    except TooLong as err:
        raise _too_long(request, bounds) from err
    except QuotaExceeded as err:
        raise _no_space(request, bounds) from err
    except Malformed as err:
        raise BadRequest(err.message) from err
    except TooMany as err:
        text = N_("A form may have at most %(files)s files, and %(fields)s other fields.")
        raise TooLarge(text, files=bounds.files, fields=bounds.fields) from err
    except (ConnectionError, web.RequestPayloadError) as err:
        # For the log only: whoever cut the connection does not read the answer.
        raise BadRequest(N_("The upload was cut off before its end.")) from err
    except TimeoutError as err:
        raise BadRequest(N_("The upload stalled and was given up.")) from err
    finally:
        await intake.abort()


def _scanner(request: web.Request, bounds: Bounds) -> Scanner:
    # aiohttp's `content_type` asks the standard library's parser of mails: a tenth of an upload.
    content_type = request.headers.get(hdrs.CONTENT_TYPE, "")
    if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
        raise UnsupportedType(N_("Files are sent as a form: multipart/form-data."))
    # The gate says the same for the whole site; a few kB could become terabytes.
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedType(N_("Compressed uploads are not accepted here."))
    try:
        boundary = boundary_of(content_type)
    except Malformed as err:
        raise BadRequest(err.message) from err
    return Scanner(boundary, max_parts=bounds.files + bounds.fields)


def _too_long(request: web.Request, bounds: Bounds) -> TooLarge:
    if bounds.quota_left_bytes < bounds.files * bounds.file_bytes:
        return _no_space(request, bounds)
    text = N_("This is too large: at most %(limit)s are allowed.")
    return TooLarge(text, limit=written(bounds.body_bytes))


def _no_space(request: web.Request, bounds: Bounds) -> QuotaExceeded:
    """Whoever is told about the quota alone would make space for a file that is too large."""
    size_bytes, left_bytes = request.content_length, bounds.quota_left_bytes
    if (size_bytes or 0) <= bounds.file_bytes:
        return no_room(size_bytes, left_bytes, bounds.quota_bytes)
    text = N_("A file may have at most %(limit)s, and you have %(left)s left.")
    return QuotaExceeded(text, limit=written(bounds.file_bytes), left=written(left_bytes))


@dataclass(slots=True)
class _File:
    """A file while it comes in."""

    name: str
    incoming: Incoming
    size_bytes: int = 0
    head: bytes = b""


@dataclass(slots=True)
class _Intake:
    """Takes the bytes of the form, and holds every file until all are complete."""

    scanner: Scanner
    storage: Storage
    bounds: Bounds
    take_bytes: Callable[[int], None] | None = None
    texts: dict[str, list[str]] = field(default_factory=dict)
    files: list[_File] = field(default_factory=list)
    total_bytes: int = 0
    _complete: bool = False
    _field: str = ""
    _text: bytearray | None = None  # of the current part, where it is a text field
    _unnamed: bool = False  # the current part is what a browser sends when nothing was chosen

    def feed(self, buffer: bytes | bytearray, size_bytes: int) -> None:
        """Store or keep the first `size_bytes` of the buffer; called in threads, in order."""
        for event in self.scanner.feed(buffer, size_bytes):
            if isinstance(event, Data):
                self._data(event.chunk)
            elif isinstance(event, Part):
                self._begin(event)
            elif self._text is not None:
                self._keep_text(bytes(self._text))

    def seal(self) -> None:
        """Make all files durable, as far as that takes nothing but this thread."""
        self.scanner.close()
        for file in self.files:
            file.incoming.seal()

    async def commit(self) -> Form:
        """Make all files durable. Raises Invalid when there are none."""
        if not self.files:
            raise Invalid({FIELD: [N_("Please choose a file.")]})
        received = []
        for file in self.files:
            stored = await file.incoming.commit()
            content_type = types.detect(file.head, file.name)
            received.append(Received(file.name, content_type, stored.sha256, stored.size_bytes))
        self._complete = True
        return Form(received, self.texts, [file.incoming for file in self.files])

    async def abort(self) -> None:
        """Leave nothing behind, unless everything was committed."""
        if self._complete:
            return
        await _all(self._end(file.incoming) for file in self.files)

    async def _end(self, incoming: Incoming) -> None:
        await incoming.abort()
        if not self._complete:
            await incoming.withdraw()

    def _begin(self, part: Part) -> None:
        self._field = part.name
        self._text = bytearray() if part.filename is None else None
        self._unnamed = part.filename == ""
        if part.filename:
            self._begin_file(part.filename)

    def _begin_file(self, filename: str) -> None:
        if self._field != FIELD:
            raise BadRequest(N_("Files are expected in the field “%(field)s”."), field=FIELD)
        if len(self.files) >= self.bounds.files:
            raise TooMany
        self.files.append(_File(file_name(filename), self.storage.start()))

    def _data(self, chunk: memoryview) -> None:
        if self._unnamed:  # something was chosen after all, and has no name
            self._unnamed = False
            self._begin_file("")
        if self._text is None:
            self._write(self.files[-1], chunk)
            return
        self._text += chunk
        if len(self._text) > self.bounds.field_bytes:
            raise TooLarge(
                N_("The field “%(field)s” of the form is too long."), field=self._shown_field
            )

    def _write(self, file: _File, chunk: memoryview) -> None:
        file.size_bytes += len(chunk)
        self.total_bytes += len(chunk)
        if file.size_bytes > self.bounds.file_bytes:
            raise too_large(file.name, self.bounds.file_bytes)
        if self.total_bytes > self.bounds.quota_left_bytes:
            raise QuotaExceeded
        if self.take_bytes is not None:
            self.take_bytes(len(chunk))
        if len(file.head) < types.HEAD_BYTES:
            file.head += bytes(chunk[: types.HEAD_BYTES - len(file.head)])
        file.incoming.feed(chunk)

    @property
    def _shown_field(self) -> str:
        return safe_name(self._field[:100])

    def _keep_text(self, text: bytes) -> None:
        try:
            self.texts.setdefault(self._field, []).append(text.decode())
        except UnicodeDecodeError as err:
            raise BadRequest(
                N_("The field “%(field)s” of the form is not valid UTF-8."), field=self._shown_field
            ) from err
        self._text = None


async def _all(endings: Iterable[Coroutine[None, None, None]]) -> None:
    """Do all of them, whichever fails and though we are cancelled; raise the first error then."""
    ending = asyncio.gather(*endings, return_exceptions=True)
    for error in filter(None, await asyncio.shield(ending)):
        raise error
