"""Comment: what a reader says under a blog."""

from datetime import datetime

from www.db import Column, Index, Table
from www.models.blog import Blog
from www.models.mixins import utc_now
from www.models.user import User


class Comment(Table):
    """A comment, or an answer to the comment `parent_id` under the same blog."""

    id = Column(int, primary_key=True, autoincrement=True)
    blog_id = Column(int, references=lambda: Blog.id, on_delete="cascade")
    author_id = Column(int, references=lambda: User.id, on_delete="cascade", index=True)
    parent_id = Column(
        int, nullable=True, references=lambda: Comment.id, on_delete="cascade", index=True
    )
    body = Column(str)
    html = Column(str)
    created_at = Column(datetime, default=utc_now)

    under_blog = Index(blog_id, id)
