"""BlogTag: which blog has which tag."""

from datetime import datetime

from www.db import Column, Index, Table
from www.models.blog import Blog
from www.models.tag import Tag


class BlogTag(Table):
    """One tag of one blog; `published_at` is the blog's, so that one index gives a tag's page."""

    blog_id = Column(int, primary_key=True, references=lambda: Blog.id, on_delete="cascade")
    tag_id = Column(int, primary_key=True, references=lambda: Tag.id, on_delete="cascade")
    published_at = Column(datetime, nullable=True)

    by_tag = Index(tag_id, published_at.desc(), blog_id.desc())
