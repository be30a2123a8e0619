"""Two requests on one upload: the newer one takes it over, and nothing is ever mixed."""

import asyncio
import dataclasses
import random

import pytest
from aiohttp import ClientConnectionError, ClientError

from tests.files.door import kept, sha256, until
from tests.uploads.door import noise, staged
from www import keys
from www.uploads.errors import Locked
from www.uploads.locks import Locks


class Hanging:
    """A body that is sent in part, and then goes on when it is told to."""

    def __init__(self, first, rest=b""):
        self.first, self.rest = first, rest
        self.sent, self.go_on = asyncio.Event(), asyncio.Event()

    async def __aiter__(self):
        yield self.first
        self.sent.set()
        await self.go_on.wait()
        yield self.rest


@pytest.fixture
async def hanging(tus, alice):
    """An upload of ten bytes, five of which a request has brought that does not end."""
    address = await tus.begin(10)
    body = Hanging(b"hello", b"WORLD")
    request = asyncio.create_task(tus.append(address, 0, aiter(body)))
    await until(lambda: alice.app[keys.uploads].locks.is_held(address[-32:]))
    yield address, body, request
    body.go_on.set()
    request.cancel()
    await asyncio.wait([request])


async def test_asking_takes_it_over_and_keeps_what_came(tus, hanging):
    address, body, request = hanging
    await body.sent.wait()
    assert await tus.offset(address) == 5
    with pytest.raises(ClientConnectionError):
        await request
    assert "File-Location" in (await tus.append(address, 5, b"world")).headers


async def test_appending_takes_it_over(tus, hanging, alice):
    address, body, _ = hanging
    await body.sent.wait()
    assert (await tus.append(address, 5, b"world")).status == 204
    assert kept(alice) == {sha256(b"helloworld"): b"helloworld"}


async def test_cancelling_takes_it_over(tus, hanging, alice):
    address, _, _ = hanging
    assert (await tus.delete(address)).status == 204
    assert staged(alice) == {}


async def test_a_body_that_stalls_is_given_up(tus, app, alice):
    uploads = app[keys.uploads]
    object.__setattr__(uploads, "bounds", dataclasses.replace(uploads.bounds, idle_s=0.2))
    address = await tus.begin(10)
    with pytest.raises(ClientConnectionError):
        await tus.append(address, 0, aiter(Hanging(b"hello")))
    await until(lambda: not uploads.locks.is_held(address[-32:]))
    assert await tus.offset(address) == 5


async def test_whoever_is_busy_is_waited_for():
    locks = Locks(patience_s=0.05)
    async with locks.hold("a"):
        with pytest.raises(Locked) as caught:
            async with locks.hold("a"):
                pass
        assert caught.value.headers == {"Retry-After": "1"}
        async with locks.hold("b"):
            pass
    async with locks.hold("a"):
        pass


async def test_what_another_process_has_is_locked(tus, uploads):
    address = await tus.begin(10)
    elsewhere = await uploads.staging.open(address[-32:])
    assert (await tus.append(address, 0, b"hello")).status == 423
    await elsewhere.close()
    assert (await tus.append(address, 0, b"hello")).status == 204


async def test_many_at_once_do_not_mix(tus, alice):
    """Clients that fight for one upload: each byte comes from the same place of the same content."""
    content, waits = noise(1_000_000), random.Random(1)
    address = await tus.begin(len(content))

    async def fight():
        while True:
            try:
                offset = await tus.offset(address)
                if offset == len(content):
                    return
                await tus.append(address, offset, content[offset : offset + 150_000])
            except (ClientError, OSError):
                await asyncio.sleep(waits.random() / 50)  # clients wait, and not alike

    async with asyncio.timeout(30):
        await asyncio.gather(*(fight() for _ in range(4)))
    assert kept(alice) == {sha256(content): content}
