"""The index in the database: what is put in, taken out and found.

Only published blogs are in it, so that a hit needs no second look at who may read it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from www.models import Blog, BlogSearch, User
from www.search.text import highlight, index_text, plain_text, query_terms, snippet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from www.db import Select
    from www.db.verbs import Verbs
    from www.search.text import Term

TITLE_WEIGHT: Final = 10.0
BODY_WEIGHT: Final = 1.0
SOME: Final = 20  # blogs that are cut into words at a time


@dataclass(frozen=True, slots=True)
class Words:
    """A title and a text, cut for the index."""

    title: str
    body: str


def words(title: str, html: str) -> Words:
    """Cut title and rendered text; half a megabyte takes 0.3 s, so call it in a thread."""
    return Words(index_text(title), index_text(plain_text(html)))


async def put(conn: Verbs, blog_id: int, found_by: Words) -> None:
    """Let a blog be found by these words and no others."""
    await remove(conn, blog_id)
    await conn.run(
        BlogSearch.insert({"blog_id": blog_id, "title": found_by.title, "body": found_by.body})
    )


async def remove(conn: Verbs, blog_id: int) -> None:
    """Let a blog be found no more."""
    await conn.run(BlogSearch.delete().where(BlogSearch.blog_id == blog_id))


async def made_anew(conn: Verbs) -> AsyncIterator[list[BlogSearch]]:
    """Yield the whole index in the order of its keys, made from what is published."""
    published = Blog.select(Blog.id, Blog.title, Blog.html).where(Blog.published_at.is_not(None))
    after = 0
    while blogs := await conn.all(published.where(Blog.id > after).order_by(Blog.id).limit(SOME)):
        yield await asyncio.to_thread(_rows, blogs)
        after = blogs[-1].id


def _rows(blogs: Sequence[Blog]) -> list[BlogSearch]:
    cut = [(blog.id, words(blog.title, blog.html)) for blog in blogs]
    return [BlogSearch(blog_id=id_, title=found.title, body=found.body) for id_, found in cut]


async def find(conn: Verbs, query: str, *, limit: int, offset: int = 0) -> tuple[list[Blog], int]:
    """Return blogs that hold all words of `query`, the best first, and how many there are.

    A hit in the title counts ten times one in the text. The rows have `html` for the snippet.
    """
    terms = query_terms(query)
    if not terms:
        return [], 0
    matching = _matching(terms)
    total = await conn.count(matching)
    if offset >= total:
        return [], total
    best = matching.order_by(BlogSearch.rank(TITLE_WEIGHT, BODY_WEIGHT), BlogSearch.blog_id.desc())
    ids: list[int] = await conn.scalars(best.limit(limit).offset(offset))
    found = {blog.id: blog for blog in await conn.all(_named(ids))}
    return [found[id_] for id_ in ids if id_ in found], total


def shown(found: Sequence[Blog], terms: Sequence[Term]) -> list[Blog]:
    """Fill `title_html` and `snippet_html`, safe and with `<mark>`; for a thread."""
    for blog in found:
        blog["title_html"] = Markup(highlight(blog.title, terms))  # noqa: S704  both escape
        blog["snippet_html"] = Markup(snippet(plain_text(blog.html), terms))  # noqa: S704  both escape
    return list(found)


def _matching(terms: Sequence[Term]) -> Select[BlogSearch]:
    # One match per term, because each has a prefix of its own; FTS5 takes them together.
    matches = (BlogSearch.match((term.tokens,), prefix=term.prefix) for term in terms)
    return BlogSearch.select(BlogSearch.blog_id).where(*matches)


def _named(ids: Sequence[int]) -> Select[Any]:
    return (
        Blog.select(
            *(Blog.id, Blog.title, Blog.slug, Blog.html, Blog.published_at),
            User.name.label("author_name"),
            User.display_name.label("author_display"),
        )
        .join(User)
        .where(Blog.id.in_(ids), Blog.published_at.is_not(None))
    )
