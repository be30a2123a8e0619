"""Tag: a word under which blogs are filed."""

from www.db import Column, Table


class Tag(Table):
    """A subject; `key` is the case-folded name, so that `Python` and `python` are one."""

    id = Column(int, primary_key=True)
    name = Column(str, max_length=50)
    key = Column(str, max_length=150, unique=True)
