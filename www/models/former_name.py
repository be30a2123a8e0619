"""FormerName: what a file was called before, so that its old addresses lead on."""

from www.db import Column, Table
from www.models.file import File


class FormerName(Table):
    """A name under which a file could once be read.

    Names are kept and not only numbers, because whoever reads an unlisted file knows its name.
    """

    file_id = Column(int, primary_key=True, references=lambda: File.id, on_delete="cascade")
    name = Column(str, max_length=255, primary_key=True)
