"""File: something a person uploaded."""

from datetime import datetime

from www.db import Column, Index, Table
from www.models.folder import Folder, Visibility
from www.models.mixins import utc_now
from www.models.user import User


class File(Table):
    """A name and owner for content that www.storage keeps under its hash.

    `name_key` is the name as it sorts; it is empty until `www.files.naming` has made it. `width`
    and `height` are those of a picture, `placeholder` is what a page shows until it has come.
    """

    id = Column(int, primary_key=True, autoincrement=True)
    owner_id = Column(int, references=lambda: User.id, on_delete="cascade")
    folder_id = Column(int, nullable=True, references=lambda: Folder.id, on_delete="set null")
    name = Column(str, max_length=255)
    name_key = Column(str, max_length=200, default="")
    content_type = Column(str, max_length=100)
    size = Column(int)
    sha256 = Column(str, max_length=64, index=True)
    visibility = Column(Visibility, default=Visibility.UNLISTED)
    width = Column(int, nullable=True)
    height = Column(int, nullable=True)
    placeholder = Column(str, max_length=400, nullable=True)
    created_at = Column(datetime, default=utc_now)

    # Of one person, of one of their folders (none is the top), and of the whole site, in each
    # order in which a list can stand.
    of_owner = Index(owner_id, id.desc())
    of_owner_by_name = Index(owner_id, name_key, id)
    used_by_owner = Index(owner_id, size, id)
    used_by_kind = Index(owner_id, content_type, size)
    of_owner_shown = Index(owner_id, visibility, id.desc())
    in_folder = Index(folder_id, owner_id, id.desc())
    in_folder_by_name = Index(folder_id, owner_id, name_key, id)
    in_folder_by_size = Index(folder_id, owner_id, size, id)
    by_name = Index(name_key, id)
    by_size = Index(size, id)
