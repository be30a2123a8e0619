"""What a slice's forms.py is made of: `Fields` reads and judges, `Form` shows again.

    @dataclass(frozen=True, slots=True)
    class Profile:
        display_name: str

        @classmethod
        def read(cls, data: MultiDict[str]) -> Profile:
            fields = Fields(data)
            display_name = fields.line("display_name", max_chars=80)
            fields.check()                      # raises Invalid with ALL messages
            return cls(display_name)

A view catches `Invalid` and renders `Form.again(data, invalid)` with status 422.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from www.errors import Invalid
from www.i18n import N_, Message, translate

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from multidict import MultiDict

    from www.errors import WwwError

_NEVER_SHOWN: Final = frozenset({"password", "current", "repeat"})
"""Fields whose values are not sent back into the page."""


class Fields:
    """Take fields out of a form one by one, and collect every message on the way.

    A field that is missing reads as empty; one that is sent twice, as its first value (except
    `many`). Whatever is returned for a wrong field is only a placeholder: `check` raises.
    """

    def __init__(self, data: MultiDict[str]) -> None:
        self._data = data
        self.errors: dict[str, list[str]] = {}

    def refuse(self, name: str, message: str, **params: object) -> None:
        """Note that the field `name` is wrong ("" for the whole form)."""
        self.errors.setdefault(name, []).append(Message(message, **params))

    def check(self) -> None:
        """Raise `Invalid` if any field was refused."""
        if self.errors:
            raise Invalid(self.errors)

    def text(self, name: str, *, max_chars: int, required: bool = True) -> str:
        """Return text of several lines, with LF line ends; its spaces are kept."""
        value = self._data.get(name, "").replace("\r\n", "\n").replace("\r", "\n")
        return self._judged(name, value, max_chars, required=required)

    def line(self, name: str, *, max_chars: int, min_chars: int = 0, required: bool = True) -> str:
        """Return one line of text without control characters and without spaces around it."""
        value = self._data.get(name, "").strip()
        if any(char < " " or char == "\x7f" for char in value):
            self.refuse(name, N_("Please write this in one line."))
        elif value and len(value) < min_chars:
            self.refuse(name, N_("At least %(min)s characters, please."), min=min_chars)
        return self._judged(name, value, max_chars, required=required)

    def secret(self, name: str, *, max_chars: int, required: bool = True) -> str:
        """Return a password exactly as it was typed."""
        return self._judged(name, self._data.get(name, ""), max_chars, required=required)

    def choice(self, name: str, allowed: Collection[str], *, default: str | None = None) -> str:
        """Return one of `allowed`; a missing field reads as `default` where there is one."""
        value = self._data.get(name, default or "")
        if value not in allowed:
            self.refuse(name, N_("Please choose one of the options."))
        return value

    def integer(self, name: str, *, minimum: int, maximum: int, default: int | None = None) -> int:
        """Return a whole number in ASCII digits; a missing field reads as `default`."""
        value = self._data.get(name, "").strip()
        if not value and default is not None:
            return default
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(maximum))):
            self.refuse(name, N_("Please enter a whole number."))
        elif not minimum <= int(value) <= maximum:
            text = N_("Please enter a number from %(minimum)s to %(maximum)s.")
            self.refuse(name, text, minimum=minimum, maximum=maximum)
        else:
            return int(value)
        return minimum

    def checked(self, name: str) -> bool:
        """Return whether a check box is ticked."""
        return self._data.get(name, "") not in {"", "0", "false", "off"}

    def many(self, name: str, *, max_items: int, max_chars: int) -> list[str]:
        """Return every value that was sent under `name`, stripped, without the empty ones."""
        values = [value.strip() for value in self._data.getall(name, [])]
        values = [value for value in values if value]
        if len(values) > max_items:
            text = N_("At most %(max)s, please; these are %(found)s.")
            self.refuse(name, text, max=max_items, found=len(values))
        for value in values[:max_items]:
            self._judged(name, value, max_chars, required=False)
        return values

    def _judged(self, name: str, value: str, max_chars: int, *, required: bool) -> str:
        if required and not value.strip():
            self.refuse(name, N_("Please fill this in."))
        elif len(value) > max_chars:
            text = N_("At most %(max)s characters, please; these are %(found)s.")
            self.refuse(name, text, max=max_chars, found=len(value))
        return value


@dataclass(frozen=True, slots=True)
class Form:
    """What a template shows: values as they were typed, and messages by field."""

    values: Mapping[str, object] = field(default_factory=dict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)

    @classmethod
    def again(cls, data: MultiDict[str], error: WwwError, **values: object) -> Form:
        """Return the form as it was sent, with what was wrong; passwords stay behind.

        `values` fill fields that the browser did not send; of a field sent twice the first counts,
        as in `Fields`.
        """
        typed: dict[str, object] = {**values, **dict.fromkeys(_NEVER_SHOWN, "")}
        typed |= {name: data[name] for name in data if name not in _NEVER_SHOWN}
        if isinstance(error, Invalid):
            return cls(typed, error.errors)
        return cls(typed, {"": [error.message]})

    def translated(self, language: str) -> Form:
        """Return the form with its messages in `language`; `render` calls this."""
        errors = {
            name: [translate(message, language) for message in messages]
            for name, messages in self.errors.items()
        }
        return replace(self, errors=errors)
