"""What changes posts. Rendering comes first and in a thread: no transaction waits for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from www.blogs import references
from www.blogs.forms import Action, Text, tag_key
from www.errors import Conflict, Invalid
from www.markup import MarkupError, Profile
from www.models import Blog, BlogTag, Tag
from www.search import index
from www.utils.slugs import slugify

if TYPE_CHECKING:
    from datetime import datetime

    from www.db.verbs import Verbs
    from www.markup import Pictures, Rendered, Renderer
    from www.search.index import Words


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is made of a text once per version: columns of Blog, words to find it by, its files."""

    columns: dict[str, Any]
    words: Words
    files: dict[int, str]


def prepare(renderer: Renderer, text: Text, pictures: Pictures | None = None) -> Prepared:
    """Render `text` and cut it into words; raises Invalid. For a thread."""
    rendered = render(renderer, text.body, pictures)
    columns = {
        "slug": slugify(text.title),
        "html": rendered.html,
        "toc": [asdict(heading) for heading in rendered.toc],
        "summary": rendered.summary,
    }
    words = index.words(text.title, rendered.html)
    return Prepared(columns, words, references.found(rendered.html))


def render(renderer: Renderer, body: str, pictures: Pictures | None = None) -> Rendered:
    """Render Markdown; what it cannot be is Invalid with a message for the field `body`."""
    try:
        return renderer.render(body, Profile.POST, pictures)
    except MarkupError as err:
        raise Invalid({"body": [err.message]}) from err


async def create(
    conn: Verbs, text: Text, prepared: Prepared, *, author_id: int, now: datetime
) -> Blog:
    """Store a new post, published or as a draft."""
    blog = await conn.insert(
        Blog(
            author_id=author_id,
            title=text.title,
            body=text.body,
            published_at=now if text.action is Action.PUBLISH else None,
            created_at=now,
            updated_at=now,
            **prepared.columns,
        )
    )
    await _file(conn, blog, text, prepared)
    return blog


async def save(conn: Verbs, blog: Blog, text: Text, prepared: Prepared, *, now: datetime) -> None:
    """Store a new version; raises Conflict if `text` was made from an older one than `blog`.

    A published post keeps its date; saved as a draft it loses it, and is new when it comes back.
    """
    if text.version != blog.version:
        raise Conflict
    blog.title, blog.body, blog.updated_at = text.title, text.body, now
    blog.published_at = (blog.published_at or now) if text.action is Action.PUBLISH else None
    for name, value in prepared.columns.items():
        blog[name] = value
    await conn.update(blog)
    await _file(conn, blog, text, prepared)


async def remove(conn: Verbs, blog: Blog) -> None:
    """Delete a post; its comments and tags go with it."""
    await index.remove(conn, blog.id)
    await conn.delete(blog)


async def _file(conn: Verbs, blog: Blog, text: Text, prepared: Prepared) -> None:
    """Put the post under its tags and, when it is published, into the index."""
    await conn.run(BlogTag.delete().where(BlogTag.blog_id == blog.id))
    await conn.insert_many(
        [
            BlogTag(blog_id=blog.id, tag_id=tag_id, published_at=blog.published_at)
            for tag_id in await _tag_ids(conn, text)
        ]
    )
    await references.keep(conn, blog.id, prepared.files)
    if blog.published_at is None:
        await index.remove(conn, blog.id)
    else:
        await index.put(conn, blog.id, prepared.words)


async def _tag_ids(conn: Verbs, text: Text) -> list[int]:
    """Return the ids of the tags, made where they are missing; two writers may make the same."""
    if not text.tags:
        return []
    rows = [{"name": name, "key": tag_key(name)} for name in text.tags]
    await conn.run(Tag.insert(*rows).or_ignore(Tag.key))
    wanted = Tag.select(Tag.id).where(Tag.key.in_([row["key"] for row in rows]))
    return await conn.scalars(wanted)
