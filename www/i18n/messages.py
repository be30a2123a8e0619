"""Texts that are written in Python and shown much later, in the reader's language."""

from __future__ import annotations

from typing import Self


def N_(message: str) -> str:  # noqa: N802  (the name that every gettext extractor knows)
    """Mark `message` for the catalogue and return it as it is; it is translated when shown."""
    return message


class Message(str):
    """A source string with its translation's parameters: `Message(N_("At most %(max)s."), max=3)`.

    It is a str, so that lists of messages need no second type; `%` is applied only where there are
    parameters, so that a plain text may hold a percent sign.
    """

    __slots__ = ("params",)
    params: dict[str, object]

    def __new__(cls, message: str, **params: object) -> Self:
        """Keep `params` beside the text, which stays untranslated and unformatted."""
        self = super().__new__(cls, message)
        self.params = params or getattr(message, "params", {})
        return self

    def filled(self, text: str) -> str:
        """Put the parameters into `text`, a translation of this message."""
        return text % self.params if self.params else text
