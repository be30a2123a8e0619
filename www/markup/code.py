"""Colours for fenced code: Pygments classes, and the style sheet that gives them meaning.

Languages are a chosen few and blocks are bounded, because a lexer is a heap of regular expressions
that nobody can interrupt: a longer block, and what follows the budget, stays plain.
"""

from collections.abc import Iterator
from html import escape

from pygments.lexers import get_lexer_by_name
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, _TokenType

LANGUAGES = {
    "bash", "c", "console", "cpp", "csharp", "css", "diff", "docker", "go", "html", "ini", "java",
    "javascript", "json", "kotlin", "lua", "make", "nginx", "php", "powershell", "python", "r",
    "ruby", "rust", "sql", "swift", "toml", "typescript", "xml", "yaml",
}  # fmt: skip
ALIASES = {
    "c#": "csharp", "c++": "cpp", "cs": "csharp", "dockerfile": "docker", "golang": "go",
    "js": "javascript", "jsx": "javascript", "kt": "kotlin", "makefile": "make", "patch": "diff",
    "ps1": "powershell", "py": "python", "python3": "python", "rb": "ruby", "rs": "rust",
    "sh": "bash", "shell": "bash", "ts": "typescript", "tsx": "typescript", "yml": "yaml",
    "zsh": "bash",
}  # fmt: skip
MAX_BLOCK = 4_000
# Several lexers are quadratic (Java takes 0.5 s for 4,000 characters of " a"), so a block costs
# more than its length; the budget is 50 blocks of 500 characters or two of 4,000.
BUDGET = 40_000
CLASSES = frozenset(name for name in STANDARD_TYPES.values() if name)
LIGHT, DARK = "default", "github-dark"


class Highlighter:
    """Colours the blocks of one text, within one budget."""

    def __init__(self) -> None:
        self._left = BUDGET

    def html(self, code: str, language: str) -> str:
        """Escaped code, with spans where the language is known and the block affordable."""
        cost = len(code) + len(code) ** 2 // 1000
        if language not in LANGUAGES or len(code) > MAX_BLOCK or cost > self._left:
            return escape(code, quote=False)
        self._left -= cost
        return "".join(_spans(code, language))


def language_of(info: str) -> str:
    """The name that we know a language by, from the word behind the fence."""
    name = info.strip().lower()
    return ALIASES.get(name, name)


def stylesheet() -> str:
    """The text of static/highlight.css: light, dark, and dark where the system asks for it."""
    dark = _rules(DARK)
    lines = ["/* Made by www.markup.code.stylesheet(); a test keeps it fresh. */"]
    lines += [f".highlight {rule}" for rule in _rules(LIGHT)]
    lines += [f'[data-theme="dark"] .highlight {rule}' for rule in dark]
    lines += ["@media (prefers-color-scheme: dark) {"]
    lines += [f'  [data-theme="auto"] .highlight {rule}' for rule in dark]
    return "\n".join([*lines, "}", ""])


def _spans(code: str, language: str) -> Iterator[str]:
    for kind, text in get_lexer_by_name(language, stripnl=False, ensurenl=False).get_tokens(code):
        name = _class_of(kind)
        shown = escape(text, quote=False)
        yield f'<span class="{name}">{shown}</span>' if name and not text.isspace() else shown


def _class_of(kind: _TokenType) -> str:
    """The class of the nearest known ancestor; plain text, punctuation and errors have none."""
    while kind not in STANDARD_TYPES and kind.parent is not None:
        kind = kind.parent
    name = STANDARD_TYPES.get(kind, "")
    return "" if name in {"p", "err"} else name


def _rules(style: str) -> list[str]:
    """Colour, weight and slant of every class; backgrounds are the page's own business."""
    rules = []
    for kind, looks in get_style_by_name(style):
        name = _class_of(kind)
        parts = [f"color: #{looks['color'].lower()}"] if looks["color"] else []
        parts += ["font-weight: 700"] if looks["bold"] else []
        parts += ["font-style: italic"] if looks["italic"] else []
        if name and parts and kind in STANDARD_TYPES:
            rules.append(f".{name} {{ {'; '.join(parts)}; }}")
    return sorted(rules)
