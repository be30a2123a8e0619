"""Another version of a post; nobody's text is lost on the way (rule 14 of the house)."""

import pytest

from tests.posts import form, read, store, titles, write
from www.models import Blog, BlogTag


async def test_it_shows_what_is_stored(alice):
    id, _path = await write(alice, title="A < B", body="\nfirst line is empty")
    page = await read(alice, f"/blogs/{id}/edit")
    assert 'value="A &lt; B"' in page
    assert ">\n\nfirst line is empty</textarea>" in page
    assert 'value="letters, 读书"' in page
    assert 'name="version" value="1"' in page


async def test_it_stores_a_new_version(alice, client, engine):
    id, _path = await write(alice)
    first = await engine.get(Blog, id)
    sent = form(title="Second", body="Other", tags="new", version=1)
    answer = await alice.post(f"/blogs/{id}/edit", data=sent, allow_redirects=False)
    assert answer.headers["Location"] == f"/blogs/{id}-second?notice=saved"
    page = await read(client, f"/blogs/{id}-second")
    assert "<p>Other</p>" in page
    assert "/tags/letters" not in page
    second = await engine.get(Blog, id)
    assert (second.version, second.published_at) == (2, first.published_at)
    assert second.updated_at > first.updated_at


async def test_it_is_found_by_its_new_words_only(alice, client):
    id, _path = await write(alice, body="antelope")
    await alice.post(f"/blogs/{id}/edit", data=form(body="buffalo", version=1))
    assert titles(await read(client, "/search?q=antelope")) == []
    assert titles(await read(client, "/search?q=buffalo")) == ["Hello World"]


async def test_it_turns_back_into_a_draft(alice, client, engine):
    id, path = await write(alice)
    sent = form(action="draft", version=1)
    answer = await alice.post(f"/blogs/{id}/edit", data=sent, allow_redirects=False)
    assert answer.headers["Location"].endswith("?notice=drafted")
    await read(client, path, 404)
    assert titles(await read(client, "/search?q=hello")) == []
    await read(client, "/tags/letters", 404)
    assert await engine.count(BlogTag.select().where(BlogTag.blog_id == id)) == 2


@pytest.mark.parametrize("version", ["1", "", "3"])
async def test_it_shows_both_texts_when_somebody_was_quicker(alice, admin, engine, version):
    id, _path = await write(alice)
    await admin.post(f"/blogs/{id}/edit", data=form(body="theirs", version=1))
    sent = form(title="Mine", body="my own text", tags="mine", version=version)
    answer = await alice.post(f"/blogs/{id}/edit", data=sent)
    page = await answer.text()
    assert answer.status == 409
    for part in ("my own text</textarea>", "theirs</textarea>", 'value="Mine"', 'value="mine"'):
        assert part in page
    assert 'name="version" value="2"' in page
    assert (await engine.get(Blog, id)).body == "theirs"


async def test_it_saves_after_a_conflict(alice, admin, engine):
    id, _path = await write(alice)
    await admin.post(f"/blogs/{id}/edit", data=form(body="theirs", version=1))
    await alice.post(f"/blogs/{id}/edit", data=form(body="both", version=2))
    assert (await engine.get(Blog, id)).body == "both"


async def test_it_tells_programs_about_a_conflict(alice):
    id, _path = await write(alice)
    headers = {"Accept": "application/json"}
    answer = await alice.post(f"/blogs/{id}/edit", data=form(version=9), headers=headers)
    assert (answer.status, answer.content_type) == (409, "application/problem+json")


async def test_it_lets_comments_pass_while_somebody_edits(alice, bob, engine):
    id, _path = await write(alice)
    await bob.post(f"/blogs/{id}/comments", data={"body": "meanwhile"})
    await alice.post(f"/blogs/{id}/edit", data=form(body="mine", version=1))
    blog = await engine.get(Blog, id)
    assert (blog.body, blog.comment_count) == ("mine", 1)


async def test_it_keeps_the_text_that_is_refused(alice, engine):
    id, _path = await write(alice)
    answer = await alice.post(f"/blogs/{id}/edit", data=form(title="", body="long work", version=1))
    assert answer.status == 422
    assert "long work</textarea>" in await answer.text()
    assert (await engine.get(Blog, id)).version == 1


async def test_it_previews(alice, engine):
    id, _path = await write(alice)
    answer = await alice.post(
        f"/blogs/{id}/edit", data=form(body="*new*", version=1, action="preview")
    )
    assert "<em>new</em>" in await answer.text()
    assert (await engine.get(Blog, id)).version == 1


async def test_it_is_for_the_author_and_editors(alice, bob, admin, make_actor, engine):
    blog = await store(engine, alice.user)
    draft = await store(engine, alice.user, at=None)
    other = await make_actor("olga", "author")
    for actor, published, hidden in ((other, 403, 404), (bob, 403, 403), (admin, 200, 200)):
        await read(actor, f"/blogs/{blog.id}/edit", published)
        await read(actor, f"/blogs/{draft.id}/edit", hidden)
    answer = await other.post(f"/blogs/{blog.id}/edit", data=form(version=1))
    assert answer.status == 403
    assert (await engine.get(Blog, blog.id)).version == 1
