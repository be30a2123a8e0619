"""Parts of uploads that never became an object: invisible in every list, and paid for.

A process that is killed while it puts a large file leaves them. obstore cannot name them, so they
are listed and aborted by signed requests, in a thread.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen
from xml.etree import ElementTree as ET

from www.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from www.storage.bucket import Place

_log: Final = logging.getLogger("www.storage")
_EXPIRES_S: Final = 300
_GONE: Final = 404
_MOST_BYTES: Final = 4 * 1024**2  # a list of 1,000 uploads has about 400 kB


class Upload(NamedTuple):
    """An upload in parts that has not been completed."""

    key: str
    id: str
    begun: datetime


def abort_leftovers(place: Place, age: timedelta) -> int:
    """Abort older unfinished uploads below the prefix; return how many. Raises Unavailable."""
    limit = datetime.now(UTC) - age
    old = [upload for upload in unfinished(place) if upload.begun <= limit]
    for upload in old:
        _ask(place, "DELETE", upload.key, {"uploadId": upload.id})
    return len(old)


def unfinished(place: Place) -> Iterator[Upload]:
    """Give every unfinished upload below the prefix. Raises Unavailable."""
    query = {"uploads": "", "prefix": place.key("")}
    while True:
        answer = ET.fromstring(_ask(place, "GET", "", query))  # noqa: S314  the bucket is ours
        for found in answer.iterfind("{*}Upload"):
            begun = datetime.fromisoformat(_text(found, "Initiated"))
            # Some servers pass over the prefix, and what is not below it is not ours.
            if (key := _text(found, "Key")).startswith(query["prefix"]):
                yield Upload(key, _text(found, "UploadId"), begun)
        if _text(answer, "IsTruncated") != "true":
            return
        query["key-marker"] = _text(answer, "NextKeyMarker")
        query["upload-id-marker"] = _text(answer, "NextUploadIdMarker")


def _text(node: ET.Element, name: str) -> str:
    return node.findtext(f"{{*}}{name}") or ""


def _ask(place: Place, method: str, key: str, query: Mapping[str, str]) -> bytes:
    url = place.signer().url(method, key, expires_s=_EXPIRES_S, query=query)
    request = Request(url, method=method)  # noqa: S310  the settings allow http and https alone
    try:
        with urlopen(request, timeout=place.patience.silence_s) as answer:  # noqa: S310
            return bytes(answer.read(_MOST_BYTES))
    except HTTPError as err:
        with err:
            if err.code == _GONE and key:  # somebody else has aborted it
                return b""
            words = err.read(_MOST_BYTES).decode(errors="replace")
        _log.error("the bucket could not %s unfinished uploads: %s %s", method, err.code, words)
        raise Unavailable from err
    except (URLError, OSError) as err:
        _log.error("the bucket could not %s unfinished uploads: %s", method, err)
        raise Unavailable from err
