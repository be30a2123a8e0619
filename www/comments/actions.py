"""What changes comments, and with them the count that stands on the blog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from www.errors import Invalid, NotFound
from www.i18n import N_
from www.markup import MarkupError, Profile
from www.models import Blog, Comment
from www.models.comment import MAX_DEPTH

if TYPE_CHECKING:
    from datetime import datetime

    from www.comments.forms import NewComment
    from www.db.verbs import Verbs
    from www.markup import Renderer

_ID_DIGITS: Final = 12


def rendered(renderer: Renderer, new: NewComment) -> str:
    """Return the HTML of a comment; raises Invalid. For a thread, before the transaction."""
    try:
        html = renderer.render(new.body, Profile.COMMENT).html
    except MarkupError as err:
        raise Invalid({"body": [err.message]}) from err
    if not html.strip():
        raise Invalid({"body": [N_("Nothing of this would be seen.")]})
    return html


async def add(
    conn: Verbs, new: NewComment, *, blog_id: int, author_id: int, html: str, now: datetime
) -> tuple[Comment, Blog]:
    """Put a comment under a published blog and count it; returns it and the blog's address.

    Raises NotFound without such a blog, Invalid where `parent_id` is no comment of this blog.
    """
    counted = (
        Blog.update(comment_count=Blog.comment_count + 1)
        .where(Blog.id == blog_id, Blog.published_at.is_not(None))
        .returning(Blog.id, Blog.slug, Blog.comment_count)
    )
    blogs = await conn.all(counted)
    if not blogs:
        raise NotFound
    above = await _path_of(conn, new.parent_id, blog_id)
    comment = await conn.insert(
        Comment(
            blog_id=blog_id,
            author_id=author_id,
            parent_id=new.parent_id,
            body=new.body,
            html=html,
            created_at=now,
        )
    )
    comment.path = _path(above, comment.id)
    await conn.update(comment)
    return comment, blogs[0]


async def remove(conn: Verbs, comment: Comment, *, now: datetime) -> None:
    """Delete a comment; one that has answers keeps its place, without a word of its text.

    Raises NotFound if somebody else has deleted it. The count comes first, here and in `add`: it
    makes those who change the comments of one blog wait for each other, on PostgreSQL too.
    """
    await conn.run(
        Blog.update(comment_count=Blog.comment_count - 1).where(Blog.id == comment.blog_id)
    )
    this = (Comment.id == comment.id) & Comment.deleted_at.is_(None)
    answers = Comment.select(Comment.id).where(Comment.parent_id == comment.id)
    if await conn.exists(answers):
        changed = await conn.run(Comment.update(body="", html="", deleted_at=now).where(this))
    else:
        changed = await conn.run(Comment.delete().where(this))
        await _drop_empty_places(conn, comment.parent_id)
    if not changed:
        raise NotFound


async def _drop_empty_places(conn: Verbs, id: int | None) -> None:
    """Drop deleted comments whose last answer has gone, upwards from `id`."""
    while id is not None:
        place = await conn.first(
            Comment.select(Comment.id, Comment.parent_id, Comment.deleted_at).where(
                Comment.id == id
            )
        )
        answers = Comment.select(Comment.id).where(Comment.parent_id == id)
        if place is None or place.deleted_at is None or await conn.exists(answers):
            return
        await conn.run(Comment.delete().where(Comment.id == id))
        id = place.parent_id


async def _path_of(conn: Verbs, parent_id: int | None, blog_id: int) -> str:
    if parent_id is None:
        return ""
    path: str | None = await conn.scalar(
        Comment.select(Comment.path).where(
            Comment.id == parent_id, Comment.blog_id == blog_id, Comment.deleted_at.is_(None)
        )
    )
    if path is None:
        text = N_("The comment that you answer is gone. Your text is kept; it can stand alone.")
        raise Invalid({"": [text]})
    return path


def _path(above: str, id: int) -> str:
    """Join the path above and an id of fixed width; at the greatest depth beside the one above."""
    steps = above.split("/")[:MAX_DEPTH] if above else []
    return "/".join([*steps, f"{id:0{_ID_DIGITS}}"])
