import asyncio
import gzip
import hashlib
import io
import os
import re

import pytest
from aiohttp import FormData

from www.storage import StorageFull

HELLO = hashlib.sha256(b"hello").hexdigest()
MULTIPART = {"Content-Type": "multipart/form-data; boundary=B"}


def form(*files, fields=()):
    data = FormData(quote_fields=False, default_to_multipart=True)
    for name, value in fields:
        data.add_field(name, value)
    for filename, content in files:
        data.add_field("file", content, filename=filename)
    return data


def part(content, disposition='form-data; name="file"; filename="a.txt"'):
    return b"--B\r\nContent-Disposition: %b\r\n\r\n%b\r\n" % (disposition.encode(), content)


async def refused(bare, stored, status, data, **options):
    """Post, expect `status` and an empty data folder; return the message."""
    answer = await bare.post("/upload", data=data, **options)
    assert answer.status == status
    assert stored() == {}
    return (await answer.json())["message"]


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  (another task makes it true)
            await asyncio.sleep(0.005)


async def test_it_stores_files_and_fields(bare, stored):
    data = form(
        ("a.txt", b"hello"),
        ("图.png", b"\x89PNG\r\n\x1a\n"),
        fields=[("note", "你好"), ("note", "b")],
    )
    answer = await (await bare.post("/upload", data=data)).json()
    assert answer["fields"] == {"note": ["你好", "b"]}
    assert answer["files"][0] == ["a.txt", "text/plain; charset=utf-8", HELLO, 5]
    assert answer["files"][1][:2] == ["图.png", "image/png"]
    assert set(stored().values()) == {b"\x89PNG\r\n\x1a\n", b"hello"}


@pytest.mark.parametrize("size", [0, 1, 65_536, 999_999, 1_000_000])
async def test_it_stores_every_byte(bare, stored, size):
    content = os.urandom(size)
    answer = await bare.post("/upload", data=form(("a.bin", content)))
    assert answer.status == 201
    assert stored() == {hashlib.sha256(content).hexdigest(): content}


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        (r"C:\x\y.txt", "y.txt"),
        ("../../etc/passwd", "passwd"),
        ("年\u202e报.pdf", "年报.pdf"),
        ("a\0b.txt", "ab.txt"),
        ("x" * 10_000 + ".txt", "x" * 251 + ".txt"),
    ],
)
async def test_it_cleans_names(bare, stored, filename, name):
    body = part(b"hello", f'form-data; name="file"; filename="{filename}"') + b"--B--"
    answer = await bare.post("/upload", data=body, headers=MULTIPART)
    assert (await answer.json())["files"][0][0] == name
    assert stored() == {HELLO: b"hello"}


async def test_it_names_a_file_without_a_name(bare):
    body = part(b"hello", 'form-data; name="file"; filename=""') + b"--B--"
    answer = await bare.post("/upload", data=body, headers=MULTIPART)
    assert re.fullmatch("file-[0-9a-z]{8}", (await answer.json())["files"][0][0])


@pytest.mark.parametrize(
    "body",
    [
        b"--B--",
        part(b"", 'form-data; name="file"; filename=""') + b"--B--",
        part(b"hello", 'form-data; name="file"') + b"--B--",
    ],
)
async def test_it_asks_for_a_file(bare, stored, body):
    assert await refused(bare, stored, 422, body, headers=MULTIPART)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/mixed; boundary=B"}, 415),
        ({"Content-Type": "multipart/form-data"}, 400),
        (MULTIPART | {"Content-Encoding": "gzip"}, 415),
    ],
)
async def test_it_refuses_other_bodies(bare, stored, headers, status):
    body = gzip.compress(part(b"hello") + b"--B--")
    await refused(bare, stored, status, body, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        part(b"hello"),
        part(b"hello")[:-2],
        part(b"x" * 900_000) + b"--B",
        part(b"hello") + part(b"x", "nonsense") + b"--B--",
        part(b"hello") + part(b"\xff", 'form-data; name="note"') + b"--B--",
        part(b"hello", 'form-data; name="other"; filename="a"') + b"--B--",
    ],
)
async def test_it_refuses_a_damaged_form(bare, stored, body):
    await refused(bare, stored, 400, body, headers=MULTIPART)


@pytest.mark.parametrize(
    "data",
    [
        part(b"x" * 1_000_001) + b"--B--",
        part(b"x" * 900_000) * 2 + b"--B--",
        part(b"x") * 4 + b"--B--",
        part(b"x", 'form-data; name="n"') * 7 + b"--B--",
        part(b"x" * 1001, 'form-data; name="n"') + b"--B--",
        part(b"x") + b"--B--" + b"x" * 6_000_000,
    ],
    ids=["file", "quota", "files", "parts", "field", "epilogue"],
)
async def test_it_keeps_bounds(bare, stored, data):
    await refused(bare, stored, 413, io.BytesIO(data), headers=MULTIPART)

    async def chunked():  # without Content-Length
        for at in range(0, len(data), 50_000):
            yield data[at : at + 50_000]

    await refused(bare, stored, 413, chunked(), headers=MULTIPART)


async def test_it_says_which_file_is_too_large(bare, stored):
    message = await refused(bare, stored, 413, form(("图.png", b"x" * 1_000_001)))
    assert message == "The file “图.png” is larger than 1 MB."


@pytest.mark.parametrize("name", ['form-data; name="n"', 'form-data; name="file"; filename="a"'])
async def test_it_says_how_many_there_may_be(bare, stored, name):
    data = part(b"x", name) * 7 + b"--B--"
    message = await refused(bare, stored, 413, data, headers=MULTIPART)
    assert message == "A form may have at most 3 files, and 3 other fields."


async def test_it_says_how_long_a_form_may_be(bare, stored):
    data = part(b"x") + b"--B--" + b"x" * 6_000_000
    message = await refused(bare, stored, 413, io.BytesIO(data), headers=MULTIPART)
    assert "at most" in message


async def connect(address, length):
    reader, writer = await asyncio.open_connection(*address)
    head = "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=B\r\n"
    writer.write(f"{head}Content-Length: {length}\r\n\r\n".encode())
    return reader, writer


async def test_it_answers_before_a_body_that_is_too_long(address):
    reader, writer = await connect(address, 10**12)
    assert await reader.readline() == b"HTTP/1.1 413 Request Entity Too Large\r\n"
    writer.close()


async def test_it_is_heard_while_the_client_goes_on_sending(address, stored):
    """As browsers do: send all 50 MB first, read the answer then. A reset would lose it."""
    content = b"x" * 1_000_000
    reader, writer = await connect(address, 50 * len(content) + len(part(b"")) - 2)
    writer.write(part(b"")[:-2])
    for _ in range(50):
        writer.write(content)
        await writer.drain()
    assert await reader.readline() == b"HTTP/1.1 413 Request Entity Too Large\r\n"
    assert stored() == {}
    writer.close()


@pytest.mark.parametrize("then", [b"", b"nonsense\r\n"], ids=["silence", "a broken chunk"])
async def test_it_gives_up_a_stalled_upload(address, stored, then):
    reader, writer = await asyncio.open_connection(*address)
    head = "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=B\r\n"
    writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
    writer.write(b"%x\r\n%b\r\n" % (len(part(b"x")), part(b"x")))
    await until(stored)
    writer.write(then)
    async with asyncio.timeout(30):
        assert await reader.readline() == b"HTTP/1.1 400 Bad Request\r\n"
    assert stored() == {}
    writer.close()


@pytest.mark.parametrize("sent", [b"", b"--B\r\nConte", part(b"x" * 900_000), part(b"x") * 2])
async def test_it_leaves_nothing_of_a_broken_connection(address, stored, finished, sent):
    _, writer = await connect(address, 1_000_000)
    writer.write(sent)
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await until(lambda: finished)
    assert finished[0] in {400, "cancelled"}
    assert stored() == {}


@pytest.mark.parametrize("failing", [0, 1])
async def test_it_drops_the_others_when_one_cannot_be(bare, storage, stored, failing):
    """A disk that refuses to forget the one file must not keep the other."""
    start, begun = storage.start, []

    def stubborn():
        incoming = start()
        begun.append(incoming)
        if len(begun) == failing + 1:
            incoming.abort = refuse
        return incoming

    async def refuse():
        raise OSError("the disk does not answer")

    storage.start = stubborn
    answer = await bare.post("/upload", data=part(b"x") + part(b"y"), headers=MULTIPART)
    assert answer.status == 500
    assert len(stored()) == 1
    begun[failing].discard()


async def test_it_takes_back_what_was_stored_before_the_disk_was_full(bare, storage, stored):
    start, begun = storage.start, []

    def small_disk():
        incoming = start()
        begun.append(incoming)
        if len(begun) == 2:
            incoming.commit = full
        return incoming

    async def full():
        raise StorageFull

    storage.start = small_disk
    await refused(bare, stored, 507, part(b"x") + part(b"y") + b"--B--", headers=MULTIPART)
