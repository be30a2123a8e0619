"""FileSearch: the names of files in pieces; www.files.naming fills and asks it."""

from www.db import Column, Table


class FileSearch(Table, name="file_search", full_text=True):
    """The index of names; `file_id` is the row's number, the pieces come ready cut."""

    file_id = Column(int, primary_key=True, name="rowid")
    owner = Column(str)
    name = Column(str)
