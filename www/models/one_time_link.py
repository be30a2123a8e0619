"""OneTimeLink: an address that sets up an account, once."""

from datetime import datetime
from enum import StrEnum

from www.db import Column, Index, Table
from www.models.mixins import utc_now
from www.models.user import Role, User


class Purpose(StrEnum):
    """What the link is good for."""

    SETUP = "setup"  # make the first administrator
    INVITE = "invite"  # make an account with `role`
    RESET = "reset"  # choose a new password for `user_id`


class OneTimeLink(Table):
    """A secret address, of which only the token's hash is stored."""

    id = Column(int, primary_key=True, autoincrement=True)
    token_hash = Column(bytes, max_length=32, unique=True)
    purpose = Column(Purpose)
    role = Column(Role, default=Role.READER)
    user_id = Column(
        int, nullable=True, references=lambda: User.id, on_delete="cascade", index=True
    )
    created_by = Column(
        int, nullable=True, references=lambda: User.id, on_delete="cascade", index=True
    )
    created_at = Column(datetime, default=utc_now)
    expires_at = Column(datetime, index=True)
    used_at = Column(datetime, nullable=True)

    waiting = Index(purpose, id.desc(), where=used_at.is_(None))
