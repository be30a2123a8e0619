"""Choose a language: the reader's cookie, then Accept-Language, then the site's default.

RFC 4647's lookup, cut down to two languages: every tag that begins with `en` is English, and every
`zh` that is not written in traditional characters is zh-Hans.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

LANGUAGES: Final[dict[str, str]] = {"en": "English", "zh-Hans": "简体中文"}
"""Tag: its own name, for the chooser."""

_TAG: Final = re.compile(
    r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,7}|\*)(?:;q=([01](?:\.[0-9]{0,3})?))?", re.ASCII
)
_TRADITIONAL: Final = frozenset({"hant", "tw", "hk", "mo"})
_MAX_CHARS: Final = 300
"""Browsers send under 100; what is behind the limit is not looked at."""


def negotiate(accept_language: str | None, cookie: str | None, default: str) -> str:
    """Return one of LANGUAGES; nothing that a client can send raises."""
    if cookie in LANGUAGES:
        return cookie
    return _accepted(accept_language[:_MAX_CHARS], default) if accept_language else default


@lru_cache(maxsize=512)  # browsers agree on few
def _accepted(accept_language: str, default: str) -> str:
    best, best_q = default, 0.0
    for item in accept_language.split(","):
        match = _TAG.fullmatch(item.replace(" ", "").replace("\t", ""))
        if match is None:
            continue
        language, q = _spoken(match[1], default), float(match[2] or 1)
        if language is not None and q > best_q:
            best, best_q = language, q
    return best


def _spoken(tag: str, default: str) -> str | None:
    """Return our language for a tag like zh-CN, or None where we have none."""
    if tag == "*":
        return default
    primary, *rest = tag.lower().split("-")
    if primary == "en":
        return "en"
    if primary == "zh" and ("hans" in rest or not _TRADITIONAL.intersection(rest)):
        return "zh-Hans"
    return None
