"""What makers of share links send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from www.auth.passwords import MAX_BYTES
from www.forms import Fields
from www.i18n import N_

if TYPE_CHECKING:
    from datetime import tzinfo

    from multidict import MultiDict

COMMON: Final = {
    "hour": timedelta(hours=1),
    "1": timedelta(days=1),
    "7": timedelta(days=7),
    "30": timedelta(days=30),
    "365": timedelta(days=365),
    "never": None,
}
"""How long a link opens something; None is for ever."""
USUAL: Final = "7"
OWN: Final = ("days", "until")
"""The lifetimes that are given in a field of their own, which is called the same."""
MIN_PASSWORD: Final = 6
MAX_DOWNLOADS: Final = 1_000_000
MAX_NOTE: Final = 200
_MAX_DAYS: Final = 3650
_MAX_MOMENT: Final = 40
_DATE_ALONE: Final = len("2026-12-24")


@dataclass(frozen=True, slots=True)
class NewLink:
    """Until when a link opens something, for how many downloads, with which password; a note."""

    expires_at: datetime | None
    limit: int | None
    password: str
    note: str

    @classmethod
    def read(cls, data: MultiDict[str], *, now: datetime, zone: tzinfo) -> NewLink:
        """Take the fields; times without an offset are of `zone`. Raises Invalid."""
        fields = Fields(data)
        expires_at = _expires_at(fields, data, now, zone)
        limit = fields.integer("limit", minimum=1, maximum=MAX_DOWNLOADS, default=0)
        password = fields.secret("password", max_chars=MAX_BYTES, required=False)
        if password and len(password) < MIN_PASSWORD:
            fields.refuse("password", N_("At least %(min)s characters, please."), min=MIN_PASSWORD)
        note = fields.line("note", max_chars=MAX_NOTE, required=False)
        fields.check()
        return cls(expires_at, limit or None, password, note)


def _expires_at(
    fields: Fields, data: MultiDict[str], now: datetime, zone: tzinfo
) -> datetime | None:
    """Return when the link ends; what was filled in beside another choice is not passed over."""
    given = [name for name in OWN if data.get(name, "").strip()]
    lifetime = fields.choice("lifetime", (*COMMON, *OWN), default=given[0] if given else USUAL)
    for name in given:
        if name != lifetime:
            fields.refuse(name, N_("Choose this under “Expires”, or leave it empty."))
    if lifetime == "days":
        days = fields.integer("days", minimum=1, maximum=_MAX_DAYS)
        return now + timedelta(days=days)
    if lifetime == "until":
        return _moment(fields, now, zone)
    after = COMMON.get(lifetime)
    return None if after is None else now + after


def _moment(fields: Fields, now: datetime, zone: tzinfo) -> datetime | None:
    value = fields.line("until", max_chars=_MAX_MOMENT)
    try:
        moment = datetime.fromisoformat(value)
        if len(value) == _DATE_ALONE:
            moment += timedelta(days=1)  # a day is over at its end
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        if value:
            example = f"{(now + timedelta(days=7)).astimezone(zone):%Y-%m-%d} 18:00"
            text = N_("Please give a date and a time, such as %(example)s.")
            fields.refuse("until", text, example=example)
        return None
    if moment <= now:
        fields.refuse("until", N_("This time is past."))
    elif moment > now + timedelta(days=_MAX_DAYS):
        fields.refuse("until", N_("At most %(max)s days from now, please."), max=_MAX_DAYS)
    return moment
