"""Long texts wait for each other, and nothing else waits for them."""

import asyncio
import re
import threading

import pytest

from tests.actors import CHEAP
from tests.posts import form, store
from www import keys
from www.app import RESOURCES, create_app, text_renders
from www.auth.passwords import Passwords
from www.markup import ComrakRenderer, Renders


class Held(ComrakRenderer):
    """Renders when it is let go, and remembers in which order."""

    def __init__(self):
        super().__init__()
        self.let_go = threading.Event()
        self.begun = []

    def render(self, source, *args):
        self.begun.append(source)
        self.let_go.wait(30)
        return super().render(source, *args)


@pytest.fixture
def held():
    return Held()


@pytest.fixture
def app(settings, held):
    async def renders(app):
        async with Renders(held) as app[keys.renders]:
            yield
            held.let_go.set()

    resources = [renders if resource is text_renders else resource for resource in RESOURCES]
    return create_app(settings, passwords=Passwords(**CHEAP), resources=resources)


def post(actor, path, **data):
    return asyncio.create_task(_post(actor, path, data))


async def _post(actor, path, data):
    async with actor.post(path, data=data, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Retry-After"), await answer.text()


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  (another task makes it true)
            await asyncio.sleep(0.005)


async def test_only_the_newest_preview_waits(alice, held):
    first = post(alice, "/preview", body="first")
    await until(lambda: held.begun)
    others = [post(alice, "/preview", body=f"{number}") for number in range(12)]
    await until(lambda: sum(task.done() for task in others) == 11)
    assert {task.result()[:2] for task in others if task.done()} == {(429, "3")}
    (newest,) = (task for task in others if not task.done())
    held.let_go.set()
    assert (await first)[0] == (await newest)[0] == 200
    assert held.begun == ["first", f"{others.index(newest)}"]


async def test_pages_do_not_wait(alice, client, held):
    waiting = [post(alice, "/preview", body="x"), post(alice, "/write", **form())]
    await until(lambda: held.begun)
    async with asyncio.timeout(20):
        assert (await client.get("/")).status == 200
        assert (await client.get("/search?q=word")).status == 200
        assert not any(task.done() for task in waiting)
    held.let_go.set()
    assert sorted([(await task)[0] for task in waiting]) == [200, 303]


async def test_what_was_typed_comes_back(alice, engine, held):
    """Four texts wait behind the first one, and there is no room for a fifth, nor for a comment."""
    blog = await store(engine, alice.user)
    body = "typed" + " " * 499_990 + "text"
    sent = [post(alice, "/write", **form(body=body)) for _ in range(6)]
    await until(lambda: any(task.done() for task in sent))
    said = post(alice, f"/blogs/{blog.id}/comments", body="said " * 100)
    for task in (next(task for task in sent if task.done()), said):
        status, retry_after, page = await task
        assert (status, retry_after) == (429, "3")
        assert "Several of your texts are still being worked on." in page
        assert re.search(r"<textarea[^>]*>\s*(typed|said) ", page)
    held.let_go.set()
    assert sorted([(await task)[0] for task in sent]) == [303] * 5 + [429]


async def test_a_preview_in_the_form_waits_too(alice, held):
    held.let_go.set()
    _, _, page = await post(alice, "/write", **form(action="preview", body="*seen*"))
    assert "<em>seen</em>" in page
