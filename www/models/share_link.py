"""ShareLink: an address that opens one file or one folder to whoever has it."""

import secrets
from datetime import datetime

from www.db import Check, Column, Index, Table
from www.models.file import File
from www.models.folder import Folder
from www.models.mixins import utc_now
from www.models.user import User


class ShareLink(Table):
    """An address that opens a file or a folder, until it expires, is used up or revoked.

    The token is stored as it is, because its maker may read the address again; it opens no more
    than the file. `secret` never leaves the server: it signs what a visitor's browser remembers.
    `downloads_left` is None where downloads are not limited. `note` is for its maker alone.
    """

    id = Column(int, primary_key=True, autoincrement=True)
    file_id = Column(
        int, nullable=True, references=lambda: File.id, on_delete="cascade", index=True
    )
    folder_id = Column(
        int, nullable=True, references=lambda: Folder.id, on_delete="cascade", index=True
    )
    token = Column(str, max_length=64, unique=True)
    secret = Column(bytes, max_length=32, default=lambda: secrets.token_bytes(32))
    password_hash = Column(str, max_length=200, nullable=True)
    expires_at = Column(datetime, nullable=True)
    downloads_left = Column(int, nullable=True)
    downloads = Column(int, default=0)
    last_download_at = Column(datetime, nullable=True)
    note = Column(str, max_length=200, default="")
    created_by = Column(int, references=lambda: User.id, on_delete="cascade")
    created_at = Column(datetime, default=utc_now)
    revoked_at = Column(datetime, nullable=True)

    one_target = Check(file_id.is_(None) | folder_id.is_(None))
    some_target = Check(file_id.is_not(None) | folder_id.is_not(None))
    of_maker = Index(created_by, id.desc())
