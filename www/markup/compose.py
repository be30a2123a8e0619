"""From the parser's HTML to ours: one walk that makes it valid, bounded and its own.

comrak copies the writer's HTML as it is. This walk keeps a small set of tags, closes what is open,
moves what stands where HTML forbids it, and gives headings, code and footnotes what the page needs.
Its result is well-formed and at most 100 levels deep, so that nh3, which has the last word on
safety, runs in linear time. What can only be decided at an element's end is in `endings`.
"""

import re

from www.markup import images, limits, urls
from www.markup.base import Heading, Pictures, Profile
from www.markup.code import Highlighter, language_of
from www.markup.endings import Endings
from www.markup.frames import Frame, start_tag
from www.markup.tags import (
    ALIGNED,
    BLOCKS,
    CHILDREN,
    ENDED_BY,
    HEADINGS,
    NOT_NESTED,
    ONLY_PHRASING,
    PARENTS,
    PHRASING,
    VOID,
)
from www.markup.tokens import Tokens, attributes

_NUMBER = re.compile(r"-?[0-9]{1,8}")
_VERBATIM = frozenset({"a", "code", "kbd", "pre", "samp", "var"})


class Composer(Endings):
    """Writes one text; `html()` afterwards gives the result."""

    def __init__(self, profile: Profile, pictures: Pictures) -> None:
        super().__init__(profile)
        self._pictures = pictures
        self._highlighter = Highlighter()

    def write(self, html: str) -> None:
        """Walk over the whole of it, once."""
        for kind, name, value in Tokens(html):
            if kind == "text":
                self._text(value)
            elif kind == "open":
                self._open("h" if name in HEADINGS else name, name, attributes(value))
            elif kind == "close":
                self.close("h" if name in HEADINGS else name)
            else:
                self._code(value, language_of(name))
        while self.stack:
            self.end_top()

    def _text(self, text: str) -> None:
        if text.isspace():
            self.out.append(text)
            self.pause()
            return
        self._make_room("")
        position = 0
        if not self.open.keys() & _VERBATIM:
            for start, end, target in urls.bare(text):
                self.say(text[position:start])
                self.out.append(self._link_tag(target))
                self.say(text[start:end])
                self.out.append("</a>")
                position = end
        self.say(text[position:])

    def _open(self, tag: str, name: str, given: dict[str, str]) -> None:
        if tag == "img":
            self._image(given)
        elif tag == "input":
            self._checkbox(given)
        elif tag in VOID:
            if self._make_room(tag):
                self.out.append(f"<{tag}>")
                self.pause()
        elif (tag in PHRASING or tag in BLOCKS) and self._make_room(tag):
            self._start(tag, name, given)

    def _start(self, tag: str, name: str, given: dict[str, str]) -> None:
        match tag:
            case "a":
                self._link(given)
            case "h":
                self.push(tag, "<h2>", "</h2>", level=HEADINGS[name])
            case "section":
                self.footnotes_shown = True
                self.push(tag, '<div class="footnotes" role="doc-endnotes">', "</div>")
            case "table":
                self.push(tag, "", "</table></div>")
            case "td" | "th":
                self._cell(tag, given)
            case "thead" | "tbody":
                # A head comes first or not at all.
                self.stack[-1].level += 1
                section = tag if self.stack[-1].level == 1 else "tbody"
                self.push(section, f"<{section}>", f"</{section}>")
            case "pre":
                self.push(tag, '<pre tabindex="0">', "</pre>")
            case _:
                self.push(tag, start_tag(tag, self._plain_attributes(tag, given)), f"</{tag}>")

    def _plain_attributes(self, tag: str, given: dict[str, str]) -> dict[str, str | None]:
        if tag == "abbr":
            return {"title": given.get("title")}
        if tag == "details":
            return {"open": "" if "open" in given else None}
        if tag == "ol" and _NUMBER.fullmatch(given.get("start", "")):
            return {"start": str(int(given["start"]))}
        if tag == "li" and given.get("id", "").startswith("fn-"):
            return {"id": self.footnote_id(given["id"], anchor=True)}
        if tag == "sup" and given.get("class") == "footnote-ref":
            return {"class": "footnote-ref"}
        return {}

    def _cell(self, tag: str, given: dict[str, str]) -> None:
        row = self.stack[-1]
        row.cells += 1
        if row.cells > limits.MAX_COLUMNS:
            raise limits.too_many_columns()
        scope = "col" if tag == "th" and "thead" in self.open else None
        align = ALIGNED.get(given.get("align", ""))
        self.push(tag, start_tag(tag, {"scope": scope, "class": align}), f"</{tag}>")

    def _link(self, given: dict[str, str]) -> None:
        href = given.get("href", "")
        if "data-footnote-ref" in given or "data-footnote-backref" in given:
            back = "data-footnote-backref" in given
            id_ = None if back else self.footnote_id(given.get("id", ""), anchor=True)
            mark = {
                "href": "#" + self.footnote_id(href.removeprefix("#")),
                "id": id_,
                "role": "doc-backlink" if back else "doc-noteref",
                "aria-label": f"↩ {given.get('data-footnote-backref-idx', '')}" if back else None,
            }
            self.push("a", start_tag("a", mark), "</a>", level=1)
        elif target := urls.link(href):
            if target.startswith("#"):
                self.fragments.append((len(self.out), target))
            self.push("a", self._link_tag(target, given.get("title")), "</a>")
            self.stack[-1].words.append(target)

    def _link_tag(self, target: str, title: str | None = None) -> str:
        strict = self.profile is Profile.COMMENT
        rel = urls.LINK_RELATIONS[self.profile] if strict or urls.is_external(target) else None
        return start_tag("a", {"href": target, "title": title or None, "rel": rel})

    def _image(self, given: dict[str, str]) -> None:
        """A picture of this site is shown; any other becomes a link, so no other host is asked.

        So does one that is refused, by its name: a browser would try to decode it.
        """
        if not self._make_room("img"):
            return
        source, alt = given.get("src", ""), given.get("alt", "")
        own = urls.own_file(source)
        name = images.refused(own, self._pictures) if own else None
        if own and self.profile is Profile.POST and not name:
            self.out.append(images.tags(own, alt, given.get("title"), self._pictures))
            self.text.append(alt or " ")
            self.stack_filled()
            return
        target = None if "a" in self.open else urls.link(source)
        title = alt.strip() if name else None
        self.out.append(self._link_tag(target, title) if target else "")
        self.say(name or alt.strip() or source)
        self.out.append("</a>" if target else "")

    def _checkbox(self, given: dict[str, str]) -> None:
        """Of a task list; its label, which comes behind it, is filled in when it is known."""
        parents = [frame.tag for frame in self.stack[-2:]]
        if "disabled" not in given or not (parents[-1:] == ["li"] or parents == ["li", "p"]):
            return
        self.name_checkbox()
        self.checkbox = (len(self.out), len(self.text), "checked" in given)
        self.out.append("")

    def _code(self, code: str, language: str) -> None:
        if not self._make_room("pre"):
            self.say(code)
            return
        shown = self._highlighter.html(code, language)
        mark = {"class": "highlight", "tabindex": "0", "data-language": language or None}
        self.out.append(f"{start_tag('pre', mark)}<code>{shown}</code></pre>")
        self.code.append(code)

    def _make_room(self, tag: str) -> bool:
        """End and begin what HTML wants around `tag` (text: ""); False where it may not stand."""
        ended_by, block = ENDED_BY.get(tag, ()), tag in BLOCKS
        if tag in NOT_NESTED and tag in self.open:
            return False
        while self.top and (self.top.tag in ended_by or (block and self._inline())):
            self.end_top()
        if block:
            self.name_checkbox()
        while self.top and self.top.tag in CHILDREN and tag not in CHILDREN[self.top.tag]:
            child = CHILDREN[self.top.tag][0]
            if child == "td":
                self._cell(child, {})
            else:
                self.top.level += 1
                self.push(child, f"<{child}>", f"</{child}>")
        return self._allowed(tag, block=block)

    def _inline(self) -> bool:
        return self.top is not None and (self.top.tag in PHRASING or self.top.tag == "p")

    def _allowed(self, tag: str, *, block: bool) -> bool:
        parent: Frame | None = self.top
        if block and parent and parent.tag in ONLY_PHRASING:
            return False
        if tag in PARENTS and (parent is None or parent.tag not in PARENTS[tag]):
            return False
        if tag == "h" and "th" in self.open:
            return False
        if tag == "section" and (self.stack or self.footnotes_shown):
            return False
        if tag == "summary" and parent and parent.filled:
            return False
        self.fill(tag)
        return True


def compose(
    html: str, profile: Profile, pictures: Pictures
) -> tuple[str, tuple[Heading, ...], str]:
    """Valid HTML, its headings, and its words for a summary."""
    composer = Composer(profile, pictures)
    composer.write(html)
    return composer.html(), tuple(composer.toc), composer.words()
