"""Turns: one text at a time, from person to person, in bounded number."""

import asyncio
import threading

import pytest

from www.errors import RateLimited, Unavailable
from www.markup import ComrakRenderer, Renders
from www.markup.renders import MAX_WAITING_CHARS, MAX_WAITING_CHARS_OF_ONE


@pytest.fixture
async def renders():
    async with Renders(ComrakRenderer()) as renders:
        yield renders


class Line:
    """Texts that were sent; the first one holds the thread until `go`."""

    def __init__(self, renders):
        self.renders, self.order, self._go = renders, [], threading.Event()

    async def send(self, person_id, text, *, chars=1, preview=False):
        """Send a text and let it line up."""
        run = self.renders.run(
            lambda _: self._work(text), person_id=person_id, chars=chars, preview=preview
        )
        task = asyncio.create_task(run)
        await asyncio.sleep(0)
        return task

    def _work(self, text):
        self._go.wait(30)
        self.order.append(text)
        return text

    async def go(self, *tasks):
        self._go.set()
        return await asyncio.gather(*tasks, return_exceptions=True)


async def test_it_does_the_work_in_a_thread_of_its_own(renders):
    name = await renders.run(lambda _: threading.current_thread().name, person_id=1, chars=1)
    assert name.startswith("markup")
    rendered = await renders.run(lambda renderer: renderer.render("*x*"), person_id=1, chars=1)
    assert rendered.html == "<p><em>x</em></p>\n"


async def test_people_take_turns(renders):
    line = Line(renders)
    tasks = [await line.send(*sent) for sent in ((1, "a"), (1, "b"), (1, "c"), (2, "d"), (3, "e"))]
    assert await line.go(*tasks) == ["a", "b", "c", "d", "e"]
    assert line.order == ["a", "b", "d", "e", "c"]


async def test_a_newer_preview_replaces_the_older(renders):
    line = Line(renders)
    tasks = [await line.send(1, "a", preview=True), await line.send(1, "post")]
    tasks += [await line.send(1, text, preview=True) for text in ("b", "c")]
    tasks.append(await line.send(2, "d", preview=True))
    a, post, b, c, d = await line.go(*tasks)
    assert (a, post, c, d) == ("a", "post", "c", "d")
    assert isinstance(b, RateLimited)
    assert line.order == ["a", "post", "d", "c"]


async def test_one_person_waits_with_a_few_texts(renders):
    line, most = Line(renders), MAX_WAITING_CHARS_OF_ONE // 4
    tasks = [await line.send(1, "x", chars=most) for _ in range(6)]
    tasks.append(await line.send(2, "y", chars=most))
    done = await line.go(*tasks)
    assert isinstance(done.pop(-2), RateLimited)
    assert done == ["x"] * 5 + ["y"]


async def test_it_refuses_when_many_wait(renders):
    line, most = Line(renders), MAX_WAITING_CHARS_OF_ONE
    many = MAX_WAITING_CHARS // most
    tasks = [await line.send(person_id, "x", chars=most) for person_id in range(many + 2)]
    done = await line.go(*tasks)
    assert isinstance(done.pop(), Unavailable)
    assert done == ["x"] * (many + 1)


async def test_who_gives_up_holds_up_nobody(renders):
    line = Line(renders)
    tasks = [await line.send(*sent) for sent in ((1, "a"), (1, "b"), (2, "c"), (2, "d"))]
    for task in tasks[1:3]:
        task.cancel()
    assert (await line.go(*tasks))[3] == "d"
    assert line.order == ["a", "d"]
    assert await renders.run(lambda _: "later", person_id=1, chars=1) == "later"


async def test_a_turn_that_comes_to_a_cancelled_task_is_passed_on(renders):
    line = Line(renders)
    first, second, third = [await line.send(1, text) for text in "abc"]
    first.add_done_callback(lambda _: second.cancel())
    assert (await line.go(first, second, third))[2] == "c"


async def test_an_error_gives_the_thread_back(renders):
    def fail(_):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await renders.run(fail, person_id=1, chars=1)
    assert await renders.run(lambda _: 1, person_id=1, chars=1) == 1
