"""Cuts the parser's HTML into texts, tags and code blocks; what is neither is text.

Lenient as the writer's HTML may be, and linear in time: no expression here can try twice
(possessive quantifiers), and a search that failed once is not repeated.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from www.markup.tags import WITH_CONTENT

_ATTRIBUTE = r"""\s++[^\s"'<>/=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'=<>`]++))?"""
_TAG = re.compile(rf"<(/?)([a-zA-Z][a-zA-Z0-9-]*+)((?:{_ATTRIBUTE})*)\s*+/?>")
_PART = re.compile(r"""([^\s"'<>/=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'=<>`]++)))?""")
_CODE = re.compile(r'<pre><code(?: class="language-([^"<>]*+)")?>([^<]*+)</code></pre>')
_LONGEST_TAG = 16_384


class Token(NamedTuple):
    """`kind` is text, open, close or code; `value` the text, or the tag's attributes, unparsed."""

    kind: str
    name: str
    value: str


class Tokens:
    """The tokens of one piece of HTML, in one pass."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._lower = html.lower() if len(html.lower()) == len(html) else html
        self._missing: set[str] = set()

    def __iter__(self) -> Iterator[Token]:
        html, position = self._html, 0
        while (start := html.find("<", position)) >= 0:
            if start > position:
                yield Token("text", "", unescape(html[position:start]))
            position, token = self._at(start)
            if token:
                yield token
        if position < len(html):
            yield Token("text", "", unescape(html[position:]))

    def _at(self, start: int) -> tuple[int, Token | None]:
        html = self._html
        if match := _CODE.match(html, start):
            return match.end(), Token("code", unescape(match[1] or ""), unescape(match[2]))
        if match := _TAG.match(html, start, start + _LONGEST_TAG):
            name = match[2].lower()
            if match[1]:
                return match.end(), Token("close", name, "")
            if name in WITH_CONTENT:
                return self._after(">", self._after(f"</{name}", match.end())), None
            return match.end(), Token("open", name, match[3])
        return self._no_tag(start)

    def _no_tag(self, start: int) -> tuple[int, Token | None]:
        """Comments and their like are left out, a lonely `<` is text."""
        if self._html.startswith("<!--", start):
            return self._after("-->", start + 4), None
        if self._html.startswith(("<!", "<?", "</"), start):
            return self._after(">", start + 2), None
        return start + 1, Token("text", "", "<")

    def _after(self, mark: str, start: int) -> int:
        """Skip to behind `mark`; without one nothing is skipped, the rest is text."""
        if mark in self._missing:
            return start
        found = self._lower.find(mark, start)
        if found < 0:
            self._missing.add(mark)
            return start
        return found + len(mark)


def attributes(raw: str) -> dict[str, str]:
    """The attributes of an `open` token; the first of several of a name counts, as in browsers."""
    found: dict[str, str] = {}
    for match in _PART.finditer(raw):
        value = match[2] or match[3] or match[4] or ""
        found.setdefault(match[1].lower(), unescape(value))
    return found
