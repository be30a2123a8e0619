"""A client that sends straight to the bucket, as the page does."""

import io
import os

from yarl import URL

from www.storage.bucket import PART_BYTES

LARGE = os.urandom(2 * PART_BYTES + 100_000)
SMALL = b"hello " * 1000


async def ask(actor, method, address, expected, **fields):
    """Send a form; return the JSON of the answer."""
    path = URL(address).raw_path
    data = [(name, str(one)) for name, value in fields.items() for one in _list(value)]
    async with actor.request(method, path, data=data or None) as answer:
        assert answer.status == expected, await answer.text()
        return await answer.json() if answer.content_length else None


def _list(value):
    return value if isinstance(value, list) else [value]


async def begin(actor, content, name="a.bin", expected=201, **fields):
    fields = {"name": name, "size": len(content), **fields}
    return await ask(actor, "POST", "/uploads/direct", expected, **fields)


async def put(actor, link, content):
    """Send a part to the bucket, as the browser does; return the status."""
    async with actor.session.put(URL(link, encoded=True), data=io.BytesIO(content)) as answer:
        return answer.status


async def put_all(actor, begun, content):
    """Send all parts."""
    size = begun["part_bytes"]
    for number, link in begun["links"].items():
        part = content[(int(number) - 1) * size :][:size]
        assert await put(actor, link, part) == 200


async def finish(actor, begun, expected=201):
    return await ask(actor, "POST", f"{begun['upload']}/complete", expected)
