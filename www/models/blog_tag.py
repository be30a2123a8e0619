"""BlogTag: which blog has which tag."""

from www.db import Column, Index, Table
from www.models.blog import Blog
from www.models.tag import Tag


class BlogTag(Table):
    """One tag of one blog."""

    blog_id = Column(int, primary_key=True, references=lambda: Blog.id, on_delete="cascade")
    tag_id = Column(int, primary_key=True, references=lambda: Tag.id, on_delete="cascade")

    by_tag = Index(tag_id, blog_id.desc())
