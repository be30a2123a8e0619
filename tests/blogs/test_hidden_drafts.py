"""A draft is nobody's business: not its text, not its title, not that it exists."""

import pytest

from tests.posts import NOW, form, read, store


@pytest.fixture
async def draft(alice, engine):
    return await store(engine, alice.user, "Quiet plan", body="zebra", tags=["secret"], at=None)


@pytest.fixture
async def stranger(request, client, bob, make_actor):
    actors = {"nobody": client, "reader": bob, "author": await make_actor("olga", "author")}
    return actors[request.param]


everyone = pytest.mark.parametrize("stranger", ["nobody", "reader", "author"], indirect=True)


@everyone
async def test_it_hides_the_page(draft, stranger):
    for path in (
        "/blogs/1",
        "/blogs/1-quiet-plan",
        "/blogs/1-x",
        "/blogs/1-quiet-plan.md",
        "/blogs/1-x.md",
    ):
        await read(stranger, path, 404)


@everyone
async def test_it_hides_it_from_lists(draft, stranger):
    for path in (
        "/",
        f"/archive/{NOW.year}",
        "/users/alice",
        "/search?q=zebra",
        "/search?q=quiet",
    ):
        assert "Quiet plan" not in await read(stranger, path)


@everyone
async def test_it_hides_that_its_tag_exists(draft, alice, engine, stranger):
    for actor in (stranger, alice):
        await read(actor, "/tags/secret", 404)
    assert 'href="/tags/secret"' not in await read(alice, "/blogs/1-quiet-plan")
    await store(engine, alice.user, "Loud plan", tags=["secret"])
    assert "Loud plan" in await read(stranger, "/tags/secret")


async def test_it_says_who_can_see_it(draft, alice, make_actor):
    assert "Draft: only you and the editors can see this" in await read(
        alice, "/blogs/1-quiet-plan"
    )
    assert "Only you and the editors can see these." in await read(alice, "/drafts")
    page = await read(await make_actor("ed", "editor"), "/blogs/1-quiet-plan?notice=drafted")
    assert "Draft: only its author and the editors can see this" in page
    assert "Saved as a draft. Only its author and the editors can see it." in page


async def test_it_hides_it_from_the_drafts_of_others(draft, alice, make_actor):
    assert "Quiet plan" in await read(alice, "/drafts")
    other = await make_actor("olga", "author")
    assert "Quiet plan" not in await read(other, "/drafts")


async def test_it_cannot_be_changed_by_others(draft, make_actor):
    other = await make_actor("olga", "author")
    for action in ("edit", "delete"):
        assert (await other.post("/blogs/1/" + action, data=form(version=1))).status == 404


async def test_it_takes_no_comment(draft, alice, bob):
    for actor in (alice, bob):
        assert (await actor.post("/blogs/1/comments", data={"body": "x"})).status == 404
        assert (await actor.post("/blogs/1/comments", data={"body": ""})).status == 404


async def test_it_shows_no_comments_once_taken_back(alice, bob, engine):
    await store(engine, alice.user)
    await bob.post("/blogs/1/comments", data={"body": "said before"})
    await alice.post("/blogs/1/edit", data=form(version=1, action="draft"))
    assert "said before" not in await read(alice, "/blogs/1-hello-world")
    assert (await bob.get("/comments/1/delete")).status == 404
    await read(alice, "/comments/1/delete")


async def test_it_is_read_by_author_and_editors(draft, alice, admin, make_actor):
    for actor in (alice, admin, await make_actor("ed", "editor")):
        assert "zebra" in await read(actor, "/blogs/1-quiet-plan")
        assert "zebra" in await read(actor, "/blogs/1-quiet-plan.md")
