"""One bucket of an S3-compatible service: obstore's calls, with our errors and our names.

Keys are relative to the prefix. Every failure but "no such object" becomes Unavailable, with the
service's own words in the log: whoever uploads can only try again, whoever runs the site must know.
"""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from www.errors import NotFound, Unavailable
from www.storage.ahead import MOST_READS, Ahead
from www.storage.base import StorageFull
from www.storage.signing import Signer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Iterator
    from pathlib import Path

    from obstore import ObjectMeta

    from www.storage.base import Bytes

_log: Final = logging.getLogger("www.storage")

T = TypeVar("T")
# A part is signed, sent and repeated as a whole, and so held in memory. Two of them at once, with
# the next being read, nearly fill a gigabit at 60 ms of latency.
PART_BYTES: Final = 8 * 1024**2
PARTS_AT_ONCE: Final = 2
_MOST_PARTS: Final = 10_000  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
_MIB: Final = 1024**2
_IDLE_S: Final = 20  # a connection that nobody uses is closed then
_STEP_S: Final = 5.0
_LISTED: Final = 1000  # objects in one answer
_FULL: Final = re.compile(r"QuotaExceeded|InsufficientCapacity|StorageFull|: 507 ")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a service may take; tests are less patient."""

    connect_s: float = 5.0
    silence_s: float = 30.0  # between two bytes of an answer
    request_s: float = 180.0  # one part: 8 MiB at 0.4 Mbit/s
    retries: int = 5
    retries_s: float = 30.0  # no new attempt afterwards


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bucket is, and who asks. `endpoint` is `https://host[:port]`, without the bucket."""

    bucket: str
    endpoint: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    prefix: str = ""
    path_style: bool = False
    patience: Patience = Patience()

    @property
    def address(self) -> str:
        """Return the bucket's own address."""
        return self.address_at(self.endpoint)

    def address_at(self, endpoint: str) -> str:
        """Return the bucket's address at another endpoint."""
        if self.path_style:
            return f"{endpoint}/{self.bucket}"
        parts = urlsplit(endpoint)
        return f"{parts.scheme}://{self.bucket}.{parts.netloc}"

    def signer(self, endpoint: str = "") -> Signer:
        """Return what signs addresses of this bucket, as its readers reach it."""
        address = self.address_at(endpoint or self.endpoint)
        return Signer(address, self.region, self.access_key, self.secret_key)

    def key(self, key: str) -> str:
        """Return the whole key of `key`."""
        return f"{self.prefix}/{key}" if self.prefix else key


class Bucket:
    """What we ask of the service. Keys and sizes go in, times come out in the service's clock."""

    def __init__(self, place: Place) -> None:
        """Connect to nothing yet."""
        self.place = place
        self.ahead = Ahead()
        self._store = _store(place)

    async def size_of(self, key: str) -> ObjectMeta | None:
        """Return what the service knows of an object, None where there is none."""
        try:
            with _answers(f"look at {key}"):
                return await obstore.head_async(self._store, key)
        except NotFound:
            return None

    async def put(self, key: str, content: bytes) -> None:
        """Store a few bytes."""
        with _answers(f"write {key}"):
            await obstore.put_async(self._store, key, content, use_multipart=False)

    async def put_file(self, key: str, path: Path, size_bytes: int) -> None:
        """Store a file: above one part in several at once, of which all or nothing remains."""
        part_bytes = part_size(size_bytes)
        with _answers(f"write {key}"):
            await obstore.put_async(
                self._store,
                key,
                path,
                chunk_size=part_bytes,
                max_concurrency=PARTS_AT_ONCE if part_bytes == PART_BYTES else 1,
                use_multipart=size_bytes > part_bytes,
            )

    async def read(self, key: str, start: int, end: int) -> Bytes:
        """Return the bytes from `start` up to `end`, at most to the object's. Raises NotFound."""
        async with self.ahead.turns:
            return await self._range(key, start, end)

    async def _range(self, key: str, start: int, end: int) -> Bytes:
        with _answers(f"read {key}"):
            found = await obstore.get_range_async(self._store, key, start=start, end=end)
        return memoryview(found)

    async def delete(self, key: str) -> None:
        """Delete an object, or find it gone."""
        with _answers(f"delete {key}"):
            await obstore.delete_async(self._store, key)

    async def all_below(self, folder: str) -> AsyncIterator[list[ObjectMeta]]:
        """Give all objects below a folder, a thousand at a time."""
        with _answers(f"list {folder}"):
            listed = aiter(obstore.list(self._store, folder, chunk_size=_LISTED))
            while (some := await _undisturbed(anext(listed, None))) is not None:
                yield list(some)

    async def below(self, folder: str) -> dict[str, ObjectMeta]:
        """Return the objects below a folder of a few, by their keys."""
        return {one["path"]: one async for some in self.all_below(folder) for one in some}


def part_size(size_bytes: int, part_bytes: int = PART_BYTES, most: int = _MOST_PARTS) -> int:
    """Return how large parts must be, in whole MiB, so that there are not too many."""
    needed = -(-size_bytes // most)
    return max(part_bytes, -(-needed // _MIB) * _MIB)


def told(err: BaseException) -> str:
    """Return what obstore says on one line, the service's words included, without its debugging."""
    return " ".join(str(err).partition("\n\nDebug source")[0].split())


def _store(place: Place) -> S3Store:
    patience, secure = place.patience, place.endpoint.startswith("https:")
    credential: Any = {
        "access_key_id": place.access_key,
        "secret_access_key": place.secret_key,
        "token": None,
        "expires_at": None,
    }
    return S3Store(
        place.bucket,
        prefix=place.prefix or None,
        # Everything is said, for what is not said obstore takes from AWS_* in the environment.
        config={
            "endpoint": place.address if not place.path_style else place.endpoint,
            "aws_endpoint_url_s3": place.address if not place.path_style else place.endpoint,
            "region": place.region,
            "virtual_hosted_style_request": not place.path_style,
            "skip_signature": False,
            # TLS proves that parts arrived as they were sent; without it their hashes do, which
            # costs 0.7 s of CPU per GiB.
            "unsigned_payload": secure,
            "disable_bulk_delete": True,  # not every service knows it, and we delete one by one
        },
        credential_provider=lambda: credential,
        client_options={
            "allow_http": not secure,
            "connect_timeout": timedelta(seconds=patience.connect_s),
            "read_timeout": timedelta(seconds=patience.silence_s),
            "timeout": timedelta(seconds=patience.request_s),
            "pool_max_idle_per_host": str(MOST_READS),
            "pool_idle_timeout": timedelta(seconds=_IDLE_S),
        },
        retry_config={
            "max_retries": patience.retries,
            "retry_timeout": timedelta(seconds=patience.retries_s),
        },
    )


async def _undisturbed(step: Awaitable[T]) -> T:
    """Wait for a step of a list, to its end also where that is cancelled.

    A list that was cancelled while it got its answer has ended the process (a segmentation fault).
    """
    task = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=_STEP_S)
        raise


@contextmanager
def _answers(what: str) -> Iterator[None]:
    """Translate what obstore raises."""
    try:
        yield
    except FileNotFoundError as err:
        if "NoSuchBucket" not in str(err):
            raise NotFound from err
        _log.error("the bucket could not %s: %s", what, told(err))
        raise Unavailable from err
    except (BaseError, OSError) as err:
        _log.error("the bucket could not %s: %s", what, told(err))
        raise (StorageFull if _FULL.search(str(err)) else Unavailable) from err
    except BaseException as err:
        # A panic in Rust has no class that can be imported; whatever it was, no object came of it.
        if type(err).__name__ not in {"RustPanic", "PanicException"}:
            raise
        _log.error("the bucket could not %s: %s", what, told(err))
        raise Unavailable from err
