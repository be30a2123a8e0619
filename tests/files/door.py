"""What the tests of the pages share: sending files as a browser does, and what is on the disk."""

import asyncio
import hashlib
import io

from www import keys
from www.files import naming
from www.models import File

BOUNDARY = "----WebKitFormBoundaryA1b2C3"
JSON = {"Accept": "application/json"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100


def body_of(*files, before=(), after=()):
    """Return the bytes that Chromium sends for `(name, content)` pairs in the field `file`.

    Pairs of other fields stand before or after them.
    """
    parts = b"".join(
        b'--%b\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n%b\r\n"
        % (BOUNDARY.encode(), name.replace('"', "%22").encode(), content)
        for name, content in files
    )
    first, last = (b"".join(_field(*pair) for pair in pairs) for pairs in (before, after))
    return first + parts + last + b"--%b--\r\n" % BOUNDARY.encode()


def _field(name, value):
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
    return f"{head}\r\n\r\n{value}\r\n".encode()


async def send(actor, *files, body=None, **headers):
    """Post a form with `files`; return the answer, not what it redirects to."""
    sent = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **headers}
    data = body_of(*files) if body is None else body
    data = io.BytesIO(data) if isinstance(data, bytes) else data
    return await actor.post("/upload", data=data, headers=sent, allow_redirects=False)


async def upload(actor, *files):
    """Store `files` and return their descriptions."""
    answer = await send(actor, *files, **JSON)
    assert answer.status == 201, await answer.text()
    return (await answer.json())["files"]


def kept(client):
    """Return the contents in the data folder of the site, temporary ones too, by file name."""
    folder = client.app[keys.settings].data
    found = [p for part in ("files", "incoming") for p in (folder / part).rglob("*")]
    return {p.name: p.read_bytes() for p in found if p.is_file() and p.name != ".lock"}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  (another task makes it true)
            await asyncio.sleep(0.005)


def file_of(owner, name="a.txt", **columns):
    """Return the row of a file without content."""
    own = {"name_key": naming.key(name), "content_type": "text/plain", "size": 1}
    return File(owner_id=owner.id, name=name, **{**own, "sha256": sha256(name.encode()), **columns})
