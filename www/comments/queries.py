"""What the pages ask about comments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from www.auth.permissions import allow, can
from www.errors import NotFound
from www.models import Blog, Comment, User

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db import Select
    from www.db.verbs import Verbs

PAGE_SIZE: Final = 200
"""Comments on one page; a longer conversation goes on at `?comments=ID`."""


@dataclass(frozen=True, slots=True)
class Thread:
    """Comments in the order in which they are read; `next` is the first that is not here."""

    rows: Sequence[Comment]
    next: int | None = None


async def thread(
    conn: Verbs, blog: Blog, *, start: int | None = None, size: int = PAGE_SIZE
) -> Thread:
    """Return what is said under `blog`, beginning at the comment `start`; NotFound if it is none.

    Rows have `depth`, `author_name`, `author_display`, and `blog_author_id` for the permissions.
    """
    select = _shown().where(Comment.blog_id == blog.id).order_by(Comment.path)
    if start is not None:
        path = await conn.scalar(
            Comment.select(Comment.path).where(Comment.id == start, Comment.blog_id == blog.id)
        )
        if path is None:
            raise NotFound
        select = select.where(Comment.path >= path)
    rows = await conn.all(select.limit(size + 1))
    for row in rows:
        row["depth"] = row.path.count("/")
        row["blog_author_id"] = blog.author_id
    return Thread(rows[:size], rows[size].id if len(rows) > size else None)


async def deletable_comment(conn: Verbs, user: User | None, id: int) -> Comment:
    """Return a comment that `user` may delete; raises NotFound, Forbidden."""
    select = (
        Comment.select()
        .add(Blog.author_id.label("blog_author_id"), Blog.slug, Blog.published_at)
        .join(Blog)
        .where(Comment.id == id, Comment.deleted_at.is_(None))
    )
    comment = await conn.first(select)
    if comment is None:
        raise NotFound
    draft = comment["published_at"] is None
    if draft and not can(user, "edit", {"author_id": comment["blog_author_id"]}):
        # Whoever cannot read a draft learns nothing of what is said under it.
        raise NotFound
    allow(user, "delete_comment", comment)
    return comment


def _shown() -> Select[Any]:
    return Comment.select(
        *(Comment.id, Comment.blog_id, Comment.author_id, Comment.parent_id, Comment.path),
        *(Comment.html, Comment.created_at, Comment.deleted_at),
        User.name.label("author_name"),
        User.display_name.label("author_display"),
    ).join(User)
