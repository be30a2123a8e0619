"""Does the storage work: what is written comes back, and can be deleted."""

from __future__ import annotations

import logging
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from www.errors import WwwError
from www.storage.opening import alone, place_of, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

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


async def problem(settings: Settings) -> str | None:
    """Write, read and delete a few bytes; return what went wrong and what helps, or None."""
    name = shown(settings)
    try:
        with _quiet():
            await _probe(settings)
    except (WwwError, OSError) as err:
        told = " ".join(str(err.__cause__ or err).partition("\n\nDebug")[0].split())
        advice = next((advice for code, advice in _ADVICE if code in str(err.__cause__)), told)
        return f"storage, {name}: {advice}"
    return None


def cors_problem(settings: Settings) -> str | None:
    """Return what keeps pages of the site from sending files to the bucket, or None."""
    s3, site = settings.storage, settings.server.base_url
    if s3.kind != "s3" or not s3.presign_uploads or not site:
        return None
    from www.storage.cors import allows

    try:
        if allows(place_of(settings), s3.public_endpoint or "", site):
            return None
    except WwwError as err:
        return f"{shown(settings)} does not answer browsers: {err.__cause__}"
    return f"{shown(settings)} lets no page of {site} send files to it: run `www storage cors`"


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
def _quiet() -> Iterator[None]:
    """Keep the log silent: the finding is printed."""
    log = logging.getLogger("www.storage")
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = False
