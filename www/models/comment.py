"""Comment: what a reader says under a blog."""

from datetime import datetime
from typing import Final

from www.db import Column, Index, Table
from www.models.blog import Blog
from www.models.mixins import utc_now
from www.models.user import User

MAX_DEPTH: Final = 4
"""How far answers are indented; what answers a comment there stands beside it."""


class Comment(Table):
    """A comment, or an answer to the comment `parent_id` under the same blog.

    `path` names the comments above it and itself, so that its order is the order on the page. One
    that was deleted while it has answers keeps its place: `deleted_at` is set, its text is gone.
    """

    id = Column(int, primary_key=True, autoincrement=True)
    blog_id = Column(int, references=lambda: Blog.id, on_delete="cascade")
    author_id = Column(int, references=lambda: User.id, on_delete="cascade", index=True)
    parent_id = Column(
        int, nullable=True, references=lambda: Comment.id, on_delete="cascade", index=True
    )
    path = Column(str, max_length=(MAX_DEPTH + 1) * 13, default="")
    body = Column(str)
    html = Column(str)
    created_at = Column(datetime, default=utc_now)
    deleted_at = Column(datetime, nullable=True)

    in_order = Index(blog_id, path)
