"""What every markup backend offers: source text in, safe HTML and its companions out.

The rest of the site knows this file only; which parser stands behind it is decided in app.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias

from www.i18n import Message


class Profile(Enum):
    """Whose text it is: a comment shares its page with others and gets less."""

    POST = "post"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Heading:
    """One line of the table of contents; `level` is 2 to 6, as in the HTML."""

    level: int
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """`html` is sanitised and valid; `summary` is plain text of at most 280 characters."""

    html: str
    toc: tuple[Heading, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of a picture of this site.

    Its size in pixels, the CSS classes to show until it has come, and by content type the smaller
    copies, as `srcset` spells them. One of no width is damaged, or too much to be shown: readers
    get a link to it.
    """

    width: int
    height: int
    classes: str
    sources: Mapping[str, str]


Pictures: TypeAlias = Mapping[tuple[int, str], Picture]
"""Pictures by the id and name in their address, `/files/12/cat.jpg`."""


class MarkupError(ValueError):
    """The source cannot be rendered; `message` is for the writer, translated when shown."""

    def __init__(self, message: str, **params: object) -> None:
        self.message = Message(message, **params)
        super().__init__(self.message.filled(message))


class Renderer(Protocol):
    """Turns source into HTML: pure, deterministic, safe to call from several threads."""

    def render(
        self, source: str, profile: Profile = Profile.POST, pictures: Pictures | None = None
    ) -> Rendered:
        """Raise MarkupError for what no reasonable text contains (see `limits`)."""
        ...
