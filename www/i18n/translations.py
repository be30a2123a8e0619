"""Catalogues by language, read once."""

from __future__ import annotations

import functools
import gettext
from pathlib import Path
from typing import Final

from www.i18n.messages import Message

DOMAIN: Final = "www"
FOLDER: Final = Path(__file__).resolve().parent.parent / "locale"


@functools.cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the catalogue of one of LANGUAGES; English is the source and has an empty one."""
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, FOLDER, [language.replace("-", "_")])


def translate(message: str, language: str) -> str:
    """Translate a source string, and fill in the parameters that a `Message` carries."""
    text = translations(language).gettext(str(message))
    return message.filled(text) if isinstance(message, Message) else text
