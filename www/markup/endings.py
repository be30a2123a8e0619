"""The open elements of a text being written, and what happens where each one ends.

Some things are only known at the end: that a heading is empty, how many columns a table has. So
what was written is patched by its index in `out`.
"""

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import unquote

from www.markup import limits
from www.markup.base import Heading, Profile
from www.markup.frames import Frame, Outline, collapsed, start_tag
from www.markup.tags import BLOCKS
from www.utils.slugs import slugify

if TYPE_CHECKING:
    from collections.abc import Callable

_LABEL_LENGTH = 100
_ENOUGH = 2_000
_NOT_IN_SUMMARY = frozenset({"h", "ol", "pre", "section", "table", "ul"})


class Endings:
    """Keeps the stack; `out` is the HTML so far, `text` its words."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.out: list[str] = []
        self.text: list[str] = []
        self.code: list[str] = []
        self.stack: list[Frame] = []
        self.top: Frame | None = None
        self.open: dict[str, int] = {}
        self.toc: list[Heading] = []
        self.fragments: list[tuple[int, str]] = []
        self.checkbox: tuple[int, int, bool] | None = None
        self.footnotes_shown = False
        self._outline = Outline()
        self._notes: dict[str, dict[str, str]] = {"fn": {}, "fnref": {}}
        self._summary: list[str] = []
        self._summary_length = 0
        self._labels: dict[str, int] = {}
        self._cells = 0
        self._endings: dict[str, Callable[[Frame], None]] = {
            "a": self._end_link,
            "details": self._end_details,
            "h": self._end_heading,
            "rt": self._end_reading,
            "ruby": self._end_ruby,
            "summary": self._end_summary,
            "table": self._end_table,
            "th": self._end_header,
            "tr": self._end_row,
        }

    def html(self) -> str:
        """The whole of it; links to a heading's plain slug lead to the heading's id."""
        for at, target in self.fragments:
            id_ = "h-" + unquote(target[1:])
            if self._outline.knows(id_):
                self.out[at] = self.out[at].replace(f'href="{target}"', f'href="#{escape(id_)}"')
        return "".join(self.out)

    def words(self) -> str:
        """The running text, or whatever there is where there is none."""
        return (
            collapsed(self._summary) or collapsed(self.text[:_ENOUGH]) or collapsed(self.code[:1])
        )

    def say(self, text: str) -> None:
        """Write text; inside a block that a summary should show, remember it for that too."""
        if not text:
            return
        self.out.append(escape(text, quote=False))
        self.stack_filled()
        if self.top and self.top.tag == "a" and self.top.level:
            return  # the number of a footnote is no word of the text
        self.text.append(text)
        if self._summary_length < _ENOUGH and not self.open.keys() & _NOT_IN_SUMMARY:
            self._summary.append(text)
            self._summary_length += len(text)

    def stack_filled(self) -> None:
        """Note that the innermost element is not empty."""
        if self.top:
            self.top.filled = True

    def fill(self, tag: str) -> None:
        """A child begins; a `details` that begins with anything but a summary is given one."""
        if self.top and not self.top.filled:
            if self.top.tag == "details" and tag != "summary":
                self.out.append("<summary>…</summary>")
            self.top.filled = True

    def push(self, tag: str, start: str, end: str, *, level: int = 0) -> None:
        """Open an element, at most 100 deep."""
        if len(self.stack) >= limits.MAX_NESTING:
            raise limits.too_deep()
        if tag in BLOCKS:
            self.pause()
        self.top = Frame(tag, len(self.out), len(self.text), end, level=level)
        self.stack.append(self.top)
        self.open[tag] = self.open.get(tag, 0) + 1
        self.out.append(start)

    def pause(self) -> None:
        """Between two blocks there is a space."""
        self.text.append(" ")
        if self._summary_length < _ENOUGH:
            self._summary.append(" ")

    def close(self, tag: str) -> None:
        """An end tag: ends what is open down to it, or nothing."""
        while tag in self.open:
            assert self.top
            found = self.top.tag == tag
            self.end_top()
            if found:
                return

    def end_top(self) -> None:
        """End the innermost element."""
        frame = self.stack.pop()
        self.top = self.stack[-1] if self.stack else None
        self.open[frame.tag] -= 1
        if not self.open[frame.tag]:
            del self.open[frame.tag]
        if frame.tag in BLOCKS:
            self.name_checkbox()
            self.pause()
        if frame.tag in self._endings:
            self._endings[frame.tag](frame)
        self.out.append(frame.end)

    def name_checkbox(self) -> None:
        """Write the pending checkbox, labelled with the words behind it."""
        if self.checkbox:
            at, text_at, checked = self.checkbox
            label = collapsed(self.text[text_at:])[:_LABEL_LENGTH] or "…"
            attributes = {
                "type": "checkbox", "checked": "" if checked else None, "disabled": "",
                "aria-label": label,
            }  # fmt: skip
            self.out[at] = start_tag("input", attributes)
            self.checkbox = None

    def footnote_id(self, written: str, *, anchor: bool = False) -> str:
        """A short id of our own for the parser's `fn-name` or `fnref-name-2`."""
        written = unquote(written)
        kind = "fnref" if written.startswith("fnref-") else "fn"
        known = self._notes[kind]
        id_ = known.setdefault(written, f"{kind}-{len(known) + 1}")
        return self._outline.unique(id_) if anchor else id_

    def _end_link(self, frame: Frame) -> None:
        """A link without words shows where it leads."""
        if not frame.filled:
            self.out.append("".join(escape(target) for target in frame.words))

    def _end_details(self, frame: Frame) -> None:
        if not frame.filled:
            self.out.append("<summary>…</summary>")

    def _end_summary(self, frame: Frame) -> None:
        if not frame.filled:
            self.out.append("…")

    def _end_reading(self, _: Frame) -> None:
        if self.top:
            self.top.cells += 1

    def _end_ruby(self, frame: Frame) -> None:
        if not frame.cells:
            self.out.append("<rt></rt>")

    def _end_heading(self, frame: Frame) -> None:
        title = collapsed(self.text[frame.text_at :])
        if self.profile is Profile.COMMENT or not title:
            # A comment has no place in the page's outline; an empty heading says nothing to anyone.
            self.out[frame.at], frame.end = ("<p><strong>", "</strong></p>") if title else ("", "")
            return
        level = self._outline.level(frame.level)
        id_ = self._outline.unique("h-" + slugify(title, fallback="section"))
        self.out[frame.at], frame.end = start_tag(f"h{level}", {"id": id_}), f"</h{level}>"
        if not self.stack:
            self.toc.append(Heading(level, id_, title))

    def _end_header(self, frame: Frame) -> None:
        if frame.filled:
            self.stack[-3].words.append(collapsed(self.text[frame.text_at :]))
        else:
            # A header cell without a name is a finding of every accessibility checker.
            self.out[frame.at], frame.end = "<td>", "</td>"

    def _end_row(self, frame: Frame) -> None:
        """A row stands in a section, which stands in a table: `tags.PARENTS` sees to it."""
        self.stack[-2].rows.append((len(self.out), frame.cells))
        self.out.append("")

    def _end_table(self, frame: Frame) -> None:
        """Fill up short rows, and wrap the table so that it scrolls by itself, also by keyboard."""
        columns = max([1, *(cells for _, cells in frame.rows)])
        self._cells += columns * len(frame.rows)
        if self._cells > limits.MAX_CELLS:
            raise limits.too_many_cells()
        for at, cells in frame.rows:
            self.out[at] = "<td></td>" * (columns - cells)
        label = ", ".join(word for word in frame.words if word)[:_LABEL_LENGTH] or "Table"
        self._labels[label] = self._labels.get(label, 0) + 1
        if self._labels[label] > 1:
            label += f" ({self._labels[label]})"
        # Landmarks need names of their own on the page; comments don't know one another.
        role = "region" if self.profile is Profile.POST else "group"
        wrapper = {"class": "table", "tabindex": "0", "role": role, "aria-label": label}
        self.out[frame.at] = start_tag("div", wrapper) + "<table>"
