"""Laying out a zip is asked for by strangers: few at once, in short steps, kept for a while."""

import asyncio
from datetime import UTC, datetime, timedelta

from tests.files.test_folders import make, put
from www import keys
from www.files.arranging import Filed
from www.files.planning import Plans

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def filed(*names, at=NOON):
    return [Filed(("a",), name, "0" * 64, 3, at) for name in names]


async def test_it_keeps_what_was_just_laid_out():
    plans = Plans()
    first = await plans.archive(filed("a", "b"), UTC)
    assert await plans.archive(filed("a", "b"), UTC) is first


async def test_any_change_is_another_archive():
    plans = Plans()
    first = await plans.archive(filed("a", "b"), UTC)
    for other in (filed("a"), filed("b", "a"), filed("a", "b", at=NOON + timedelta(1))):
        assert (await plans.archive(other, UTC)).etag != first.etag


async def test_it_forgets_what_nobody_asked_for_the_longest():
    plans = Plans(kept_files=4)
    first = await plans.archive(filed("a", "b"), UTC)
    second = await plans.archive(filed("c", "d"), UTC)
    assert await plans.archive(filed("a", "b"), UTC) is first
    await plans.archive(filed("e", "f"), UTC)
    assert await plans.archive(filed("a", "b"), UTC) is first
    assert await plans.archive(filed("c", "d"), UTC) is not second


async def test_it_keeps_none_that_is_too_large():
    plans = Plans(kept_files=1)
    first = await plans.archive(filed("a", "b"), UTC)
    assert await plans.archive(filed("a", "b"), UTC) is not first


async def test_others_have_turns_while_many_files_are_laid_out():
    """Not a duration: 20,000 files are more than a step, on any machine."""
    done = asyncio.ensure_future(Plans().archive(filed(*map(str, range(20_000))), UTC))
    others = 0
    while not done.done():
        await asyncio.sleep(0)
        others += 1
    assert others > 5


async def test_few_are_planned_at_once(alice):
    """While all turns are taken an archive waits, and everything else is answered."""
    folder = await make(alice, "Many")
    await put(alice, folder, ("a.txt", b"a"))
    turn = alice.app[keys.plans].turn
    while not turn.locked():
        await turn.acquire()
    asking = asyncio.create_task(alice.head(f"/folders/{folder}/archive"))
    assert (await alice.get("/healthz")).status == 200
    assert (await alice.get(f"/folders/{folder}")).status == 200
    assert not asking.done()
    turn.release()
    assert (await asking).status == 200
