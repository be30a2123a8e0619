"""Guards that run before the parsers, each against a measured blow-up.

Neither comrak nor nh3 can be interrupted, and comrak keeps the interpreter lock, so a time limit
can only be kept by refusing what is slow. Every limit is far above what people write; the figures
are those of comrak 0.0.16 on one core, 512 kB of the named input, without the guard.
"""

import re

from www.i18n import N_
from www.markup.base import MarkupError

MAX_BYTES = 512 * 1024
MAX_COLUMNS = 64
MAX_CELLS = 50_000  # 64 columns over 250,000 empty rows: 4.6 s and 167 MB of HTML
MAX_NESTING = 100  # 256,000 `>` on one line: 14 MB of HTML
MAX_FOOTNOTES = 2_000  # one note named 128,000 times: 36 MB of HTML
MAX_PARTS = 150_000  # tags cost us 4 us each; 512,000 `&` cost nh3 2.5 s

_UNPRINTABLE = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MARKER = r"[ \t]*+(?:>|[-+*](?=[ \t])|[0-9]{1,9}[.)](?=[ \t]))"
_CONTAINERS = re.compile(f"^(?:{_MARKER}){{{MAX_NESTING + 1}}}", re.MULTILINE)
_DELIMITER_ROW = re.compile(r"^[ \t>]*+\|?(?:[ \t]*+:?-++:?[ \t]*+\|)+[ \t:-]*+$", re.MULTILINE)
_BLANK_LINE = re.compile(r"^[ \t>]*+$", re.MULTILINE)


def checked(source: str) -> str:
    """The source, its line ends unified, or MarkupError; what is stored stays as it came."""
    # A cheap test first: no character is less than one byte.
    if len(source) > MAX_BYTES:
        raise _too_long()
    if "\0" in source:
        raise MarkupError(N_("The text contains a NUL character."))
    if _SURROGATE.search(source):
        raise MarkupError(N_("The text contains half of a surrogate pair."))
    if len(source.encode()) > MAX_BYTES:
        raise _too_long()
    text = printable(source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    if text.count("[^") > MAX_FOOTNOTES:
        raise MarkupError(N_("More than %(max)d footnotes."), max=MAX_FOOTNOTES)
    if _CONTAINERS.search(text):
        raise too_deep()
    _check_tables(text)
    return text


def printable(text: str) -> str:
    """Control characters and noncharacters, which HTML forbids, become U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", text)


def check_size(html: str) -> None:
    """Refuse what grew beyond reason, before Python and nh3 walk over it."""
    if html.count("<") + html.count("&amp;") > MAX_PARTS:
        raise MarkupError(N_("The text has more than %(max)d parts."), max=MAX_PARTS)


def too_deep() -> MarkupError:
    """Lists, quotations, emphasis or HTML inside one another."""
    return MarkupError(N_("Nested more than %(max)d levels deep."), max=MAX_NESTING)


def too_many_columns() -> MarkupError:
    """A row wider than any screen."""
    return MarkupError(N_("A table has more than %(max)d columns."), max=MAX_COLUMNS)


def too_many_cells() -> MarkupError:
    """All tables of one text together."""
    return MarkupError(N_("The tables have more than %(max)d cells."), max=MAX_CELLS)


def _too_long() -> MarkupError:
    return MarkupError(N_("The text is longer than %(max)d kB."), max=MAX_BYTES // 1024)


def _check_tables(text: str) -> None:
    """Bound columns times rows; all lines up to a blank one count as rows, to be safe."""
    cells = position = 0
    while row := _DELIMITER_ROW.search(text, position):
        columns = row[0].count("-|") + row[0].count("-:") + row[0].count(" |") + 1
        columns = min(columns, row[0].count("|") + 1)
        if columns > MAX_COLUMNS + 1:
            raise too_many_columns()
        blank = _BLANK_LINE.search(text, row.end() + 1) if row.end() < len(text) else None
        end = blank.start() if blank else len(text)
        cells += columns * (text.count("\n", row.end(), end) + 1)
        if cells > MAX_CELLS:
            raise too_many_cells()
        position = end
