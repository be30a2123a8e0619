"""Which passwords are refused: too short, too long, too well known, or the account's own name.

No rules about digits and signs: they make `Password1!`, which is refused here as the word that it
is. The list is local, because a question to another host would tell it something.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from www.auth.passwords import MAX_BYTES
from www.i18n import N_, Message

if TYPE_CHECKING:
    from collections.abc import Iterable

MIN_CHARS: Final = 8
_LIST: Final = Path(__file__).parent / "common_passwords.txt"
_MIN_DIFFERENT: Final = 4
_ORNAMENTS: Final = "0123456789!?.,-_*#@$%&+= "
_LETTERS_FOR: Final = str.maketrans("0134578@$!", "oieastbasi")


def problems(password: str, *, own: Iterable[str] = ()) -> list[str]:
    """Return every reason against `password`; `own` are the account's name and address."""
    if len(password.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return [Message(N_("At most %(max)s bytes, please."), max=MAX_BYTES)]
    if len(password) < MIN_CHARS:
        return [Message(N_("At least %(min)s characters, please."), min=MIN_CHARS)]
    key = _key(password)
    if key in _own_words(own) or _stem(key) in _own_words(own):
        return [Message(N_("Please do not use your name or address as the password."))]
    if _is_common(key):
        return [Message(N_("This password is too easy to guess. Several words are better."))]
    return []


def _is_common(key: str) -> bool:
    stem = _stem(key)
    forms = {key, stem, key.translate(_LETTERS_FOR), stem.translate(_LETTERS_FOR)}
    return len(set(key)) < _MIN_DIFFERENT or not _common().isdisjoint(forms) or _is_run(key)


def _is_run(key: str) -> bool:
    """Return whether each character follows the one before it: 12345678, hgfedcba."""
    steps = {ord(after) - ord(before) for before, after in pairwise(key)}
    return steps in ({1}, {-1})


def _stem(key: str) -> str:
    """Return the word inside `dragon2024!`."""
    return key.strip(_ORNAMENTS)


def _own_words(own: Iterable[str]) -> set[str]:
    words = {_key(text) for text in own if text}
    return words | {word.partition("@")[0] for word in words}


def _key(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


@cache
def _common() -> frozenset[str]:
    return frozenset(_LIST.read_text(encoding="utf-8").split())
