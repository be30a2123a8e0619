"""What people type about themselves, judged: each class reads one form or raises Invalid."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from www.accounts import names
from www.auth import password_rules
from www.auth.passwords import MAX_BYTES
from www.forms import Fields
from www.i18n import N_

if TYPE_CHECKING:
    from collections.abc import Iterable

    from multidict import MultiDict

_EMAIL: Final = re.compile(
    r"[^\s@<>()\[\],;:\"\\]{1,64}@[^\s@<>()\[\],;:\"\\.]+(?:\.[^\s@<>()\[\],;:\"\\.]+)*"
)
_MAX_EMAIL: Final = 254  # RFC 5321's path of 256 without its angle brackets


@dataclass(frozen=True, slots=True)
class SignIn:
    """A name and a password, neither of which is judged here: wrong is wrong."""

    name: str
    password: str

    @classmethod
    def read(cls, data: MultiDict[str]) -> SignIn:
        """Raise Invalid only for what is missing or far too long."""
        fields = Fields(data)
        name = fields.line("name", max_chars=200)
        password = fields.secret("password", max_chars=MAX_BYTES)
        fields.check()
        return cls(name, password)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Somebody who registers, follows an invitation or sets the site up."""

    name: str
    email: str | None
    password: str

    @classmethod
    def read(cls, data: MultiDict[str], *, reserved: bool = True) -> NewAccount:
        """Judge all three fields; with `reserved` names such as `admin` are refused."""
        fields = Fields(data)
        name = names.normalised(fields.line("name", max_chars=200))
        problem = names.problem(name, reserved=reserved)
        if problem is not None and "name" not in fields.errors:
            fields.refuse("name", problem)
        email = _email(fields)
        password = _new_password(fields, own=(name, email or ""))
        fields.check()
        return cls(name, email, password)


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password that is chosen by a link, by somebody who may not know the old one."""

    password: str

    @classmethod
    def read(cls, data: MultiDict[str], *, own: Iterable[str]) -> NewPassword:
        """Judge the password; `own` are the account's name and address."""
        fields = Fields(data)
        password = _new_password(fields, own=own)
        fields.check()
        return cls(password)


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """The current password and the one that follows it."""

    current: str
    password: str

    @classmethod
    def read(cls, data: MultiDict[str], *, own: Iterable[str]) -> PasswordChange:
        """Judge the new password; the current one is compared by the view."""
        fields = Fields(data)
        current = fields.secret("current", max_chars=MAX_BYTES)
        password = _new_password(fields, own=own)
        fields.check()
        return cls(current, password)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person says about themselves."""

    display_name: str
    email: str | None
    bio: str
    current: str

    @classmethod
    def read(cls, data: MultiDict[str], *, email: str | None) -> Profile:
        """Judge the fields, which may stay empty; another address than `email` needs `current`."""
        fields = Fields(data)
        display_name = fields.line("display_name", max_chars=80, required=False)
        if not display_name.isprintable():  # direction and zero-width characters can forge a name
            fields.refuse("display_name", N_("Please use letters that can be seen."))
        new_email = _email(fields)
        bio = fields.text("bio", max_chars=500, required=False).strip()
        current = fields.secret("current", max_chars=MAX_BYTES, required=False)
        if new_email != email and not current:
            fields.refuse("current", N_("Please enter it to change the e-mail address."))
        fields.check()
        return cls(display_name, new_email, bio, current)


def _email(fields: Fields) -> str | None:
    email = fields.line("email", max_chars=_MAX_EMAIL, required=False)
    wrong = email and (not email.isprintable() or _EMAIL.fullmatch(email) is None)
    if wrong and "email" not in fields.errors:
        fields.refuse("email", N_("This does not look like an e-mail address."))
    return email or None


def _new_password(fields: Fields, *, own: Iterable[str]) -> str:
    # Its length in bytes is judged by the rules; a character takes at most four of them.
    password = fields.secret("password", max_chars=4 * MAX_BYTES)
    if "password" not in fields.errors:
        fields.errors.update(
            {"password": found} if (found := password_rules.problems(password, own=own)) else {}
        )
    return password
