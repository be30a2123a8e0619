"""BlogFile: which blog refers to which file."""

from www.db import Column, Table
from www.models.blog import Blog
from www.models.file import File


class BlogFile(Table):
    """A blog, or a draft, that shows a file or links to it; written when the blog is saved."""

    blog_id = Column(int, primary_key=True, references=lambda: Blog.id, on_delete="cascade")
    file_id = Column(
        int, primary_key=True, references=lambda: File.id, on_delete="cascade", index=True
    )
