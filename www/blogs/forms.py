"""The form of a post, and the list of tags in it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from www.forms import Fields, Form
from www.i18n import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from multidict import MultiDict

    from www.models import Blog

MAX_TITLE: Final = 200
MAX_TAGS: Final = 10
MAX_TAG: Final = 50
MAX_TAG_KEY: Final = 150
_MAX_TAG_LINE: Final = 1000
_COMMAS: Final = re.compile("[,，、]")
_MAX_VERSION: Final = 2**53


class Action(StrEnum):
    """Which button was pressed."""

    PUBLISH = "publish"
    DRAFT = "draft"
    PREVIEW = "preview"


@dataclass(frozen=True, slots=True)
class Text:
    """A post as it was typed. `version` is the one that was edited, 0 for none."""

    title: str
    body: str
    tags: tuple[str, ...] = ()
    version: int = 0
    action: Action = Action.DRAFT

    @classmethod
    def read(cls, data: MultiDict[str], *, max_bytes: int) -> Text:
        """Take title, body, tags, version and action; raises Invalid."""
        fields = Fields(data)
        pressed = fields.choice("action", [*Action], default=Action.DRAFT)
        named = pressed != Action.PREVIEW
        title = " ".join(fields.line("title", max_chars=MAX_TITLE, required=named).split())
        if title and not any(unicodedata.category(char)[0] in "LNPS" for char in title):
            fields.refuse("title", N_("A title needs something that can be seen."))
        body = body_of(fields, max_bytes=max_bytes, required=pressed == Action.PUBLISH)
        tags = _tags(fields)
        version = fields.integer("version", minimum=0, maximum=_MAX_VERSION, default=0)
        fields.check()
        return cls(title, body, tags, version, Action(pressed))


def body_of(fields: Fields, *, max_bytes: int, required: bool) -> str:
    """Take the Markdown out of a form."""
    body = fields.text("body", max_chars=max_bytes, required=required)
    if len(body) <= max_bytes < len(body.encode()):
        fields.refuse("body", N_("At most %(max)s bytes, please."), max=max_bytes)
    return body


def form_of(blog: Blog, tags: Sequence[str]) -> Form:
    """Return the form filled with what is stored."""
    values = {"title": blog.title, "body": blog.body, "tags": ", ".join(tags)}
    return Form({**values, "version": blog.version})


def tag_key(name: str) -> str:
    """Return what makes two spellings of a tag one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _tags(fields: Fields) -> tuple[str, ...]:
    """Split at commas, Chinese ones too; of two spellings of one tag the first one stays."""
    line = fields.line("tags", max_chars=_MAX_TAG_LINE, required=False)
    tags: dict[str, str] = {}
    for piece in _COMMAS.split(line[:_MAX_TAG_LINE]):
        name = " ".join(piece.split())
        if not name:
            continue
        if len(name) > MAX_TAG or len(tag_key(name)) > MAX_TAG_KEY:
            fields.refuse("tags", N_("A tag has at most %(max)s characters."), max=MAX_TAG)
        elif not name.strip("."):
            # Browsers take /tags/.. for the folder above.
            fields.refuse("tags", N_("A tag cannot be made of dots alone."))
        else:
            tags.setdefault(tag_key(name), name)
    if len(tags) > MAX_TAGS:
        fields.refuse("tags", N_("At most %(max)s tags, please."), max=MAX_TAGS)
    return tuple(tags.values())
