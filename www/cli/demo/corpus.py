"""The words of the demo: text files in `corpus/`, read once, and how a sentence is made of them.

A file is a list of pools (`== name`), a line each. `<a|b>` is a choice, `{word}` a word of the
topic (`@word: one; two`) that stays the same through one post; `{word2}` is another one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from random import Random

_FOLDER: Final = Path(__file__).parent / "corpus"
_CHOICE: Final = re.compile(r"<([^<>]*\|[^<>]*)>")
_SLOT: Final = re.compile(r"\{([a-z]+)([0-9]?)\}")
_SENTENCE_START: Final = re.compile(r"(^|[.!?] )([a-z])")
_WORD_TRIES: Final = 20
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_CHINESE_MONTHS: Final = (
    *("一月", "二月", "三月", "四月", "五月", "六月"),
    *("七月", "八月", "九月", "十月", "十一月", "十二月"),
)
_SEASONS: Final = {"en": ("winter", "spring", "summer", "autumn"), "zh": ("冬", "春", "夏", "秋")}

Pools = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Section:
    """What can stand under one heading, in an order in which it makes sense."""

    heading: str
    sentences: tuple[str, ...]
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """Everything that is said about one subject; `tables` and `codes` are (caption, text)."""

    language: str
    tags: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    pools: Pools
    sections: tuple[Section, ...]
    tables: tuple[tuple[str, str], ...]
    codes: tuple[tuple[str, str], ...]


@cache
def topics() -> tuple[Topic, ...]:
    """Return all topics, English and Chinese by turns."""
    english, chinese = (
        [_topic(path, language) for path in sorted((_FOLDER / language).glob("*.txt"))]
        for language in ("en", "zh")
    )
    return tuple(topic for pair in zip(english, chinese, strict=True) for topic in pair)


@cache
def talk(language: str) -> Pools:
    """Return what fits every topic: comments, asides, links."""
    return {name: _lines(block) for name, block in _blocks(_read(f"talk-{language}.txt"))}


def people() -> list[list[str]]:
    """Return name, display name, role, language and bio of everybody."""
    rows = _read("people.txt").splitlines()
    return [[cell.strip() for cell in row.split("|")] for row in rows]


class Voice:
    """Says things in one language with the words that one post has chosen."""

    def __init__(self, rng: Random, topic: Topic, at: datetime) -> None:
        self.rng = rng
        self.language = topic.language
        self._words = topic.words
        months = _MONTHS if topic.language == "en" else _CHINESE_MONTHS
        season = _SEASONS[topic.language][at.month % 12 // 3]
        self.chosen = {"month": months[at.month - 1], "season": season, "picture": ""}
        self.said: set[str] = set()

    def say(self, text: str) -> str:
        """Fill the slots of `text`, make its choices, and begin its sentences with a capital."""
        text = _CHOICE.sub(lambda match: self.rng.choice(match[1].split("|")), text)
        text = _SLOT.sub(self._word, text)
        if self.language == "en":
            return _SENTENCE_START.sub(lambda match: match[1] + match[2].upper(), text)
        return text

    def pick(self, pool: Sequence[str]) -> str:
        """Say one line of `pool`."""
        return self.say(self.rng.choice(pool))

    def several(self, pool: Sequence[str], least: int, most: int) -> list[str]:
        """Say some lines of `pool`, in its order."""
        number = min(len(pool), self.rng.randint(least, most))
        return [self.say(pool[at]) for at in sorted(self.rng.sample(range(len(pool)), number))]

    def joined(self, sentences: Sequence[str]) -> str:
        """Make a paragraph of sentences."""
        return (" " if self.language == "en" else "").join(sentences)

    def _word(self, match: re.Match[str]) -> str:
        slot, base = match[1] + match[2], match[1]
        if slot not in self.chosen:
            taken = {word for name, word in self.chosen.items() if name.startswith(base)}
            left = [word for word in self._words[base] if word not in taken]
            self.chosen[slot] = self.rng.choice(left or self._words[base])
        return self.chosen[slot]


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _topic(path: Path, language: str) -> Topic:
    head, *_ = text = path.read_text(encoding="utf-8").split("\n== ", 1)
    blocks = _blocks("\n== " + text[1])
    tags, *words = head.splitlines()
    sections, tables, codes = [], [], []
    for name, block in blocks:
        kind, _, rest = name.partition(" ")
        if kind == "section":
            sections.append(_section(rest, _lines(block)))
        elif kind == "table":
            tables.append((rest, block))
        elif kind == "code":
            codes.append((rest, block))
    pools = {name: _lines(block) for name, block in blocks if " " not in name}
    return Topic(
        language=language,
        tags=_split(tags.removeprefix("tags:"), ","),
        words=dict(_word_list(line) for line in words if line),
        pools=pools,
        sections=tuple(sections),
        tables=tuple(tables),
        codes=tuple(codes),
    )


def _section(heading: str, lines: Sequence[str]) -> Section:
    items = tuple(line[2:] for line in lines if line.startswith("- "))
    return Section(heading, tuple(line for line in lines if not line.startswith("- ")), items)


def _word_list(line: str) -> tuple[str, tuple[str, ...]]:
    name, _, words = line.removeprefix("@").partition(":")
    return name, _split(words, ";")


def _split(text: str, at: str) -> tuple[str, ...]:
    return tuple(piece.strip() for piece in text.split(at))


def _blocks(text: str) -> list[tuple[str, str]]:
    """Return name and text of every pool; comments of the talk files may have several lines."""
    blocks = []
    for piece in ("\n" + text).split("\n== ")[1:]:
        name, _, block = piece.partition("\n")
        blocks.append((name.strip(), block.strip("\n")))
    return blocks


def _lines(block: str) -> tuple[str, ...]:
    """Split into lines; a numbered list belongs to the line above it."""
    joined = re.sub(r"\n\n(?=\d\. )", "\x00", block)
    joined = re.sub(r"\n(?=\d\. )", "\x01", joined)
    lines = (line for line in joined.split("\n") if line)
    return tuple(line.replace("\x00", "\n\n").replace("\x01", "\n") for line in lines)
