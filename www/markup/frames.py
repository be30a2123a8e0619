"""What is open while HTML is written, how a start tag is spelled, and ids and levels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape


@dataclass(slots=True)
class Frame:
    """One open element; `at` and `text_at` say where its tag and its text began."""

    tag: str
    at: int
    text_at: int
    end: str
    filled: bool = False
    level: int = 0
    rows: list[tuple[int, int]] = field(default_factory=list)
    cells: int = 0
    words: list[str] = field(default_factory=list)


def start_tag(tag: str, attributes: Mapping[str, str | None] | None = None) -> str:
    """Spell a start tag; an attribute that is None is left out."""
    pairs = (attributes or {}).items()
    spelled = (f' {name}="{escape(value)}"' for name, value in pairs if value is not None)
    return f"<{tag}{''.join(spelled)}>"


def collapsed(pieces: list[str]) -> str:
    """The words of some pieces of text, with single spaces."""
    return " ".join("".join(pieces).split())


class Outline:
    """Turns the writer's heading levels into h2 to h6 without a gap, and titles into ids."""

    def __init__(self) -> None:
        self._above: list[int] = []
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}

    def level(self, written: int) -> int:
        """The level to show: one below the nearest heading before that was written above it."""
        while self._above and self._above[-1] >= written:
            self._above.pop()
        self._above.append(written)
        return min(6, 1 + len(self._above))

    def unique(self, id_: str) -> str:
        """The id, with a number behind it where it is taken."""
        candidate = id_
        while candidate in self._taken:
            # Counting on from the last number keeps 100,000 equal headings linear.
            self._last[id_] = self._last.get(id_, 1) + 1
            candidate = f"{id_}-{self._last[id_]}"
        self._taken.add(candidate)
        return candidate

    def knows(self, id_: str) -> bool:
        """Whether a heading got this id."""
        return id_ in self._taken
