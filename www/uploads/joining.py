"""Uploads that are put together of others: tus calls it concatenation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from www.errors import BadRequest
from www.files.space import too_large
from www.i18n import N_
from www.uploads import fields, queries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db import Engine
    from www.models import Upload
    from www.uploads.core import Uploads, Work


async def put_together(work: Work, tokens: Sequence[str]) -> None:
    """Append all parts, once all are whole; begin anew where a crash was in between.

    Raises BadRequest, TooLarge, and as `Uploads.finish` and `Uploads.opened` do.
    """
    uploads, upload, staged = work.uploads, work.upload, work.staged
    assert staged is not None
    now = datetime.now(UTC)
    parts = {t: await queries.own(uploads.engine, upload.owner_id, t, now=now) for t in tokens}
    if any(not fields.concat(part.concat).is_partial for part in parts.values()):
        raise BadRequest(N_("Only parts can be put together."))
    lengths = [parts[token].length for token in tokens]
    if None in lengths:
        return
    upload.length = sum(length or 0 for length in lengths)
    if upload.length > uploads.bounds.file_bytes:
        raise too_large(upload.name, uploads.bounds.file_bytes)
    for token in parts:
        if not await _is_whole_part(uploads, upload.owner_id, token):
            return
    await staged.cut(0)
    for token in tokens:
        async with uploads.locks.hold(token):
            await staged.append_file(uploads.staging.path(token))
    await uploads.finish(work)


async def begun_before(uploads: Uploads, new: Upload) -> Upload | None:
    """Return what the same request has begun, if its client asks again because it heard nothing.

    So the parts, which are gone by then, become one file and not an error or a second one.
    """
    engine, now = uploads.engine, datetime.now(UTC)
    if not fields.concat(new.concat).is_final:
        return None
    for upload in await queries.waiting_finals(engine, new.owner_id):
        if (upload.concat, upload.claims) == (new.concat, new.claims):
            return upload
    for token in fields.concat(new.concat).parts:
        if await engine.first(queries.by_token(token)) is None:
            return await engine.first(queries.finished_alike(new, now))
    return None


async def finish_waiting(uploads: Uploads, owner_id: int, part: str) -> None:
    """Put together what has waited for this part; call it while no upload is held."""
    for upload in await queries.waiting_finals(uploads.engine, owner_id):
        if part in fields.concat(upload.concat).parts:
            async with uploads.opened(owner_id, upload.token):
                pass  # opening it does all that can be done


async def used_up(engine: Engine, upload: Upload) -> list[Upload]:
    """Return the parts that nothing but `upload` was waiting for."""
    tokens = set(fields.concat(upload.concat).parts)
    if not tokens:
        return []
    for other in await queries.waiting_finals(engine, upload.owner_id):
        if other.token != upload.token:
            tokens -= set(fields.concat(other.concat).parts)
    found = [await engine.first(queries.by_token(token)) for token in sorted(tokens)]
    return [part for part in found if part is not None]


async def _is_whole_part(uploads: Uploads, owner_id: int, token: str) -> bool:
    if uploads.locks.is_held(token):  # somebody is bringing more, and is not to be interrupted
        return False
    async with uploads.opened(owner_id, token) as work:
        return work.is_whole
