"""The site behind its own listener, and a client that is nothing but a socket: it may send anything."""

import asyncio
import json
from datetime import UTC, datetime

from tests.actors import add_user
from www import keys
from www.auth import sessions
from www.models import Role
from www.server import Listener

NEVER = 2**62
KIND = "multipart/form-data; boundary=B"


class Site:
    """The application with the protocol that serves it, and a signed-in author."""

    def __init__(self, app):
        self.app = app
        self.listener = Listener(app)

    async def start(self, *, lent):
        """Lend the socket of every body, or of none."""
        self.port = await self.listener.start("127.0.0.1", 0)
        self.bodies = self.app[keys.bodies]
        self.bodies.large_bytes = 1 if lent else NEVER
        self.lends = lent
        engine = self.app[keys.engine]
        self.user = await add_user(engine, "alice", Role.AUTHOR)
        async with engine.transaction() as conn:
            now = datetime.now(UTC)
            self.token = await sessions.create(conn, self.user, now=now, user_agent="tests")

    async def connect(self):
        return Raw(self, *await asyncio.open_connection("127.0.0.1", self.port))


class Raw:
    """One connection."""

    def __init__(self, site, reader, writer):
        self.site, self.reader, self.writer = site, reader, writer

    async def begin(self, length, *lines, kind=KIND, path="/upload", version="1.1"):
        """Send a header; `length` None means chunks, False none at all."""
        head = [f"POST {path} HTTP/{version}", "Host: localhost", "Accept: application/json"]
        head += [f"Cookie: session={self.site.token}", *lines]
        head += [f"Content-Type: {kind}"] if kind is not None else []
        if length is None:
            head.append("Transfer-Encoding: chunked")
        elif length is not False:
            head.append(f"Content-Length: {length}")
        self.writer.write("\r\n".join([*head, "", ""]).encode())
        await self.writer.drain()

    async def send(self, body, step=None):
        """Send a body in pieces of `step` bytes, each on its own if the loop lets it."""
        for at in range(0, len(body), step or len(body) or 1):
            self.writer.write(body[at : at + step] if step else body)
            await self.writer.drain()
            if step:
                await asyncio.sleep(0)

    async def post(self, body, *lines, pieces=1, **options):
        """Send a form; return what `answer` does. A lent socket is lent before the body comes."""
        await self.begin(len(body), *lines, **options)
        if self.site.lends and body:
            async with asyncio.timeout(10):
                while not self.site.bodies.lent and not self.reader._buffer:  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
        await self.send(body, max(1, len(body) // pieces) if pieces > 1 else None)
        return await self.answer()

    async def refused(self, body, **options):
        """Send a form that is refused; return the status and what is said to a program."""
        status, problem = await self.post(body, **options)
        assert problem["status"] == status
        return status, problem["detail"]

    async def answer(self):
        """Return the status, and the problem or what else was said."""
        async with asyncio.timeout(30):
            head = await self.reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        told = json.loads(body) if "json" in headers.get("content-type", "") else body
        return int(lines[0].split()[1]), told

    async def lives_on(self):
        """Tell whether the next request of this connection is answered."""
        self.writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return await self.answer() == (200, b"ok\n")

    async def close(self):
        self.writer.close()
        await asyncio.gather(self.writer.wait_closed(), return_exceptions=True)
