"""Blog: one published piece of writing, or a draft of one."""

from datetime import datetime

from www.db import Column, Index, Table
from www.models.mixins import Timestamped
from www.models.user import User


class Blog(Timestamped, Table):
    """A piece of writing; a draft while `published_at` is None.

    `body` is the Markdown as it was typed and stays the source; `html`, `toc` and `summary` are
    made of it once per version, when it is saved.
    """

    id = Column(int, primary_key=True, autoincrement=True)
    author_id = Column(int, references=lambda: User.id, on_delete="cascade")
    title = Column(str, max_length=200)
    slug = Column(str, max_length=100)
    body = Column(str)
    html = Column(str)
    toc = Column(list, default=list)
    summary = Column(str, max_length=400, default="")
    published_at = Column(datetime, nullable=True)
    comment_count = Column(int, default=0)
    version = Column(int, default=1, version=True)

    newest = Index(published_at.desc(), id.desc(), where=published_at.is_not(None))
    by_author = Index(author_id, published_at.desc(), id.desc(), where=published_at.is_not(None))
    drafts = Index(
        author_id, Timestamped.updated_at.desc(), id.desc(), where=published_at.is_(None)
    )
