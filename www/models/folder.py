"""Folder: where a person keeps files together; the page of pictures calls it an album."""

from datetime import datetime
from enum import StrEnum

from www.db import Column, Index, Table
from www.models.mixins import utc_now
from www.models.user import User


class Visibility(StrEnum):
    """Who may read a file or open a folder, from the fewest to the most."""

    PRIVATE = "private"  # the owner, administrators, and whoever holds a share link
    UNLISTED = "unlisted"  # whoever has the address
    PUBLIC = "public"  # everyone, and it is listed on the owner's page

    def includes(self, other: "Visibility") -> bool:
        """Return whether everyone to whom `other` is open may read this too."""
        order = list(Visibility)
        return order.index(self) >= order.index(other)


class Folder(Table):
    """A folder in the folder `parent_id`, or at the top; what lies in it has the same owner."""

    id = Column(int, primary_key=True, autoincrement=True)
    owner_id = Column(int, references=lambda: User.id, on_delete="cascade")
    parent_id = Column(
        int, nullable=True, references=lambda: Folder.id, on_delete="cascade", index=True
    )
    name = Column(str, max_length=100)
    name_key = Column(str, max_length=200)
    visibility = Column(Visibility, default=Visibility.UNLISTED)
    created_at = Column(datetime, default=utc_now)

    in_order = Index(owner_id, parent_id, name_key, id)
    of_owner_shown = Index(owner_id, visibility, name_key, id)
