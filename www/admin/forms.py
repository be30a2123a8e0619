"""What administrators send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from www.forms import Fields
from www.models import Role

if TYPE_CHECKING:
    from multidict import MultiDict

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
