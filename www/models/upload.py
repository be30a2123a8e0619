"""Upload: a file on its way in that may be interrupted and resumed."""

from datetime import datetime

from www.db import Column, Index, Table
from www.models.file import File
from www.models.mixins import utc_now
from www.models.user import User


class Upload(Table):
    """What is known of a resumable upload; its bytes, and so its offset, are in `www.uploads`.

    `reserved` counts in its owner's quota until the upload is complete. `sha256` is set once the
    last byte is there: from then on it is only brought to its end, also after a crash.
    """

    id = Column(int, primary_key=True, autoincrement=True)
    token = Column(str, max_length=32, unique=True)
    owner_id = Column(int, references=lambda: User.id, on_delete="cascade")
    name = Column(str, max_length=255)
    claims = Column(str, max_length=8190, default="")  # Upload-Metadata as it was sent
    concat = Column(str, max_length=8190, default="")  # Upload-Concat as it was sent
    length = Column(int, nullable=True)
    reserved = Column(int, default=0)
    expected_sha256 = Column(str, max_length=64, nullable=True)  # what the client announced
    sha256 = Column(str, max_length=64, nullable=True)
    # Of one that goes to the bucket directly: the size of its parts, and the bucket's name for it.
    part_bytes = Column(int, nullable=True)
    parts_id = Column(str, max_length=1024, nullable=True)
    file_id = Column(
        int, nullable=True, references=lambda: File.id, on_delete="set null", index=True
    )
    created_at = Column(datetime, default=utc_now)
    expires_at = Column(datetime, index=True)
    completed_at = Column(datetime, nullable=True)

    unfinished = Index(owner_id, reserved, where=completed_at.is_(None))
    sealed = Index(sha256, where=sha256.is_not(None) & completed_at.is_(None))
