"""BlogSearch: the words of published blogs; www.search fills and asks it."""

from www.db import Column, Table


class BlogSearch(Table, name="blog_search", full_text=True):
    """The full text index; `blog_id` is the row's number, the words come ready cut."""

    blog_id = Column(int, primary_key=True, name="rowid")
    title = Column(str)
    body = Column(str)
