"""Parts of uploads that never became an object: invisible in every list, and paid for.

A process that is killed while it puts a large file leaves them. obstore cannot name them, so they
are listed and aborted by signed requests, in a thread.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from www.storage.asking import Refused, ask, needed, refusal, text_of, time_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from www.storage.bucket import Place


class Upload(NamedTuple):
    """An upload in parts that has not been completed."""

    key: str
    id: str
    begun: datetime


def abort_leftovers(place: Place, age: timedelta, *, except_below: str = "") -> int:
    """Abort older unfinished uploads below the prefix; return how many. Raises Unavailable.

    `except_below` is a folder whose uploads somebody else looks after.
    """
    limit = datetime.now(UTC) - age
    spared = place.key(f"{except_below}/") if except_below else None
    old = [
        upload
        for upload in unfinished(place)
        if upload.begun <= limit and not (spared and upload.key.startswith(spared))
    ]
    for upload in old:
        abort(place, upload.key, upload.id)
    return len(old)


def abort(place: Place, key: str, upload_id: str) -> None:
    """Forget the parts of one upload, or find them gone. Raises Unavailable."""
    try:
        ask(place, "DELETE", key, {"uploadId": upload_id})
    except Refused as err:
        if err.status != 404:
            raise refusal("abort an unfinished upload", err) from err


def unfinished(place: Place, folder: str = "") -> Iterator[Upload]:
    """Give every unfinished upload below the prefix, or a folder there. Raises Unavailable."""
    query = {"uploads": "", "prefix": place.key(f"{folder}/" if folder else "")}
    while True:
        try:
            answer = ask(place, "GET", "", query).xml("ListMultipartUploadsResult")
        except Refused as err:
            raise refusal("list unfinished uploads", err) from err
        for found in answer.iterfind("{*}Upload"):
            # Some servers pass over the prefix, and what is not below it is not ours.
            if (key := needed(found, "Key")).startswith(query["prefix"]):
                yield Upload(key, needed(found, "UploadId"), time_of(found, "Initiated"))
        if text_of(answer, "IsTruncated") != "true":
            return
        query["key-marker"] = text_of(answer, "NextKeyMarker")
        query["upload-id-marker"] = text_of(answer, "NextUploadIdMarker")
