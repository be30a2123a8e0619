"""Two hundred uploads at once over a bad line, and memory that stays what it was."""

import asyncio
import random
import resource
from datetime import UTC, datetime

from aiohttp import ClientError, ClientSession

from tests.files.door import kept, sha256
from tests.uploads.door import CONTENT, noise, staged
from tests.uploads.proxy import Proxy
from tests.uploads.test_clients import cookie
from www.models import File
from www.uploads import actions, sweeping

COUNT = 200
TUS = {"Tus-Resumable": "1.0.0"}


async def upload(session, url, content):
    """Upload as a client does that resumes whatever happens."""
    address = None
    while True:
        try:
            if address is None:
                headers = {**TUS, "Upload-Length": str(len(content))}
                async with session.post(f"{url}/uploads", headers=headers) as answer:
                    address = answer.headers["Location"]
            async with session.head(address, headers=TUS) as answer:
                offset = int(answer.headers["Upload-Offset"])
            if offset == len(content):
                return
            headers = {**TUS, "Upload-Offset": str(offset), "Content-Type": CONTENT}
            async with session.patch(address, data=content[offset:], headers=headers) as answer:
                assert answer.status in {204, 423}, answer.status
        except (ClientError, OSError):
            await asyncio.sleep(0.01)


async def test_two_hundred_at_once_arrive(alice, server, engine, uploads):
    """Each connection is cut where nobody chose it, some of them silently."""
    places = random.Random(200)
    contents = [noise(places.randrange(1, 200_000)) for _ in range(COUNT)]
    gaps = [places.choice((1, 1, -1)) * places.randrange(1, 80_000) for _ in range(2 * COUNT)]
    async with (
        Proxy(server.port, gaps) as proxy,
        ClientSession(headers={"Cookie": cookie(alice)}) as session,
        asyncio.timeout(120),
    ):
        await asyncio.gather(*(upload(session, proxy.url, content) for content in contents))
        assert proxy.cuts > COUNT
    assert await engine.count(File.select()) == COUNT
    assert kept(alice) == {sha256(content): content for content in contents}
    # A creation whose answer was sent and never arrived waits for an hour.
    assert not any(staged(alice).values())
    await sweeping.sweep(uploads, now=datetime.now(UTC) + actions.UNCLAIMED)
    assert staged(alice) == {}


async def test_memory_stays_flat(tus):
    async def pieces():
        for _ in range(200):
            yield bytes(1024 * 1024)

    address = await tus.begin(200 * 1024 * 1024)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = await tus.append(address, 0, pieces())
    assert "File-Location" in answer.headers
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024
