"""What the pages ask about posts. Lists name the columns that they show: no text, no HTML."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from www.auth.permissions import allow, can
from www.blogs.forms import MAX_TAG_KEY, tag_key
from www.db import Page
from www.errors import NotFound
from www.models import Blog, BlogTag, Tag, User

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from www.db import Select
    from www.db.verbs import Verbs

_CARD: Final = (
    *(Blog.id, Blog.title, Blog.slug, Blog.summary, Blog.published_at, Blog.comment_count),
    User.name.label("author_name"),
    User.display_name.label("author_display"),
)
_SHOWN: Final = (
    *(Blog.id, Blog.author_id, Blog.title, Blog.slug, Blog.html, Blog.toc, Blog.summary),
    *(Blog.published_at, Blog.created_at, Blog.updated_at, Blog.version, Blog.comment_count),
)
_PUBLISHED: Final = Blog.published_at.is_not(None)
_MOST_YEARS: Final = 100


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a list: behind the cursor `after`, `size` rows."""

    after: str | None = None
    size: int = 10


async def latest(conn: Verbs, part: Slice) -> Page[Any]:
    """Return cards of published posts, the newest first."""
    return await _cards(conn, _newest(), part)


async def by_author(conn: Verbs, author_id: int, part: Slice) -> Page[Any]:
    """Return cards of what one person has published."""
    return await _cards(conn, _newest().where(Blog.author_id == author_id), part)


async def in_year(conn: Verbs, year: int, zone: tzinfo, part: Slice) -> Page[Any]:
    """Return cards of what was published in `year`, as the clocks of `zone` show it."""
    begin, end = _new_year(year, zone), _new_year(year + 1, zone)
    within = _newest().where(Blog.published_at >= begin, Blog.published_at < end)
    return await _cards(conn, within, part)


async def under_tag(conn: Verbs, tag: Tag, part: Slice) -> Page[Any]:
    """Return cards of published posts with `tag`, the newest first.

    Two questions, because SQLite joins the other way round where its statistics are old, and then
    sorts all posts of the tag: 8 ms for 2,000 of them instead of 0.1.
    """
    page = await conn.page(
        _published_under(tag).order_by(BlogTag.published_at.desc(), BlogTag.blog_id.desc()),
        after=part.after,
        size=part.size,
    )
    ids = [row.blog_id for row in page.rows]
    cards = Blog.select(*_CARD).join(User).where(_PUBLISHED, Blog.id.in_(ids))
    found = {row.id: row for row in await conn.all(cards)} if ids else {}
    rows = await _with_tags(conn, [found[id] for id in ids if id in found])
    return Page(rows, page.next)


async def drafts(conn: Verbs, author_id: int, part: Slice) -> Page[Blog]:
    """Return what one person has not published, last changed first."""
    select = Blog.select(Blog.id, Blog.title, Blog.slug, Blog.updated_at)
    select = select.where(Blog.author_id == author_id, Blog.published_at.is_(None))
    return await conn.page(
        select.order_by(Blog.updated_at.desc(), Blog.id.desc()), after=part.after, size=part.size
    )


async def years(conn: Verbs, zone: tzinfo) -> list[int]:
    """Return the years in which something was published: one seek in the index for each."""
    newest = Blog.select(Blog.published_at).where(_PUBLISHED).order_by(Blog.published_at.desc())
    found: list[int] = []
    moment: datetime | None = await conn.scalar(newest)
    while moment is not None and len(found) < _MOST_YEARS:
        year = moment.astimezone(zone).year
        found.append(year)
        moment = await conn.scalar(newest.where(Blog.published_at < _new_year(year, zone)))
    return found


async def tag(conn: Verbs, name: str) -> Tag:
    """Return the tag of that name in whatever spelling; NotFound where only drafts have it."""
    key = tag_key(name)
    if len(key) > MAX_TAG_KEY:
        raise NotFound
    found = await conn.first(Tag.select().where(Tag.key == key))
    if found is None or not await conn.exists(_published_under(found)):
        raise NotFound
    return found


async def tags_of(conn: Verbs, ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the names of the tags of each of these posts, in the order of the alphabet."""
    select = BlogTag.select(BlogTag.blog_id, Tag.name, Tag.key).join(Tag)
    rows = await conn.all(select.where(BlogTag.blog_id.in_(ids))) if ids else []
    tags: dict[int, list[str]] = {id: [] for id in ids}
    for row in sorted(rows, key=lambda row: str(row["key"])):
        tags[row.blog_id].append(row["name"])
    return tags


async def readable_blog(conn: Verbs, user: User | None, id: int) -> Blog:
    """Return a post without its Markdown; NotFound for a draft that `user` may not edit."""
    return await _readable(conn, user, Blog.select(*_SHOWN).where(Blog.id == id))


async def readable_source(conn: Verbs, user: User | None, id: int) -> Blog:
    """Return a post's Markdown and what its address is made of; NotFound as `readable_blog`."""
    columns = (Blog.id, Blog.author_id, Blog.slug, Blog.published_at, Blog.body)
    return await _readable(conn, user, Blog.select(*columns).where(Blog.id == id))


async def readable_address(conn: Verbs, user: User | None, id: int) -> Blog:
    """Return what a post's address is made of; NotFound as `readable_blog`."""
    columns = (Blog.id, Blog.author_id, Blog.slug, Blog.published_at)
    return await _readable(conn, user, Blog.select(*columns).where(Blog.id == id))


async def editable_blog(conn: Verbs, user: User | None, id: int) -> Blog:
    """Return the whole row; NotFound for what `user` may not read, Forbidden for what not edit."""
    blog = await _readable(conn, user, Blog.select().where(Blog.id == id))
    allow(user, "edit", blog)
    return blog


async def author_of(conn: Verbs, blog: Blog) -> User:
    """Return the author's names."""
    names = User.select(User.id, User.name, User.display_name)
    return await conn.one(names.where(User.id == blog.author_id))


async def _readable(conn: Verbs, user: User | None, select: Select[Blog]) -> Blog:
    blog = await conn.first(select)
    if blog is None or (blog.published_at is None and not can(user, "edit", blog)):
        raise NotFound
    return blog


def _published_under(tag: Tag) -> Select[BlogTag]:
    return BlogTag.select(BlogTag.blog_id).where(
        BlogTag.tag_id == tag.id, BlogTag.published_at.is_not(None)
    )


def _newest() -> Select[Any]:
    cards = Blog.select(*_CARD).join(User).where(_PUBLISHED)
    return cards.order_by(Blog.published_at.desc(), Blog.id.desc())


async def _cards(conn: Verbs, select: Select[Any], part: Slice) -> Page[Any]:
    page = await conn.page(select, after=part.after, size=part.size)
    return Page(await _with_tags(conn, page.rows), page.next)


async def _with_tags(conn: Verbs, rows: Sequence[Blog]) -> Sequence[Blog]:
    tags = await tags_of(conn, [row.id for row in rows])
    for row in rows:
        row["tags"] = tags[row.id]
    return rows


def _new_year(year: int, zone: tzinfo) -> datetime:
    return datetime(year, 1, 1, tzinfo=zone).astimezone(UTC)
