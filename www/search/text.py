"""How text is cut into words, for every index and every query alike.

Words are folded here and not by the database (SQLite's unicode61 and PostgreSQL's `simple` differ),
so both store and ask for the same strings. Chinese, Japanese and Korean are written without spaces:
a run of them becomes its overlapping pairs (中文字 is 中文 文字 字), which finds every word of two
characters or more, and its last character, so that every character begins some token.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Final, NamedTuple
from unicodedata import category, normalize

MAX_QUERY: Final = 200
MAX_TERMS: Final = 16
MAX_WORD: Final = 64
MAX_INDEXED: Final = 1_000_000
MAX_SCANNED: Final = 50_000

# Han, kana, hangul, bopomofo, and their extensions; the marks 々〆〇 belong to words.
_CJK: Final = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3031-\u3035\u303b\u3041-\u3096\u3099\u309a"
    "\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\uffa1-\uffdc"
    "\U0001aff0-\U0001b16f\U00020000-\U000323af"
)


def _marks() -> str:
    r"""Vowel signs and accents, which `\\w` leaves out though words are made with them."""
    marks = (chr(code) for code in range(0x300, 0x10000) if category(chr(code))[0] == "M")
    return "".join(marks).replace("\u3099", "").replace("\u309a", "")


# Possessive groups, `(...)*+`, match wrongly on Python 3.11.0 to 3.11.4; classes do not.
_LETTER: Final = f"(?![_{_CJK}])\\w"
_RUN: Final = re.compile(f"(?P<cjk>[{_CJK}]++)|{_LETTER}(?:{_LETTER}|[{_marks()}])*")
_CJK_CHAR: Final = re.compile(f"[{_CJK}]")
_UNCHANGED: Final = re.compile("[\u4e00-\u9fff\uac00-\ud7a3]++")
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_QUOTED: Final = re.compile(r'["“”„«»＂]')
_TAG: Final = re.compile(r"<[^>]*+>")
_INLINE: Final = re.compile(
    r"</?(?:a|abbr|b|bdi|cite|code|del|em|i|ins|kbd|mark|q|s|samp|small|span|strong|sub|sup|u|var)"
    r"(?:\s[^>]*+)?>"
)
# A link with what the number of a footnote or the way back from it would hold; most are neither.
_NOTE: Final = re.compile(
    r'<a\s([^>]*+)>((?:[0-9]++|↩(?:<sup class="footnote-ref">[0-9]++</sup>)?)</a>)?'
)


@dataclass(frozen=True, slots=True)
class Term:
    """Tokens that stand next to one another; the last one is a beginning when `prefix`."""

    tokens: tuple[str, ...]
    prefix: bool = False


class _Token(NamedTuple):
    """What the index holds, and where it stands in the text."""

    text: str
    start: int
    end: int


class _Run(NamedTuple):
    """A word or a run of CJK characters: where it stands in the text, and folded."""

    start: int
    end: int
    folded: str
    cjk: bool


def fold(text: str) -> str:
    """Compatibility forms, case and accents made equal: `Ｃafé` is `cafe`."""
    if text.isascii():
        return text.lower()
    return "".join(_fold_char(char) for char in normalize("NFKC", text))


def index_text(text: str) -> str:
    """The tokens of a text, separated by spaces, for the index; a million characters count."""
    return " ".join(token.text for token in _tokens(text[:MAX_INDEXED]))


def query_terms(query: str) -> tuple[Term, ...]:
    """What somebody typed, as terms that must all be found; nothing can be a syntax error.

    Quotation marks make a phrase. The last word is taken as a beginning, because people search
    while they type. A single CJK character is a beginning too: pairs start with it.
    """
    terms: list[Term] = []
    pieces = _QUOTED.split(query[:MAX_QUERY])
    for number, piece in enumerate(pieces):
        runs = list(_runs(piece))
        # An opened quotation that is never closed is plain text.
        if number % 2 and number < len(pieces) - 1:
            terms += [_term(runs)] if runs else []
        else:
            end = len(piece) if number == len(pieces) - 1 else None
            terms += [_term([run], typing=run.end == end) for run in runs]
    return tuple(dict.fromkeys(terms))[:MAX_TERMS]


def highlight(text: str, terms: Sequence[Term]) -> str:
    """The text escaped, with `<mark>` around what the terms found."""
    return _marked(text, _hits(text, terms), 0, len(text))


def snippet(text: str, terms: Sequence[Term], size: int = 160) -> str:
    """About `size` characters with the most hits, escaped and marked, … where text is left out."""
    text = " ".join(text.split())
    hits = _hits(text, terms)
    start = _boundary(text, _best_start(hits, len(text), size))
    end = max(_boundary(text, start + size), start + 1)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    return f"{before}{_marked(text, hits, start, end)}{after}"


def plain_text(html: str) -> str:
    """The words of HTML that we made ourselves; it is no sanitiser."""
    html = _NOTE.sub(_unless_note, html)
    return " ".join(unescape(_TAG.sub(" ", _INLINE.sub("", html))).split())


def _unless_note(link: re.Match[str]) -> str:
    return "" if link[2] and 'role="doc-' in link[1] else link[0]


def _fold_char(char: str) -> str:
    if char.isascii():
        return char.lower()
    if _is_cjk(char):
        return char  # が is no か with an accent
    # Only these are accents; the marks of Hindi or Thai are vowels and part of the word.
    return _ACCENTS.sub("", normalize("NFD", char.casefold()))


def _is_cjk(char: str) -> bool:
    return _CJK_CHAR.match(char) is not None


def _runs(text: str) -> Iterator[_Run]:
    for match in _RUN.finditer(text):
        word, cjk = match[0], match["cjk"] is not None
        folded = word if cjk and _UNCHANGED.fullmatch(word) else fold(word)
        if not folded.isalnum():
            # Folding may bring in what is no letter (℀ becomes a/c); tokens hold none of it.
            folded = "".join(char for char in folded if char.isalnum() or category(char)[0] == "M")
        if folded:
            yield _Run(match.start(), match.end(), folded if cjk else folded[:MAX_WORD], cjk)


def _tokens(text: str) -> Iterator[_Token]:
    for run in _runs(text):
        if not run.cjk:
            yield _Token(run.folded, run.start, run.end)
            continue
        # Where folding changed the length (ｶﾞ is ガ), a hit marks the whole run.
        same = len(run.folded) == run.end - run.start
        for at in range(len(run.folded)):
            pair = run.folded[at : at + 2]
            start = run.start + at if same else run.start
            yield _Token(pair, start, start + len(pair) if same else run.end)


def _term(runs: Sequence[_Run], *, typing: bool = False) -> Term:
    """A phrase. Its runs but the last end in the text as here: they keep their last character."""
    tokens: list[str] = []
    for run in runs:
        pairs = [run.folded[at : at + 2] for at in range(len(run.folded))]
        tokens += pairs if run.cjk else [run.folded]
    last = runs[-1]
    if last.cjk and len(last.folded) > 1:
        tokens.pop()
    one = last.cjk and len(last.folded) == 1
    return Term(tuple(tokens), prefix=one or (typing and not last.cjk and len(last.folded) > 1))


def _hits(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Where the terms stand, in order, without overlap."""
    tokens = list(_tokens(text[:MAX_SCANNED]))
    found = sorted(hit for term in terms for hit in _hits_of(term, tokens))
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start <= merged[-1][1] and (start < merged[-1][1] or _is_cjk(text[start])):
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _hits_of(term: Term, tokens: Sequence[_Token]) -> Iterator[tuple[int, int]]:
    *before, last = term.tokens
    for at in range(len(before), len(tokens)):
        token = tokens[at]
        if not (token.text == last or (term.prefix and token.text.startswith(last))):
            continue
        first = at - len(before)
        if all(tokens[first + i].text == wanted for i, wanted in enumerate(before)):
            # Of a pair that was found by its first character only that one is marked.
            whole = not (term.prefix and _is_cjk(last) and token.end - token.start == 2)
            yield tokens[first].start, token.end if whole else token.end - 1


def _marked(text: str, hits: Sequence[tuple[int, int]], start: int, end: int) -> str:
    pieces, position = [], start
    for first, last in hits:
        begin, stop = max(first, start), min(last, end)
        if begin < stop:
            pieces += [escape(text[position:begin]), "<mark>", escape(text[begin:stop]), "</mark>"]
            position = stop
    return "".join([*pieces, escape(text[position:end])])


def _best_start(hits: Sequence[tuple[int, int]], length: int, size: int) -> int:
    """Where a window holds the most hits; a quarter of it is left for what stands before."""
    best, most, last = 0, 0, 0
    for number, (start, _) in enumerate(hits):
        while last < len(hits) and hits[last][1] <= start + size * 3 // 4:
            last += 1
        if last - number > most:
            best, most = start, last - number
    if length <= size or best < size // 2:
        return 0
    return min(best - size // 4, length - size)


def _boundary(text: str, position: int) -> int:
    """The next place to the left where one may cut: not within a word, not before a mark."""
    if position >= len(text):
        return len(text)
    at = position
    while at > max(0, position - MAX_WORD // 2) and _joined(text[at - 1], text[at]):
        at -= 1
    return at


def _joined(before: str, after: str) -> bool:
    if category(after)[0] == "M" or after == "\u200d" or before == "\u200d":
        return True
    return before.isalnum() and after.isalnum() and not (_is_cjk(before) or _is_cjk(after))
