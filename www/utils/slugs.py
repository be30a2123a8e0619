"""The readable part of an address, made from a title.

A slug decorates: the id before it finds the post, so slugs need not be unique and may change.
Letters of any script stay (`/blogs/7-你好`), because a reader of Chinese reads them.
"""

import unicodedata

MAX_LENGTH = 80
FALLBACK = "post"


def slugify(title: str, *, fallback: str = FALLBACK) -> str:
    """Lower-case letters and digits joined by dashes, at most 80 characters, never empty."""
    # A title is at most some hundred characters; the slice bounds the work for anything else.
    text = unicodedata.normalize("NFC", title[: 8 * MAX_LENGTH]).lower()
    text = "".join(char if _belongs(char) else " " for char in text)
    # lower() can take a letter apart (İ), hence composed once more.
    slug = unicodedata.normalize("NFC", "-".join(text.split()))
    return _cut(slug) or fallback


def _belongs(char: str) -> bool:
    """Letters, digits, and the marks that complete letters (vowel signs, accents)."""
    return unicodedata.category(char)[0] in "LMN"


def _cut(slug: str) -> str:
    if len(slug) <= MAX_LENGTH:
        return slug
    head = slug[:MAX_LENGTH]
    if slug[MAX_LENGTH] == "-":
        return head
    at_word = head.rpartition("-")[0]
    # A long run without a dash (Chinese, or one endless word) is cut where it is.
    return at_word if len(at_word) >= MAX_LENGTH // 2 else head.rstrip("-")
