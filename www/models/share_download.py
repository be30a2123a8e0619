"""ShareDownload: what one browser may still fetch of a download that was counted."""

from datetime import datetime

from www.db import Column, Table
from www.models.share_link import ShareLink


class ShareDownload(Table):
    """A counted download of a share link, which one browser may go on with.

    The browser names it in a signed cookie. Every answer takes its length from `bytes_left` before
    it is sent, and gives back what did not go out.
    """

    id = Column(int, primary_key=True, autoincrement=True)
    link_id = Column(int, references=lambda: ShareLink.id, on_delete="cascade", index=True)
    bytes_left = Column(int)
    expires_at = Column(datetime, index=True)
