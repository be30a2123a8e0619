"""Files on their way to somebody: others than the owner get pictures without their metadata.

A photograph or a film tells where and when it was taken, and with whose camera. The owner gets the
original back; everybody else gets the same pixels without that, unless `storage.keep_metadata` is
set. The clean file is a content of its own, with a size and an ETag of its own: a download that
began before somebody signed in starts anew afterwards. It is read from pieces of the original, so
it takes no space, and cannot be handed over to a bucket or a proxy.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from www import keys
from www.errors import WwwError
from www.files import again
from www.files.download import Download, respond
from www.files.facts import is_refused
from www.i18n import N_
from www.pictures import cleaning
from www.pictures.pieces import Pieced, size_of
from www.utils.turns import turns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiohttp import web

    from www.db import StoredRow
    from www.files.metering import Meter
    from www.models import File
    from www.pictures.pieces import Written
    from www.storage import Content, Readable


class Uncleanable(WwwError):
    """What the file tells about its maker cannot be found, so nobody else gets it."""

    status = 422
    default = N_(
        "This file is damaged: what it tells about its maker cannot be removed, so only its owner "
        "gets it."
    )


class Cleaned:
    """A storage with clean files in it, each under a name of its own."""

    def __init__(self, storage: Readable) -> None:
        """Take the storage of the originals."""
        self._storage = storage
        self._clean: dict[str, tuple[str, Sequence[Written]]] = {}

    def add(self, sha256: str, kind: str, pieces: Sequence[Written]) -> tuple[str, int]:
        """Return the name and the size of a clean file."""
        name = hashlib.sha256(f"clean {cleaning.VERSION} {kind} {sha256}".encode()).hexdigest()
        self._clean[name] = (sha256, pieces)
        return name, size_of(pieces)

    async def open(self, sha256: str) -> Content:
        """Open a clean file or an original. Raises NotFound."""
        clean = self._clean.get(sha256)
        if clean is None:
            return await self._storage.open(sha256)
        original, pieces = clean
        return Pieced(await self._storage.open(original), pieces)

    async def exists(self, sha256: str) -> bool:
        """Tell whether the content is here."""
        return await self._storage.exists(self._clean.get(sha256, (sha256, ()))[0])

    def link(self, sha256: str, headers: Mapping[str, str]) -> str | None:
        """Return the address of an original; nobody else has the clean ones."""
        return None if sha256 in self._clean else self._storage.link(sha256, headers)


async def prepared(
    request: web.Request, files: Sequence[File]
) -> tuple[Readable, list[tuple[str, int]]]:
    """Return where to read `files` from for this reader, and name and size of each content.

    What cannot be told apart from its metadata is empty. Raises BrokenPicture for a picture that
    cannot be cleaned within the limits.
    """
    storage: Readable = request.app[keys.storage]
    cleaned, found = Cleaned(storage), []
    async for file in turns(files):
        pieces = None
        if _must_be_cleaned(request, file):
            kind = file.content_type
            pieces = await request.app[keys.pictures].clean(file.sha256, kind)
        if pieces is None:
            found.append((file.sha256, file.size))
        else:
            storage = cleaned
            found.append(cleaned.add(file.sha256, file.content_type, pieces))
    return storage, found


async def send(
    request: web.Request,
    file: File,
    row: StoredRow[File] | None = None,
    meter: Meter | None = None,
) -> web.StreamResponse:
    """Answer a GET or HEAD for a file that this reader may have.

    `row` is what the file was made of, where its address alone lets people read it: then the
    answer may be kept for others, and nobody counts it. Raises NotFound,
    PreconditionFailed, BrokenPicture, Uncleanable, Unavailable.
    """
    storage, [(sha256, size_bytes)] = await prepared(request, [file])
    if file.size and not size_bytes:
        raise Uncleanable
    found = Download(
        *(file.name, file.content_type, sha256, size_bytes, file.created_at),
        may_show=not is_refused(file),
    )
    if row is not None:
        others_get_another = _is_cleaned(request, file)
        if not (others_get_another and _owns(request, file)):
            but_for = file.owner_id if others_get_another else None
            again.keep(request, file, row, storage, found, but_for=but_for)
    return await respond(request, storage, found, meter)


def _must_be_cleaned(request: web.Request, file: File) -> bool:
    return _is_cleaned(request, file) and not _owns(request, file)


def _is_cleaned(request: web.Request, file: File) -> bool:
    """Tell whether others than the owner get this file without metadata."""
    keeps = request.app[keys.settings].storage.keep_metadata
    return file.content_type in cleaning.KINDS and not keeps


def _owns(request: web.Request, file: File) -> bool:
    user = request[keys.user]
    return user is not None and user.id == file.owner_id
