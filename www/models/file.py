"""File: something a person uploaded."""

from datetime import datetime

from www.db import Column, Index, Table
from www.models.mixins import utc_now
from www.models.user import User


class File(Table):
    """A name and owner for content that www.storage keeps under its hash."""

    id = Column(int, primary_key=True, autoincrement=True)
    owner_id = Column(int, references=lambda: User.id, on_delete="cascade")
    name = Column(str, max_length=255)
    content_type = Column(str, max_length=100)
    size = Column(int)
    sha256 = Column(str, max_length=64, index=True)
    created_at = Column(datetime, default=utc_now)

    of_owner = Index(owner_id, id.desc())
    used_by_owner = Index(owner_id, size)
