"""Counted downloads are forgotten when nobody may go on with them."""

import asyncio
from datetime import UTC, datetime, timedelta

from tests.sharing.door import content, share
from www.app import RESOURCES, shared_downloads
from www.models import ShareDownload
from www.sharing.sweeping import sweep_forever


async def test_it_forgets_what_is_too_old_for_as_long_as_the_server_runs(
    alice, visitor, file, engine
):
    link = await share(alice)
    for _ in range(2):
        async with (await visitor()).get(content(link)):
            pass
    sweeping = asyncio.create_task(sweep_forever(engine, every_s=0))
    past = datetime.now(UTC) - timedelta(seconds=1)
    for id_, left in ((1, [2]), (2, [])):
        old = ShareDownload.update(expires_at=past).where(ShareDownload.id == id_)
        await engine.run(old)
        async with asyncio.timeout(10):
            while await engine.scalars(ShareDownload.select(ShareDownload.id)) != left:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
    sweeping.cancel()
    await asyncio.wait([sweeping])


async def test_it_starts_with_the_server(app, alice, visitor, file, engine):
    link = await share(alice)
    async with (await visitor()).get(content(link)):
        pass
    past = datetime.now(UTC) - timedelta(seconds=1)
    await engine.run(ShareDownload.update(expires_at=past).all_rows())
    sweep = shared_downloads(app)
    await anext(sweep)
    async with asyncio.timeout(10):
        while await engine.count(ShareDownload.select()):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    await anext(sweep, None)
    assert shared_downloads in RESOURCES
