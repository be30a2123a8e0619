"""What administrators send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from www.auth.passwords import MAX_BYTES
from www.forms import Fields
from www.i18n import N_
from www.models import Role
from www.utils.sizes import parse_size

if TYPE_CHECKING:
    from multidict import MultiDict

MAX_QUOTA: Final = 2**53
ROLES: Final = tuple(role.value for role in Role)


@dataclass(frozen=True, slots=True)
class Change:
    """What an account shall be."""

    role: Role
    active: bool

    @classmethod
    def read(cls, data: MultiDict[str]) -> Change:
        """Both fields are needed: a missing one must not deactivate anybody."""
        fields = Fields(data)
        role = fields.choice("role", ROLES)
        active = fields.choice("active", ("0", "1"))
        fields.check()
        return cls(Role(role), active == "1")


@dataclass(frozen=True, slots=True)
class Quota:
    """How much somebody may keep, None for what the settings say."""

    size_bytes: int | None

    @classmethod
    def read(cls, data: MultiDict[str]) -> Quota:
        """The size is written as in the settings, or Invalid."""
        fields = Fields(data)
        text = fields.line("quota", max_chars=30, required=False)
        size_bytes = None
        if text:
            try:
                size_bytes = parse_size(text)
            except ValueError:
                size_bytes = -1
            if not 0 <= size_bytes <= MAX_QUOTA:
                fields.refuse("quota", N_("Please write a size, such as 500 MB or 20 GB."))
        fields.check()
        return cls(size_bytes)


@dataclass(frozen=True, slots=True)
class Invitation:
    """For what role somebody is invited."""

    role: Role

    @classmethod
    def read(cls, data: MultiDict[str]) -> Invitation:
        """The role is one of ours, or Invalid."""
        fields = Fields(data)
        role = fields.choice("role", ROLES)
        fields.check()
        return cls(Role(role))


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The administrator's own password, asked for again."""

    current: str

    @classmethod
    def read(cls, data: MultiDict[str]) -> Confirmation:
        """Whether it is right is compared by the view."""
        fields = Fields(data)
        current = fields.secret("current", max_chars=MAX_BYTES)
        fields.check()
        return cls(current)
