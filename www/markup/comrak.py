"""The backend: comrak parses, `compose` makes the result ours, nh3 has the last word on safety.

The package `comrak` is left with what only it can do: CommonMark, tables, footnotes, task lists and
emphasis beside Chinese punctuation. Its autolinks are quadratic (`urls` has ours), its heading ids
know nothing of the page.

Measured on one core: 5 ms for a rich post of 9 kB (nearly all of it in our own walk), 0.5 s for
512 kB of prose, at most 1 s for the worst 512 kB that were found. No step can be interrupted from
outside, so the bound is kept by `limits` and not by a clock. comrak holds the interpreter lock for
its part (at most 0.4 s), Python switches threads during the rest: call it in a thread.
"""

from itertools import accumulate
from typing import Final
from unicodedata import east_asian_width

import comrak
import nh3

from www.markup import limits
from www.markup.base import Pictures, Profile, Rendered
from www.markup.code import CLASSES
from www.markup.compose import compose
from www.markup.images import CLASSES as CLASSES_OF_PICTURES
from www.markup.tags import ALIGNED, ATTRIBUTES, OUTPUT
from www.markup.urls import LINK_RELATIONS, SCHEMES

SUMMARY_LENGTH: Final = 280


class ComrakRenderer:
    """A Renderer; it holds options and no state of a text, so threads may share it."""

    def __init__(self) -> None:
        self._parse = comrak.ParseOptions()
        self._render = comrak.RenderOptions()
        self._render.unsafe_ = True  # what the writer's HTML may hold is decided behind the parser
        self._extensions = {profile: _extensions(profile) for profile in Profile}
        aligned = set(ALIGNED.values())
        self._cleaner = nh3.Cleaner(
            tags=set(OUTPUT),
            attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
            allowed_classes={
                "div": {"footnotes", "table"},
                "img": set(CLASSES_OF_PICTURES),
                "pre": {"highlight"},
                "span": set(CLASSES),
                "sup": {"footnote-ref"},
                "td": aligned,
                "th": aligned,
            },
            url_schemes=set(SCHEMES),
            link_rel=None,
        )

    def render(
        self, source: str, profile: Profile = Profile.POST, pictures: Pictures | None = None
    ) -> Rendered:
        """Raise MarkupError for what no reasonable text contains (see `limits`)."""
        text = limits.checked(source)
        html = comrak.render_markdown(text, self._extensions[profile], self._parse, self._render)
        limits.check_size(html)
        html, toc, words = compose(limits.printable(html), profile, pictures or {})
        return Rendered(self._clean(html), toc, cut(words, SUMMARY_LENGTH))

    def _clean(self, html: str) -> str:
        """Sanitised; a link whose address nh3 refused is left without its `rel` too."""
        html = self._cleaner.clean(html)
        for rel in LINK_RELATIONS.values():
            html = html.replace(f'<a rel="{rel}">', "<a>")
        return html


def cut(text: str, length: int) -> str:
    """The beginning, with … behind it where something is missing; words stay whole.

    A Chinese character is as wide as two letters and says as much, so it counts as two.
    """
    widths = accumulate(2 if east_asian_width(char) in "WF" else 1 for char in text[: length + 1])
    length = next((at for at, width in enumerate(widths) if width > length), length)
    if len(text) <= length:
        return text
    head = text[: length - 1]
    if head[-1].isalnum() and text[length - 1].isalnum() and head[-1].isascii():
        # Between two Chinese characters one may cut anywhere; a word goes as a whole.
        whole = head.rpartition(" ")[0]
        head = whole if len(whole) > length // 2 else head
    return head.rstrip(" .,;:。，、；：") + "…"


def _extensions(profile: Profile) -> comrak.ExtensionOptions:
    options = comrak.ExtensionOptions()
    options.table = options.tasklist = options.strikethrough = True
    options.cjk_friendly_emphasis = True
    # Two comments on one page would have the same ids.
    options.footnotes = profile is Profile.POST
    return options
