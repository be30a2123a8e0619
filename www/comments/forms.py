"""The form under a post."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from www.forms import Fields

if TYPE_CHECKING:
    from multidict import MultiDict

MAX_CHARS: Final = 20_000
_MAX_ID: Final = 10**18 - 1


@dataclass(frozen=True, slots=True)
class NewComment:
    """A comment's Markdown, and the comment that it answers."""

    body: str
    parent_id: int | None

    @classmethod
    def read(cls, data: MultiDict[str]) -> NewComment:
        """Take the fields `body` and `parent`; raises Invalid."""
        fields = Fields(data)
        body = fields.text("body", max_chars=MAX_CHARS)
        parent_id = fields.integer("parent", minimum=0, maximum=_MAX_ID, default=0)
        fields.check()
        return cls(body, parent_id or None)
