"""Reads on a copy of the server: in turn, never older than asked for, and without it when it is down."""

import asyncio
import tempfile

import pytest

from tests import postgres as servers
from tests.db.conftest import Author
from www.db import Engine, StatementError


@pytest.fixture(scope="module")
def replica(own_server):
    with tempfile.TemporaryDirectory(prefix="www-replica-") as folder:  # where anybody gets to
        replica = own_server.copy(folder)
        replica.start()
        yield replica
        replica.stop()


@pytest.fixture
async def engine(own_server, replica, own_address):
    other = own_address.replace(f":{own_server.port}/", f":{replica.port}/")
    async with Engine(own_address, replicas=[other]) as engine:
        yield engine


async def _seen(engine: Engine, condition) -> None:
    async with asyncio.timeout(10):
        while not await condition():
            await engine.ping()


async def test_it_reads_from_the_replica(engine: Engine, replica: servers.Server):
    await engine.insert(Author(name="Ada"))
    reads = engine.replica(after=await engine.position())
    await _seen(engine, lambda: _port_is(reads._driver, replica.port, reads._after))
    assert await reads.scalars(Author.select(Author.name)) == ["Ada"]
    with pytest.raises(StatementError, match="a replica cannot change"):
        await reads.insert(Author(name="Eve"))


async def _port_is(driver, port: int, after: int) -> bool:
    ((found,),) = await driver.read_copy("SELECT inet_server_port()", (), after)
    return bool(found == port)


async def test_it_never_misses_its_own_changes(engine: Engine):
    for number in range(50):
        await engine.insert(Author(name=f"n{number}"))
        reads = engine.replica(after=await engine.position())
        assert await reads.count(Author.select()) == number + 1


async def test_it_does_without_a_replica_that_is_down(engine: Engine, replica: servers.Server):
    await engine.insert(Author(name="Ada"))
    await asyncio.to_thread(replica.stop)
    try:
        async with asyncio.timeout(5):
            assert await engine.replica().count(Author.select()) == 1
            assert await engine.replica().count(Author.select()) == 1
    finally:
        await asyncio.to_thread(replica.start)


async def test_it_streams_from_the_replica(engine: Engine, replica: servers.Server):
    names = [f"n{number}" for number in range(20)]
    await engine.insert_many([Author(name=name) for name in names])
    select = Author.select(Author.name).order_by(Author.id)
    reads = engine.replica(after=await engine.position())
    assert [row.name async for row in reads.stream(select, chunk=3)] == names
    await _seen(engine, lambda: _port_is(reads._driver, replica.port, reads._after))
    ports = reads._driver.stream_copy("SELECT inet_server_port()", (), 5, reads._after)
    assert [int(row[0]) async for rows in ports for row in rows] == [replica.port]
    async for _ in reads.stream(select, chunk=3):
        break
    await asyncio.to_thread(replica.stop)
    try:
        async with asyncio.timeout(5):
            assert [row.name async for row in engine.replica().stream(select, chunk=3)] == names
    finally:
        await asyncio.to_thread(replica.start)
