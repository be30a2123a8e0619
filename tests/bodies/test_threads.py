"""The threads that take bodies."""

import asyncio
import os
import sys
import threading

import pytest

from www.bodies.threads import NICENESS, Threads


def niceness():
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only processes have a niceness")
@pytest.mark.parametrize("own", [0, 3, 18])
@pytest.mark.parametrize("more", [0, NICENESS])
def test_they_are_nicer_than_the_server(own, more):
    """Which may be nice itself; and only root may become less so."""
    found = []

    async def work():
        threads = Threads(1, "nice", niceness=more)
        await threads.run(lambda: found.append(niceness()))
        threads.close()

    def serve():
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), max(own, niceness()))
        found.append(niceness())
        asyncio.run(work())

    server = threading.Thread(target=serve)
    server.start()
    server.join()
    assert found[1] == min(found[0] + more, 19)


async def test_they_are_taken_in_turn():
    threads, order = Threads(1, "turns"), []

    async def work(number):
        await threads.take()
        try:
            await threads.run(lambda: order.append(number))
        finally:
            threads.give_back()

    await threads.take()
    works = [asyncio.create_task(work(number)) for number in range(5)]
    await asyncio.sleep(0)
    assert threads.is_wanted()
    assert not threads.is_free()
    works[2].cancel()
    threads.give_back()
    await asyncio.wait(works)
    assert order == [0, 1, 3, 4]
    assert threads.is_free()
    assert not threads.is_wanted()
    threads.close()
