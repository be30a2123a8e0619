"""Session: one signed-in device; only the hash of its token is stored."""

from datetime import datetime

from www.db import Column, Table
from www.models.mixins import utc_now
from www.models.user import User


class Session(Table):
    """A signed-in device. Deleting the row signs it out."""

    id = Column(int, primary_key=True, autoincrement=True)
    token_hash = Column(bytes, max_length=32, unique=True)
    user_id = Column(int, references=lambda: User.id, on_delete="cascade", index=True)
    created_at = Column(datetime, default=utc_now)
    seen_at = Column(datetime, default=utc_now)
    expires_at = Column(datetime, index=True)
    user_agent = Column(str, max_length=300, default="")
    address = Column(str, max_length=64, default="")
