"""`www demo`: what it writes is a site like any other."""

import re
import struct
import zlib
from datetime import UTC, datetime
from random import Random

import pytest

from www import keys
from www.cli.demo.corpus import Voice, talk, topics
from www.cli.demo.fill import BATCH, SPAN, Filler
from www.cli.demo.pictures import HEIGHT, WIDTH, picture
from www.files import queries as files
from www.markup import ComrakRenderer
from www.models import Blog, Comment, File, User
from www.search import index

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
POSTS = 2 * BATCH + 3
LINK = re.compile(r'(?:href|src)="(/(?:files|blogs)/[^"#]+)"')


@pytest.fixture
async def filled(engine, app):
    """Fill the site of the test's application."""
    filler = Filler(
        engine, app[keys.storage], ComrakRenderer(), quota_bytes=10**9, now=NOW, seed="test"
    )
    await filler.invite("nobody can sign in with this")
    await filler.write(POSTS, lambda: None)
    return filler.filled


async def test_every_page_and_every_link_works(filled, engine, client):
    links = {"/", "/search?q=soil", "/search?q=时间", "/users/老周"}
    for blog in await engine.all(Blog.select(Blog.id, Blog.html, Blog.published_at)):
        if blog.published_at is not None:
            links |= {f"/blogs/{blog.id}", *LINK.findall(blog.html)}
    broken = [link for link in links if (await client.get(link)).status != 200]
    assert len(links) > POSTS
    assert broken == []


async def test_it_counts_what_it_wrote(filled, engine):
    assert filled.posts == POSTS == await engine.count(Blog.select())
    assert filled.comments == await engine.count(Comment.select()) > POSTS
    assert filled.files == await engine.count(File.select()) > 10
    assert len(filled.people) == 12 == await engine.count(User.select())


async def test_the_count_on_a_post_is_right(filled, engine):
    for blog in await engine.all(Blog.select()):
        said = Comment.select().where(Comment.blog_id == blog.id)
        assert blog.comment_count == await engine.count(said) <= 40


async def test_times_are_plausible(filled, engine):
    born = {blog.id: blog.created_at for blog in await engine.all(Blog.select())}
    assert min(born.values()) > NOW - SPAN * 1.1
    for comment in await engine.all(Comment.select()):
        assert born[comment.blog_id] < comment.created_at < NOW


async def test_both_languages_can_be_found(filled, engine):
    for word in "morning", "时候":
        found, total = await index.find(engine, word, limit=5)
        assert total >= len(found) > 0


async def test_contents_are_stored(filled, engine, app):
    rows = await engine.all(File.select())
    assert {row.content_type for row in rows} >= {"image/png"}
    assert [row.id for row in rows if not await app[keys.storage].exists(row.sha256)] == []
    hashes = {row.sha256 for row in rows}
    assert await files.contents_in_use(engine, sorted(hashes)) == hashes


async def test_the_same_seed_gives_the_same_texts(filled, engine, app):
    before = await engine.scalars(Blog.select(Blog.title).order_by(Blog.id))
    storage, renderer = app[keys.storage], ComrakRenderer()
    again = Filler(engine, storage, renderer, quota_bytes=10**9, now=NOW, seed="test")
    await again.invite("")
    await again.write(POSTS, lambda: None)
    titles = await engine.scalars(Blog.select(Blog.title).order_by(Blog.id))
    assert titles == before * 2
    assert not any(person.is_new for person in again.filled.people)


async def test_a_stranger_keeps_the_name(engine, app, make_actor):
    stranger = await make_actor("priya")
    filler = Filler(engine, app[keys.storage], ComrakRenderer(), quota_bytes=1, now=NOW)
    await filler.invite("")
    assert stranger.user.id not in {person.id for person in filler.filled.people}
    assert "priya2" in {person.name for person in filler.filled.people}


def test_the_command_says_how_to_sign_in(www):
    answer = www("demo", "--blogs", "3")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("wrote 3 posts")
    assert re.search(r"password of each: [A-Za-z0-9_-]{16}\n", answer.out)


def test_the_command_leaves_a_site_with_posts_alone(www):
    www("demo", "--blogs", "2")
    answer = www("demo", "--blogs", "2")
    assert (answer.code, answer.out) == (1, "")
    assert "2 posts already; --again adds 2 more" in answer.err


def test_the_command_adds_more_when_asked(www):
    www("demo", "--blogs", "2")
    answer = www("demo", "--blogs", "2", "--again")
    assert answer.code == 0
    assert "password" not in answer.out
    assert len(www("user", "list").out.splitlines()) == 12


def test_the_command_prints_an_address_that_is_checked(www):
    www("demo", "--blogs", "2")
    assert www("check").code == 0


@pytest.mark.parametrize("topic", topics(), ids=lambda topic: topic.tags[0])
def test_every_line_of_the_corpus_can_be_said(topic):
    pools = [line for pool in topic.pools.values() for line in pool]
    lines = [
        *pools,
        *(line for section in topic.sections for line in (section.heading, *section.sentences)),
        *(item for section in topic.sections for item in section.items),
        *(line for line in talk(topic.language)["asides"]),
    ]
    said = [Voice(Random(0), topic, NOW).say(line) for line in lines]
    assert [line for line in said if re.search(r"[{}<>]|\w\|\w", line)] == []


@pytest.mark.parametrize("seed", range(8))
def test_pictures_are_whole(seed):
    data = picture(Random(seed))
    assert struct.unpack(">II", data[16:24]) == (WIDTH, HEIGHT)
    start = data.index(b"IDAT") + 4
    rows = zlib.decompressobj().decompress(data[start:])
    assert len(rows) == HEIGHT * (WIDTH + 1)
    assert max(rows) < 256
