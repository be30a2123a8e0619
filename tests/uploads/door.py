"""What the tests of resumable uploads share: a client that says exactly what it is told."""

import base64
import hashlib
import io
import os

from yarl import URL

from www import keys

CONTENT = "application/offset+octet-stream"
PARTIAL = "application/partial-upload"


def claims(**pairs):
    """Return Upload-Metadata."""
    coded = ((key, base64.b64encode(value.encode()).decode()) for key, value in pairs.items())
    return ",".join(f"{key} {value}" for key, value in coded)


def checksum(name, data, kind=None):
    """Return Upload-Checksum."""
    digest = hashlib.new(kind or name, data).digest()
    return f"{name} {base64.b64encode(digest).decode()}"


class Tus:
    """Speaks tus 1.0.0 for an actor; every method returns the answer, its body read."""

    def __init__(self, actor):
        self.actor = actor

    async def ask(self, method, address, data=None, **headers):
        """Send a request; underscores in the headers' names are dashes, None takes one away."""
        sent: dict[str, object] = {"Tus-Resumable": "1.0.0"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        given = {name: str(value) for name, value in sent.items() if value is not None}
        path = URL(address).path_qs
        data = io.BytesIO(data) if isinstance(data, bytes) else data
        async with self.actor.request(
            method, path, data=data, headers=given, allow_redirects=False
        ) as answer:
            await answer.read()
            return answer

    async def create(self, length=None, data=None, *, at="/uploads", **headers):
        """Begin an upload."""
        if length is not None:
            headers["Upload_Length"] = length
        if data is not None:
            headers.setdefault("Content_Type", CONTENT)
        return await self.ask("POST", at, data, **headers)

    async def begin(self, length=None, data=None, **headers):
        """Begin an upload; return its address."""
        answer = await self.create(length, data, **headers)
        assert answer.status == 201, await answer.text()
        return answer.headers["Location"]

    async def append(self, address, offset, data=b"", **headers):
        """Append `data`."""
        headers = {"Content_Type": CONTENT, "Upload_Offset": offset, **headers}
        return await self.ask("PATCH", address, data, **headers)

    async def head(self, address, **headers):
        """Ask for the offset."""
        return await self.ask("HEAD", address, **headers)

    async def offset(self, address):
        """Return the offset."""
        answer = await self.head(address)
        assert answer.status == 200
        return int(answer.headers["Upload-Offset"])

    def is_held(self, address):
        """Tell whether a request is busy with the upload."""
        return self.actor.app[keys.uploads].locks.is_held(address[-32:])

    async def delete(self, address, **headers):
        """Cancel."""
        return await self.ask("DELETE", address, **headers)

    async def about(self, address):
        """Return what a script is told."""
        answer = await self.ask("GET", address)
        assert answer.status == 200, await answer.text()
        return await answer.json()


class Draft:
    """Speaks the IETF's draft for an actor."""

    def __init__(self, actor):
        self.tus = Tus(actor)

    async def ask(self, method, address, data=None, **headers):
        headers = {"Tus_Resumable": None, **headers}
        return await self.tus.ask(method, address, data, **headers)

    async def create(self, data=b"", *, ends, at="/uploads", **headers):
        return await self.ask("POST", at, data, Upload_Complete=truth(ends), **headers)

    async def append(self, address, offset, data=b"", *, ends, **headers):
        headers = {"Content_Type": PARTIAL, "Upload_Offset": offset, **headers}
        headers = {"Upload_Complete": truth(ends), **headers}
        return await self.ask("PATCH", address, data, **headers)


def truth(value):
    return {True: "?1", False: "?0"}.get(value, value)


def staged(actor):
    """Return the unfinished uploads on the disk by the name of their file."""
    folder = actor.app[keys.settings].data / "uploads"
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def noise(size_bytes):
    """Return bytes that nothing can guess."""
    return os.urandom(size_bytes)
