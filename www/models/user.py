"""User: a person with an account."""

from enum import StrEnum

from www.db import Column, Index, Table
from www.models.mixins import Timestamped


class Role(StrEnum):
    """What a person may do, from the least to the most; the one place where roles are listed."""

    READER = "reader"
    AUTHOR = "author"
    EDITOR = "editor"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Return whether this role may do all that `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class User(Timestamped, Table):
    """A person with an account. `name_key` is the case-folded name, so that names are unique.

    `quota_bytes` is how much their files may hold; None stands for what the settings say.
    """

    id = Column(int, primary_key=True, autoincrement=True)
    name = Column(str, max_length=64)
    name_key = Column(str, max_length=192, unique=True)
    display_name = Column(str, max_length=100, default="")
    email = Column(str, max_length=254, nullable=True)
    password_hash = Column(str, max_length=200)
    role = Column(Role, default=Role.READER)
    bio = Column(str, max_length=1000, default="")
    active = Column(bool, default=True)
    quota_bytes = Column(int, nullable=True)

    by_role = Index(role, active)
