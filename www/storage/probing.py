"""Does the storage work: what is written comes back, and can be deleted."""

from __future__ import annotations

import logging
import re
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from www.errors import WwwError
from www.storage.opening import alone, place_of, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from www.settings import Settings

_ADVICE: Final = (
    ("NoSuchBucket", "there is no such bucket: make it, or correct storage.bucket"),
    ("InvalidAccessKeyId", "the service does not know storage.access_key"),
    ("SignatureDoesNotMatch", "storage.secret_key does not belong to storage.access_key"),
    ("AuthorizationHeaderMalformed", "the bucket is in another region: correct storage.region"),
    ("PermanentRedirect", "the bucket is elsewhere: correct storage.region or storage.endpoint"),
    ("RequestTimeTooSkewed", "the clock of this machine is wrong"),
    ("AccessDenied", "the access key may not read, write, list and delete in this bucket"),
    ("error sending request", "no answer: look at storage.endpoint and at the network"),
)


_PAGE: Final = re.compile(r"<!doctype|<html", re.IGNORECASE)
_TOLD: Final = 300  # characters


async def problem(settings: Settings) -> str | None:
    """Write, read and delete a few bytes; return what went wrong and what helps, or None."""
    name = shown(settings)
    try:
        with quiet():
            await _probe(settings)
    except (WwwError, OSError) as err:
        return f"storage, {name}: {advice(err)}"
    return None


async def away(settings: Settings) -> str | None:
    """Look whether the bucket of the settings can be listed; return what helps, or None."""
    if settings.storage.kind != "s3":
        return None
    from www.storage.bucket import Bucket

    try:
        with quiet():
            await Bucket(place_of(settings)).below("marks/none")
    except WwwError as err:
        return f"{shown(settings)}: {advice(err)}"
    return None


def advice(err: BaseException) -> str:
    """Return what helps, on one line; else what the service said."""
    told = " ".join(str(err.__cause__ or err).partition("\n\nDebug")[0].split())
    for code, sentence in _ADVICE:
        if code in told:
            return sentence
    if _PAGE.search(told):
        return "what answers there is no S3 service: look at storage.endpoint"
    return told if len(told) <= _TOLD else f"{told[:_TOLD]} ..."


def cors_problems(settings: Settings, origins: Sequence[str] = ()) -> Iterator[str]:
    """Say what keeps pages of the site from sending files to the bucket.

    The site is at `origins`, or else at server.base_url.
    """
    s3, site = settings.storage, settings.server.base_url
    if s3.kind != "s3" or not s3.presign_uploads:
        return
    from www.storage.cors import allows

    where = shown(settings)
    asked = origins or ([site] if site else [])
    if not asked:
        yield (
            f"{where}: whether pages may send files to it (storage.presign_uploads) could not be "
            "asked: say --origin, the site as browsers reach it, or set server.base_url"
        )
    for origin in asked:
        try:
            if not allows(place_of(settings), s3.public_endpoint or "", origin):
                yield f"{where} lets no page of {origin} send files to it: run `www storage cors`"
        except WwwError as err:
            yield f"{where} does not answer browsers: {advice(err)}"


async def _probe(settings: Settings) -> None:
    text = secrets.token_bytes(32)
    async with alone(settings) as storage:
        incoming = await storage.begin()
        try:
            await incoming.write(text)
            stored = await incoming.commit()
            try:
                content = await storage.open(stored.sha256)
                found = await content.pread(0, len(text))
                content.close()
            finally:
                await incoming.withdraw()
        finally:
            await incoming.abort()
        if found != text:
            raise OSError("what was written came back changed")
        if await storage.exists(stored.sha256):
            raise OSError("what was deleted is still there")


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the log silent: the finding is printed."""
    log = logging.getLogger("www.storage")
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = False
