"""What makers of share links send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from www.auth.passwords import MAX_BYTES
from www.forms import Fields
from www.i18n import N_

if TYPE_CHECKING:
    from datetime import datetime

    from multidict import MultiDict

DAYS: Final = ("1", "7", "30", "365", "0")
"""After how many days a link expires; 0 is never."""
MIN_PASSWORD: Final = 6
MAX_DOWNLOADS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class NewLink:
    """How long a link opens something, for how many downloads, and with which password."""

    days: int
    limit: int | None
    password: str

    @classmethod
    def read(cls, data: MultiDict[str]) -> NewLink:
        """Take days, limit and password; raises Invalid."""
        fields = Fields(data)
        days = fields.choice("days", DAYS, default=DAYS[1])
        limit = fields.integer("limit", minimum=1, maximum=MAX_DOWNLOADS, default=0)
        password = fields.secret("password", max_chars=MAX_BYTES, required=False)
        if password and len(password) < MIN_PASSWORD:
            fields.refuse("password", N_("At least %(min)s characters, please."), min=MIN_PASSWORD)
        fields.check()
        return cls(int(days), limit or None, password)

    def expires_at(self, now: datetime) -> datetime | None:
        """Return when the link ends, None for never."""
        return now + timedelta(days=self.days) if self.days else None
