"""The bucket's inbox: browsers put contents there themselves, and we look before we keep them.

A content comes under `incoming/TOKEN` by addresses that we sign, in parts, a small one in a single
part. Each address is good for one part of one upload in exactly its length, and for nothing once we
have had the parts put together: so what we read then is what is copied to its hash. (An address for
a whole object would work on, and could change it between the two; Ceph knows no condition for
copies.)
https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from www.errors import NotFound, Unavailable
from www.storage.asking import Answer, Refused, ask, needed, number_of, refusal, text_of
from www.storage.bucket import part_size
from www.storage.leftovers import abort, unfinished
from www.storage.s3_content import S3Content
from www.utils.threads import Threaded

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import TypeAlias

    from www.storage.base import Stored
    from www.storage.bucket import Bucket

    # Makes a content durable under its hash; the function brings it to the key that it is told.
    Keep: TypeAlias = Callable[[Stored, Callable[[str], Awaitable[None]]], Awaitable[object]]

FOLDER: Final = "incoming"
LINK_S: Final = 3600
"""How long a signed address works; who takes longer asks for it again."""
_COPY_BYTES: Final = 256 * 1024**2  # S3 copies at most 5 GiB at once; this many in about a second
_COPIES_AT_ONCE: Final = 4
_THREADS: Final = 8
_CHANGED: Final = frozenset({"InvalidPart", "InvalidPartOrder", "EntityTooSmall"})


class Changed(Exception):
    """Something else stands in the inbox than a moment ago."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part that has arrived."""

    size_bytes: int
    etag: str


class Inbox(Threaded):
    """Uploads that go past us; `async with` opens the threads that ask for them."""

    def __init__(self, bucket: Bucket, keep: Keep, endpoint: str = "") -> None:
        """Take the bucket, what keeps a content there, and where browsers reach the service."""
        super().__init__(_THREADS, "inbox")
        self._keep = keep
        self._bucket, self._place = bucket, bucket.place
        self._signer = bucket.place.signer(endpoint)

    async def begin(self, token: str) -> str:
        """Begin an upload in parts; return the service's name for it."""
        try:
            return await self._begin(self._key(token))
        except Refused as err:
            raise refusal("begin an upload", err) from err

    def links(self, token: str, upload_id: str, sizes: Mapping[int, int]) -> dict[int, str]:
        """Sign an address for each part by its number; `sizes` are the bytes that each has."""
        return {
            number: self._link(token, upload_id, number, size) for number, size in sizes.items()
        }

    async def parts(self, token: str, upload_id: str) -> dict[int, Part]:
        """Return what has arrived of an upload in parts. Raises NotFound where it is over."""
        found: dict[int, Part] = {}
        query = {"uploadId": upload_id}
        while True:
            try:
                answer = await self._ask("GET", self._key(token), query)
            except Refused as err:
                if err.status == 404:
                    raise NotFound from err
                raise refusal("list parts", err) from err
            told = answer.xml("ListPartsResult")
            for part in told.iterfind("{*}Part"):
                number = number_of(part, "PartNumber")
                found[number] = Part(number_of(part, "Size"), needed(part, "ETag"))
            if text_of(told, "IsTruncated") != "true":
                return found
            query["part-number-marker"] = needed(told, "NextPartNumberMarker")

    async def complete(self, token: str, upload_id: str, parts: Mapping[int, Part]) -> None:
        """Make one content of the parts. Raises NotFound where the upload is over, Changed.

        It is over, too, where this was done before, and only the answer was lost.
        """
        await self._complete(self._key(token), upload_id, {n: p.etag for n, p in parts.items()})

    async def size_of(self, token: str) -> int | None:
        """Return the bytes of what has been put together, None where nothing has."""
        found = await self._bucket.size_of(f"{FOLDER}/{token}")
        return None if found is None else found["size"]

    def content(self, token: str, size_bytes: int) -> S3Content:
        """Open it for reading."""
        return S3Content(self._bucket, f"{FOLDER}/{token}", size_bytes)

    async def keep(self, token: str, stored: Stored) -> None:
        """Keep it under its hash. Raises Changed where it is gone, Unavailable."""
        await self._keep(stored, lambda key: self._copy(token, stored.size_bytes, key))

    async def _copy(self, token: str, size_bytes: int, key: str) -> None:
        """Copy it inside of the service to `key`. Raises Changed."""
        source = {"x-amz-copy-source": quote(f"/{self._place.bucket}/{self._key(token)}")}
        to = self._place.key(key)
        try:
            if size_bytes <= _COPY_BYTES:
                (await self._ask("PUT", to, headers=source)).xml("CopyObjectResult")
            else:
                await self._copy_in_parts(source, size_bytes, to)
        except Refused as err:
            if err.status == 404:
                raise Changed from err
            raise refusal("copy an upload", err) from err
        except NotFound as err:
            found = await self._bucket.size_of(key)
            if found is None or found["size"] != size_bytes:
                raise Changed from err

    async def forget(self, token: str, upload_id: str | None) -> None:
        """Delete what has come of an upload, whole or in parts."""
        if upload_id is not None:
            await self.run(lambda: abort(self._place, self._key(token), upload_id))
        await self._bucket.delete(f"{FOLDER}/{token}")

    async def older(self, age_s: float) -> list[tuple[str, str | None]]:
        """Return what lies here for longer: tokens, with the names of unfinished uploads."""
        limit = datetime.now(UTC) - timedelta(seconds=age_s)
        found: list[tuple[str, str | None]] = []
        async for some in self._bucket.all_below(FOLDER):
            found += [(_token(one["path"]), None) for one in some if one["last_modified"] <= limit]
        begun = await self.run(lambda: list(unfinished(self._place, FOLDER)))
        return found + [(_token(one.key), one.id) for one in begun if one.begun <= limit]

    async def _begin(self, key: str) -> str:
        answer = await self._ask("POST", key, {"uploads": ""})
        return needed(answer.xml("InitiateMultipartUploadResult"), "UploadId")

    async def _copy_in_parts(self, source: Mapping[str, str], size_bytes: int, to: str) -> None:
        upload_id = await self._begin(to)
        step, turns = part_size(size_bytes, _COPY_BYTES), asyncio.Semaphore(_COPIES_AT_ONCE)

        async def one(number: int, start: int) -> str:
            last = min(start + step, size_bytes) - 1
            headers = {**source, "x-amz-copy-source-range": f"bytes={start}-{last}"}
            query = {"partNumber": str(number), "uploadId": upload_id}
            async with turns:
                answer = await self._ask("PUT", to, query, headers=headers)
            return needed(answer.xml("CopyPartResult"), "ETag")

        copying = {
            number: asyncio.create_task(one(number, start))
            for number, start in enumerate(range(0, size_bytes, step), 1)
        }
        try:
            etags = {number: await task for number, task in copying.items()}
            await self._complete(to, upload_id, etags)
        except BaseException:
            for task in copying.values():
                task.cancel()
            await asyncio.wait(copying.values())
            # Threads that copy still would leave parts behind: those are swept after a day.
            with suppress(Unavailable):  # so are these, and what went wrong is what counts
                await asyncio.shield(self.run(lambda: abort(self._place, to, upload_id)))
            raise

    async def _complete(self, key: str, upload_id: str, etags: Mapping[int, str]) -> None:
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(etags[number])}</ETag></Part>"
            for number in sorted(etags)
        )
        space = "http://s3.amazonaws.com/doc/2006-03-01/"
        body = f'<CompleteMultipartUpload xmlns="{space}">{parts}</CompleteMultipartUpload>'
        try:
            answer = await self._ask("POST", key, {"uploadId": upload_id}, body=body.encode())
        except Refused as err:
            if err.code == "NoSuchUpload" or err.status == 404:
                raise NotFound from err
            if err.code in _CHANGED:
                raise Changed from err
            raise refusal("put parts together", err) from err
        answer.xml("CompleteMultipartUploadResult")

    def _link(self, token: str, upload_id: str, number: int, size_bytes: int) -> str:
        query = {"partNumber": str(number), "uploadId": upload_id}
        return self._signer.url(
            "PUT",
            self._key(token),
            expires_s=LINK_S,
            query=query,
            headers={"Content-Length": str(size_bytes)},
        )

    def _key(self, token: str) -> str:
        return self._place.key(f"{FOLDER}/{token}")

    async def _ask(
        self,
        method: str,
        key: str,
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        return await self.run(
            lambda: ask(self._place, method, key, query, headers=headers, body=body)
        )


def _token(key: str) -> str:
    return key.rpartition("/")[2]
