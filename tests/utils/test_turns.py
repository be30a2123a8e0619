import asyncio

from www.utils.turns import turns


async def test_it_yields_all_in_order():
    assert [one async for one in turns(range(1000))] == list(range(1000))


async def test_others_have_their_turn_in_between():
    order = ""

    async def work(name):
        nonlocal order
        async for one in turns(range(3), step_s=-1):
            order += f"{name}{one} "

    await asyncio.gather(work("a"), work("b"))
    assert order == "a0 b0 a1 b1 a2 b2 "


async def test_nobody_else_has_one_within_a_step():
    order: list[object] = []

    async def other():
        order.append("other")

    task = asyncio.create_task(other())
    order += [one async for one in turns(range(3), step_s=3600)]
    await task
    assert order == [0, 1, 2, "other"]
