"""Answers of a service that nobody expects, and of what stands between it and us."""

import asyncio
from dataclasses import replace

import pytest

from tests.postgres import free_port
from tests.s3 import HASTE
from www.errors import Unavailable
from www.storage import cors
from www.storage.bucket import Bucket, Place
from www.storage.inbox import Inbox
from www.storage.leftovers import unfinished

PATIENCE = replace(HASTE, retries=1, retries_s=2)


def answer(body, length=None):
    """Return an answer, which may be shorter than it says."""
    size = len(body) if length is None else length
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (size, body)


BEGUN = answer(
    b"<InitiateMultipartUploadResult><UploadId>7</UploadId></InitiateMultipartUploadResult>"
)
ODD = {
    "html": answer(b"<html><body>Please sign in</body></html>"),
    "broken html": answer(b"<html><br>"),
    "empty": answer(b""),
    "cut": answer(b"<InitiateMultipartUploadResult>", 1000),
    "no http": b"220 mail.example.org ESMTP\r\n",
    "nothing": b"",
}


class Odd:
    """Answers every request with the next of `answers`, the last one again and again."""

    def __init__(self, port):
        self.answers = [b""]
        endpoint = f"http://127.0.0.1:{port}"
        self.place = Place(
            "b", endpoint, "us-east-1", "key", "secret", path_style=True, patience=PATIENCE
        )

    async def serve(self, reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
        await writer.drain()
        writer.close()


@pytest.fixture
async def odd():
    port = free_port()
    service = Odd(port)
    server = await asyncio.start_server(service.serve, "127.0.0.1", port)
    yield service
    server.close()


@pytest.fixture
async def inbox(odd):
    async def keep(*_):
        raise AssertionError

    async with Inbox(Bucket(odd.place), keep) as opened:
        yield opened


@pytest.mark.parametrize("name", ODD)
async def test_what_cannot_be_read_is_a_service_that_is_away(odd, inbox, name, caplog):
    odd.answers = [ODD[name]]
    for asked in (inbox.begin("t"), inbox.parts("t", "7"), inbox.complete("t", "7", {})):
        with pytest.raises(Unavailable):
            await asked
    with pytest.raises(Unavailable):
        await asyncio.to_thread(lambda: list(unfinished(odd.place)))
    with pytest.raises(Unavailable):
        await asyncio.to_thread(cors.allow, odd.place, ["https://example.org"])
    assert "the bucket" in caplog.text


@pytest.mark.parametrize("name", ["cut", "no http", "nothing"])
async def test_a_broken_answer_is_asked_for_again(odd, inbox, name):
    odd.answers = [ODD[name], BEGUN]
    assert await inbox.begin("t") == "7"


@pytest.mark.parametrize("told", ["", "yesterday"])
async def test_a_time_that_cannot_be_read_is_said(odd, told, caplog):
    upload = f"<Upload><Key>k</Key><UploadId>7</UploadId><Initiated>{told}</Initiated></Upload>"
    lists = f"<ListMultipartUploadsResult>{upload}</ListMultipartUploadsResult>"
    odd.answers = [answer(lists.encode())]
    with pytest.raises(Unavailable):
        await asyncio.to_thread(lambda: list(unfinished(odd.place)))
    assert "without a readable Initiated" in caplog.text


@pytest.mark.parametrize("size", ["", "many"])
async def test_a_size_that_cannot_be_read_is_said(odd, inbox, size):
    part = f"<Part><PartNumber>1</PartNumber><ETag>e</ETag><Size>{size}</Size></Part>"
    odd.answers = [answer(f"<ListPartsResult>{part}</ListPartsResult>".encode())]
    with pytest.raises(Unavailable):
        await inbox.parts("t", "7")
