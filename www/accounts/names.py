"""What an account may be called: pure functions, used by forms and by the command line.

Letters and digits of any script, with `-`, `_` and `.` between them. Control, format and direction
characters belong to no category that is allowed; letters of two alphabets that look alike (Latin,
Greek, Cyrillic) do not stand in one name, and `ﬁ` or full-width letters become plain ones (NFKC).
"""

from __future__ import annotations

import unicodedata
from typing import Final

from www.i18n import N_

MIN_CHARS: Final = 2
MAX_CHARS: Final = 32
# fmt: off
RESERVED: Final = frozenset((
    "about", "account", "admin", "administrator", "anonymous", "everyone", "help",
    "info", "mail", "me", "moderator", "nobody", "official", "postmaster", "root",
    "security", "staff", "support", "system", "webmaster", "www",
))
# fmt: on
"""Names that lend authority; administrators may give them, nobody can just take them."""

_LOOKALIKE: Final = frozenset({"LATIN", "GREEK", "CYRILLIC"})
_TO_LOOK_UP_CHARS: Final = 200
_MAX_KEY_CHARS: Final = 192


def normalised(name: str) -> str:
    """Return `name` as it is stored."""
    return unicodedata.normalize("NFKC", name).strip()


def key_of(name: str) -> str:
    """Return what makes names equal; it fits into its column, however long `name` is."""
    folded = normalised(name[:_TO_LOOK_UP_CHARS]).casefold()
    return unicodedata.normalize("NFKC", folded)[:_MAX_KEY_CHARS]


def problem(name: str, *, reserved: bool = True) -> str | None:
    """Return what is wrong with a normalised name, None if nothing is."""
    if not MIN_CHARS <= len(name) <= MAX_CHARS:
        return N_("A name has 2 to 32 characters.")
    if not all(_is_letter(char) or char in "-_." for char in name):
        return N_("Please use only letters, digits, - _ and . in the name.")
    if not (name[0].isalnum() and (_is_letter(name[-1]) or name[-1] in "-_")):
        return N_("A name begins with a letter or digit and does not end with a dot.")
    if len(_LOOKALIKE & {unicodedata.name(char, "").partition(" ")[0] for char in name}) > 1:
        return N_("Please use letters of one alphabet in the name.")
    if reserved and key_of(name) in RESERVED:
        return N_("This name is reserved. Please choose another one.")
    return None


def _is_letter(char: str) -> bool:
    """Letters, digits, and the marks without which Hindi or Thai cannot be written."""
    return unicodedata.category(char) in {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd"}
